"""Engines that are killed at random moments under load, and asked again under the same request ids."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from engine_client import SELECTORS
from fakes import MINUTE
from random_load import LoadedFile, Sent, draw, kills_by_seed, open_funded_sessions

from ewallet_core import EWalletSessionManager
from ewallet_core.instructions.envelope import Answer

pytestmark = pytest.mark.usefixtures("on_disk")

CHILD = Path(__file__).with_name("load_process.py")
SENDERS = 6
OPENING_SECONDS, MOMENT_SECONDS = 0.3, 0.02


class Load:
    """A random load: what each sender has sent in the process that was killed, and what it sends next."""

    def __init__(self, file: Path, seed: int, sessions: list[dict[str, str]]) -> None:
        self.drawn = random.Random(seed)
        self.file = LoadedFile(file)
        self._url = f"sqlite:///{file}"
        self._seed = seed
        self._sessions = sessions
        self._next = [0] * len(sessions)
        self._sent_in_process: list[Sent] = []

    def start(self, now: int) -> dict[str, Any]:
        """What one or two processes are told, among which the senders are distributed."""
        self._sent_in_process = []
        for sender in range(len(self._sessions)):
            self._note_next(sender)
        senders = list(zip(range(len(self._sessions)), self._next, self._sessions, strict=True))
        processes = self.drawn.choice([1, 2])
        distributed = [senders[first::processes] for first in range(processes)]
        return {"url": self._url, "now": now, "seed": self._seed, "senders": distributed}

    def note_answer(self, sender: int, number: int, answer: Answer) -> None:
        """Note the answer, and that the sender has sent its next request, which may be carried out or not."""
        assert number == self._next[sender]
        self.file.note_answer(draw(self._seed, sender, number).request_id, answer)
        self._next[sender] += 1
        self._note_next(sender)

    def repeat(self, engine: EWalletSessionManager) -> None:
        """Send every request of the killed processes again."""

        def ask(sent: Sent) -> Answer:
            session = self._sessions[int(sent.request_id.split()[2])]
            return engine.answer({**SELECTORS, **session, **sent.instruction, "request_id": sent.request_id})

        self.file.repeat(self._sent_in_process, ask)
        self._next = [number + 1 for number in self._next]

    def _note_next(self, sender: int) -> None:
        self._sent_in_process.append(draw(self._seed, sender, self._next[sender]))
        self.file.note_sent(self._sent_in_process[-1])


class LoadProcess:
    """The process that forks those with an engine."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def send_until_killed(self, load: Load, now: int) -> None:
        """Let the processes send, and kill each at a random moment."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(load.start(now)) + "\n")
        self._process.stdin.flush()
        drawn, left = load.drawn, self._next_line()["processes"]
        answers = drawn.choice([0, drawn.randint(1, 20), drawn.randint(1, 300)])
        while True:
            if left and answers == 0:
                time.sleep(drawn.uniform(0, drawn.choice([MOMENT_SECONDS, OPENING_SECONDS])))
                os.kill(left.pop(), signal.SIGKILL)
                answers = drawn.randint(1, 30)
            line = self._next_line()
            if "ended" in line:
                assert set(line["ended"]) == {signal.SIGKILL}
                return
            load.note_answer(**line)
            answers -= 1

    def _next_line(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        found: dict[str, Any] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def load_process() -> Iterator[LoadProcess]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    ) as process:
        try:
            yield LoadProcess(process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(("seed", "kills"), kills_by_seed())
def test_what_a_killed_engine_acknowledged_is_there_once_and_the_rest_once_or_not_at_all(
    open_engine, wallet_file, wallclock, seed, kills
):
    engine = open_engine()
    load = Load(wallet_file, seed, open_funded_sessions(engine, SENDERS))
    engine.close()
    with load_process() as process:
        for _ in range(kills):
            process.send_until_killed(load, wallclock.now)
            load.file.check()
            engine = open_engine()
            load.repeat(engine)
            engine.close()
            load.file.check(is_complete=True)
            wallclock.forward(load.drawn.randint(0, 3) * MINUTE)
