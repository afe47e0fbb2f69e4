"""Servers that are killed at random moments, while clients reconnect and repeat what was not answered."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import argon2
import pytest
from effort import count
from engine_client import SELECTORS
from instructions import login
from random_load import NAMES, LoadedDatabase, Sent, draw, open_funded_sessions, with_kills
from server_process import ServerProcess
from socket_wire import Wire

from ewallet_core import EWalletSessionManager
from ewallet_core.client import EWalletClient
from ewallet_core.security.passwords import Passwords

SOCKETS = 4
WITH_THE_CLIENT_LIBRARY = SOCKETS
"""The number of the first sender that uses the client library."""
LIBRARIES = 3
"""How many of these there are if there are several servers."""
UNANSWERED_AT_ONCE = 8
MOMENT_SECONDS = 0.02
PATIENCE_SECONDS = 300
CHEAP = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
NO_RATE_LIMITS = """
[limits]
requests_per_second_per_session = 1_000_000
"""


class Load:
    """Clients of a server that send until they are told to stop, and then wait for the last answers."""

    def __init__(self, url: str, seed: str, sessions: list[dict[str, str]]) -> None:
        self.database = LoadedDatabase(url)
        self._answers_to_the_library = 0
        self._seed = seed
        self._sessions = sessions
        self._numbers = [0] * (SOCKETS + LIBRARIES)
        self._is_stopped = threading.Event()
        self._is_given_up = threading.Event()

    def start(self, threads: Executor, place: str, known_servers: Path) -> list[Future[None]]:
        in_port = int(place.rpartition(":")[2])
        running = [threads.submit(self.send_over_sockets, sender, in_port) for sender in range(SOCKETS)]
        return [*running, threads.submit(self.send_with_the_client_library, place, known_servers)]

    def got_more_answers(self, more: int) -> Callable[[], bool]:
        count = len(self.database.answers) + more
        return lambda: len(self.database.answers) >= count

    def the_library_got_an_answer(self) -> Callable[[], bool]:
        count = self._answers_to_the_library
        return lambda: self._answers_to_the_library > count

    def stop(self) -> None:
        self._is_stopped.set()

    def give_up(self) -> None:
        """Let the clients end without the answers that they wait for."""
        self._is_given_up.set()

    def request(self, sent: Sent) -> dict[str, Any]:
        session = self._sessions[NAMES.index(sent.name)]
        return {**SELECTORS, **session, **sent.instruction, "request_id": sent.request_id}

    def send_over_sockets(self, sender: int, in_port: int) -> None:
        """Send several requests at once, and those without an answer again after a broken connection."""
        unanswered: dict[str, dict[str, Any]] = {}
        while (unanswered or not self._is_stopped.is_set()) and not self._is_given_up.is_set():
            try:
                with closing(Wire(in_port)) as wire:
                    wire.send(*unanswered.values())
                    self._send_on(sender, wire, unanswered)
            except TimeoutError:
                raise
            except (OSError, ValueError):
                # The server is gone, the connection was reset, or the line was cut.
                time.sleep(MOMENT_SECONDS)

    def _send_on(self, sender: int, wire: Wire, unanswered: dict[str, dict[str, Any]]) -> None:
        while unanswered or not self._is_stopped.is_set():
            while len(unanswered) < UNANSWERED_AT_ONCE and not self._is_stopped.is_set():
                sent = self._next(sender)
                unanswered[sent.request_id] = {**self.request(sent), **self._sessions[sender]}
                wire.send(unanswered[sent.request_id])
            answer = json.loads(wire.next_bytes())
            first = next(iter(unanswered))
            assert answer["request_id"] == first
            self.database.note_answer(first, answer)
            del unanswered[first]

    def send_with_the_client_library(
        self, place: str, known_servers: Path, sender: int = WITH_THE_CLIENT_LIBRARY
    ) -> None:
        with EWalletClient(place, known_servers=known_servers, patience_seconds=PATIENCE_SECONDS) as client:
            assert not client.send(**login(NAMES[sender % len(NAMES)]))["failed"]
            while not self._is_stopped.is_set():
                sent = self._next(sender)
                answer = client.send(**sent.instruction, request_id=sent.request_id)
                answer.pop("maybe_done", None)
                self.database.note_answer(sent.request_id, answer)
                self._answers_to_the_library += 1

    def _next(self, sender: int) -> Sent:
        sent = draw(self._seed, sender, self._numbers[sender])
        self._numbers[sender] += 1
        self.database.note_sent(sent)
        return sent


@pytest.fixture
def new_server(tmp_path: Path, wallet_url: str) -> Iterator[Callable[[], ServerProcess]]:
    """Create servers of the database, which end with the test."""
    settings = tmp_path / "ewallet.toml"
    settings.write_text(NO_RATE_LIMITS)
    created: list[ServerProcess] = []

    def create() -> ServerProcess:
        created.append(ServerProcess(tmp_path, "--config", settings, "--database", wallet_url))
        return created[-1]

    yield create
    for process in created:
        process.kill()


@pytest.fixture
def server(new_server: Callable[[], ServerProcess]) -> ServerProcess:
    return new_server()


@pytest.fixture
def open_engine(wallet_url: str) -> Callable[[], EWalletSessionManager]:
    return lambda: EWalletSessionManager(wallet_url, passwords=CHEAP)


def wait_until(holds: Callable[[], bool], running: list[Future[None]]) -> None:
    """Wait until that holds; raises what a client raised."""
    while not holds():
        for client in running:
            if client.done():
                client.result()
        time.sleep(MOMENT_SECONDS / 10)


@with_kills(usual=10, of_one=10)
def test_clients_of_a_killed_server_have_each_request_carried_out_once(
    server: ServerProcess,
    open_engine: Callable[[], EWalletSessionManager],
    tmp_path: Path,
    wallet_url: str,
    seed: str,
    kills: int,
) -> None:
    drawn = random.Random(seed)
    with closing(open_engine()) as engine:
        load = Load(wallet_url, seed, open_funded_sessions(engine, SOCKETS))
    server.start()
    with ThreadPoolExecutor(SOCKETS + 1) as threads:
        running = load.start(threads, server.place, tmp_path / "known_servers")
        try:
            for kill in range(kills):
                if kill % 4 == 0:
                    # The client library waits before it connects again, so the others are quicker.
                    wait_until(load.the_library_got_an_answer(), running)
                wait_until(load.got_more_answers(drawn.randint(1, 100)), running)
                time.sleep(drawn.uniform(0, MOMENT_SECONDS))
                server.kill()
                try:
                    load.database.check()
                finally:
                    server.start()
            wait_until(load.got_more_answers(1), running)
        except BaseException:
            load.give_up()
            raise
        finally:
            load.stop()
        for ended in running:
            ended.result()
    server.kill()
    load.database.check(is_complete=True)
    with closing(open_engine()) as engine:
        load.database.repeat(
            list(load.database.sent.values()), lambda sent: engine.answer(load.request(sent))
        )
    load.database.check(is_complete=True)
    count(server_kills=kills, acknowledged_by_servers=len(load.database.answers))


@with_kills(usual=6, of_one=6)
def test_clients_of_two_servers_go_on_at_the_other_when_one_is_killed_or_stopped(
    new_server: Callable[[], ServerProcess],
    open_engine: Callable[[], EWalletSessionManager],
    tmp_path: Path,
    wallet_url: str,
    seed: str,
    kills: int,
) -> None:
    drawn = random.Random(seed)
    with closing(open_engine()) as engine:
        load = Load(wallet_url, seed, open_funded_sessions(engine, SOCKETS))
    servers = new_server(), new_server()
    for server in servers:
        server.start()
    one, two = servers
    places = (f"{one.place},{two.place}", f"{two.place},{one.place}", f"{one.http_place},{two.http_place}")
    with ThreadPoolExecutor(LIBRARIES) as threads:
        running = [
            threads.submit(load.send_with_the_client_library, place, tmp_path / "known_servers", sender)
            for sender, place in enumerate(places, start=WITH_THE_CLIENT_LIBRARY)
        ]
        try:
            for kill in range(kills):
                wait_until(load.got_more_answers(drawn.randint(1, 50)), running)
                time.sleep(drawn.uniform(0, MOMENT_SECONDS))
                server = drawn.choice(servers)
                if kill % 2 == 0:
                    server.kill()
                else:
                    server.stop()
                # All clients go on while there is one server.
                wait_until(load.got_more_answers(30), running)
                load.database.check()
                server.start()
        finally:
            load.stop()
        for ended in running:
            ended.result()
    load.database.check(is_complete=True)
    count(server_kills=kills, acknowledged_by_servers=len(load.database.answers))
