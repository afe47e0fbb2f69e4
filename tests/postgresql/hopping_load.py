"""Clients that send a random load to several servers, each instruction to any of them."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from engine_client import SELECTORS
from instructions import VIEW_ACCOUNT, login
from random_load import NAMES, LoadedDatabase, Sent, draw
from replication import wait_until
from socket_wire import Wire

from ewallet_core.client import EWalletClient
from ewallet_core.instructions.envelope import Answer

MOMENT_SECONDS = 0.05
PATIENCE_SECONDS = 120
NOT_DONE_OR_UNKNOWN = {
    "outcome_unknown",
    "server_stopping",
    "storage_failed",
    "storage_unavailable",
}
"""Codes of answers that are given by a server whose database is away, after which a client asks again."""


class HoppingLoad:
    """A random load on servers that share a database; each sender waits for an answer before it goes on.

    There is a sender for each of the sessions, and one that uses the client library.
    """

    def __init__(
        self,
        url: str,
        seed: str,
        sessions: list[dict[str, str]],
        ports: Sequence[int],
        known_servers: Path,
    ) -> None:
        self.database = LoadedDatabase(url)
        self.answered = [0] * (len(sessions) + 1)
        """How many instructions of each sender were answered, so that it goes on with the next."""
        self.repeated = 0
        """How many instructions were sent again, after no answer or none that says what was done."""
        self._followed: list[int] = []
        """The sequences of the events that the client has got which follows them."""
        self._seed = seed
        self._sessions = sessions
        self._ports = ports
        self._known_servers = known_servers
        self._is_stopped = threading.Event()
        self._is_given_up = threading.Event()
        self._running: list[Future[None]] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """All senders send meanwhile; at the end they wait for their last answers.

        A client follows the events of one of the accounts, and must get each of them once and in order.
        """
        with ThreadPoolExecutor(len(self.answered) + 1) as threads, self._logged_in(0) as follower:
            threads.submit(self._follow_events, follower)
            wait_until(lambda: self._followed != [])
            self._running = [threads.submit(self._send, sender) for sender in range(len(self._sessions))]
            self._running.append(threads.submit(self._send_with_the_client_library, len(self._sessions)))
            try:
                yield
            except BaseException:
                self._is_given_up.set()
                raise
            finally:
                self._is_stopped.set()
            for ended in self._running:
                ended.result()
            newest = follower.send(**VIEW_ACCOUNT)["event_sequence"]
            wait_until(lambda: self._followed[-1] >= newest)
        assert self._followed == [*range(self._followed[0], newest + 1)]

    def wait_for_all(self, more: int) -> None:
        """Wait until each sender has got so many more answers; raises what a sender raised."""
        wanted = [answered + more for answered in self.answered]
        self._wait_until(lambda: all(map(int.__ge__, self.answered, wanted)))

    def wait_for_any(self, more: int) -> None:
        """Wait until so many more answers came to any of the senders; raises what a sender raised."""
        wanted = sum(self.answered) + more
        self._wait_until(lambda: sum(self.answered) >= wanted)

    def ask_again(self, sent: Sent, hopping: Hopping) -> Answer:
        """The answer of any of the servers to this request."""
        # Any session of the account will do.
        session = self._sessions[int(sent.request_id.split()[2]) % len(NAMES)]
        request = {**SELECTORS, **session, **sent.instruction, "request_id": sent.request_id}
        return self._ask(lambda: hopping.answer(request))

    def _wait_until(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            for sender in self._running:
                if sender.done():
                    sender.result()
            assert time.monotonic() < end, f"no more answers than {self.answered}"
            time.sleep(MOMENT_SECONDS / 10)

    def _send(self, sender: int) -> None:
        with Hopping(self._ports, random.Random(f"{self._seed} hops {sender}")) as hopping:
            session = {**SELECTORS, **self._sessions[sender]}
            for sent in self._draw(sender):
                request = {**session, **sent.instruction, "request_id": sent.request_id}
                self._note(sender, sent, self._ask(partial(hopping.answer, request)))

    def _send_with_the_client_library(self, sender: int) -> None:
        with self._logged_in(sender) as client:
            for sent in self._draw(sender):
                answer = self._ask(partial(client.send, **sent.instruction, request_id=sent.request_id))
                answer.pop("maybe_done", None)
                self._note(sender, sent, answer)

    @contextmanager
    def _logged_in(self, sender: int) -> Iterator[EWalletClient]:
        """A client of all servers, logged in to the account of that sender."""
        places = ",".join(f"127.0.0.1:{port}" for port in self._ports)
        with EWalletClient(
            places, known_servers=self._known_servers, patience_seconds=PATIENCE_SECONDS
        ) as client:
            assert not client.send(**login(NAMES[sender % len(NAMES)]))["failed"]
            yield client

    def _follow_events(self, client: EWalletClient) -> None:
        for event in client.events():
            self._followed.append(event["sequence"])

    def _draw(self, sender: int) -> Iterator[Sent]:
        """What the sender sends, until it is to stop."""
        for number in count():
            if self._is_stopped.is_set():
                return
            sent = draw(self._seed, sender, number)
            self.database.note_sent(sent)
            yield sent

    def _note(self, sender: int, sent: Sent, answer: Answer) -> None:
        self.database.note_answer(sent.request_id, answer)
        self.answered[sender] += 1

    def _ask(self, ask: Callable[[], Answer | None]) -> Answer:
        """Ask until the answer says what was done."""
        while True:
            answer = ask()
            if answer is not None and answer.get("code") not in NOT_DONE_OR_UNKNOWN:
                return answer
            self.repeated += 1
            assert not self._is_given_up.is_set()
            time.sleep(MOMENT_SECONDS)


class Hopping:
    """Connections to several servers, of which each request goes to any."""

    def __init__(self, ports: Sequence[int], drawn: random.Random) -> None:
        self._ports = ports
        self._drawn = drawn
        self._wires: dict[int, Wire] = {}

    def __enter__(self) -> Hopping:
        return self

    def __exit__(self, *_raised: object) -> None:
        for wire in self._wires.values():
            wire.close()

    def answer(self, request: dict[str, Any]) -> Answer | None:
        """The answer of a server, or None if it gave none."""
        port = self._drawn.choice(self._ports)
        try:
            if port not in self._wires:
                self._wires[port] = Wire(port)
            self._wires[port].send(request)
            answer: Answer = json.loads(self._wires[port].next_bytes())
        except (OSError, ValueError):
            # The server is gone, the line was cut, or nothing came for long.
            if (wire := self._wires.pop(port, None)) is not None:
                wire.close()
            return None
        assert answer.get("request_id", request["request_id"]) == request["request_id"], answer
        return answer
