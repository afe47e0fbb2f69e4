"""Engines that are killed at random moments under load, and asked again under the same request ids."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from database_file import is_on_postgresql
from effort import count
from engine_client import SELECTORS
from fakes import MINUTE, Wallclock
from forked_process import ForkedProcess
from random_load import LoadedDatabase, Sent, draw, open_funded_sessions, with_kills

from ewallet_core import EWalletSessionManager
from ewallet_core.instructions.envelope import Answer

OpenEngine = Callable[..., EWalletSessionManager]

LOAD_PROCESS = f"""
import os, runpy
os.setsid()
runpy.run_path({str(Path(__file__).with_name("load_process.py"))!r}, run_name="__main__")
"""
SENDERS = 6
OPENING_SECONDS, MOMENT_SECONDS = 0.05, 0.005


class Load:
    """A random load: what each sender has sent in the process that was killed, and what it sends next."""

    def __init__(
        self, url: str, seed: str, sessions: list[dict[str, str]], *, commits_late: bool = False
    ) -> None:
        self._commits_late = commits_late
        self.drawn = random.Random(seed)
        self.database = LoadedDatabase(url)
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
        return {
            "url": self.database.url,
            "now": now,
            "seed": self._seed,
            "senders": distributed,
            "commits_late": self._commits_late,
        }

    def note_answer(self, sender: int, number: int, answer: Answer) -> None:
        """Note the answer, and that the sender has sent its next request, which may be carried out or not."""
        assert number == self._next[sender]
        self.database.note_answer(draw(self._seed, sender, number).request_id, answer)
        self._next[sender] += 1
        self._note_next(sender)

    def repeat(self, engine: EWalletSessionManager) -> None:
        """Send every request of the killed processes again."""

        def ask(sent: Sent) -> Answer:
            session = self._sessions[int(sent.request_id.split()[2])]
            return engine.answer({**SELECTORS, **session, **sent.instruction, "request_id": sent.request_id})

        self.database.repeat(self._sent_in_process, ask)
        self._next = [number + 1 for number in self._next]

    def _note_next(self, sender: int) -> None:
        self._sent_in_process.append(draw(self._seed, sender, self._next[sender]))
        self.database.note_sent(self._sent_in_process[-1])


class LoadProcess:
    """The process that forks those with an engine."""

    def __init__(self, process: ForkedProcess) -> None:
        self._process = process

    def send_until_killed(self, load: Load, now: int) -> None:
        """Let the processes send, and kill each at a random moment."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(load.start(now)) + "\n")
        self._process.stdin.flush()
        # On a busy machine, answers may come before the ids of the processes.
        while "processes" not in (line := self._next_line()):
            load.note_answer(**line)
        drawn, left = load.drawn, line["processes"]
        answers = drawn.choice([0, drawn.randint(1, 20), drawn.randint(1, 60)])
        while True:
            if left and answers == 0:
                time.sleep(drawn.uniform(0, drawn.choice([MOMENT_SECONDS, OPENING_SECONDS])))
                os.kill(left.pop(), signal.SIGKILL)
                answers = drawn.randint(1, 15)
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
def load_process(url: str) -> Iterator[LoadProcess]:
    pipe = subprocess.PIPE
    with ForkedProcess([url], script=LOAD_PROCESS, stdin=pipe, stdout=pipe) as process:
        try:
            yield LoadProcess(process)
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def kill_under_load(
    open_engine: OpenEngine, url: str, clock: Wallclock, seed: str, kills: int, *, commits_late: bool = False
) -> Load:
    """Kill processes with an engine that often, and check what is stored each time."""
    if is_on_postgresql(url):
        # There, the dates of the entries that are not sealed yet are compared with the server's time.
        clock.now = time.time_ns() // 1_000_000
    with closing(open_engine()) as engine:
        load = Load(url, seed, open_funded_sessions(engine, SENDERS), commits_late=commits_late)
    with load_process(url) as process:
        for _ in range(kills):
            process.send_until_killed(load, clock.now)
            load.database.check()
            with closing(open_engine()) as engine:
                load.repeat(engine)
            if is_on_postgresql(url):
                clock.now = time.time_ns() // 1_000_000
            else:
                clock.forward(load.drawn.randint(0, 3) * MINUTE)
    load.database.check(is_complete=True)
    return load


@with_kills(usual=30, of_one=15)
def test_what_a_killed_engine_acknowledged_is_there_once_and_the_rest_once_or_not_at_all(
    open_engine, wallet_url, wallclock, seed, kills
):
    load = kill_under_load(partial(open_engine, database_url=wallet_url), wallet_url, wallclock, seed, kills)
    count(engine_kills=kills, acknowledged_to_killed=len(load.database.answers))


@pytest.mark.sqlite_only("what acknowledges too early is a connection of SQLite")
def test_an_engine_that_acknowledges_before_it_commits_is_detected(open_engine, wallet_url, wallclock):
    with pytest.raises(AssertionError):
        kill_under_load(
            partial(open_engine, database_url=wallet_url),
            wallet_url,
            wallclock,
            "late",
            20,
            commits_late=True,
        )
