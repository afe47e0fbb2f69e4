"""Statements and COMMITs that fail under load: what is asked again under its request id is done once."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from commit_groups import writer_of
from database_file import rows
from effort import count, with_seed
from engine_client import SELECTORS
from random_load import LoadedDatabase, Sent, draw, open_funded_sessions

from ewallet_core.storage.sqlite import SqliteDatabase

SENDERS = 6
REQUESTS_OF_EACH = 40
MOST_TRIES = 50

TABLES = ("transfer_records", "postings", "seen_requests", "seals")
ENDINGS = ("ABORT", "FAIL", "ROLLBACK")
"""What SQLite undoes: the statement, only its last row, or the whole transaction."""

USUAL_RARITY = (5, 100)
RARITY = {"interrupt": (100, 2_000)}
"""After how many calls a fault comes: inserted rows, COMMITs, or some steps of SQLite's virtual machine."""
STEPS = 20

NOT_DONE = {"storage_failed", "engine_failed"}


class Faults:
    """The writer's connection, on which each kind of fault comes again after some calls.

    A fault is a trigger that raises while a row is inserted, an interrupt, or an error of BEGIN or COMMIT.
    """

    def __init__(self, connection: sqlite3.Connection, drawn: random.Random) -> None:
        self._real = connection
        self._drawn = drawn
        self._calls_left: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        connection.create_function("comes", 1, self._comes)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql == "BEGIN IMMEDIATE" and self._comes("busy at BEGIN"):
            raise _error("SQLITE_BUSY")
        if sql != "COMMIT":
            return self._real.execute(sql, *values)
        if self._comes("busy"):
            # The transaction stays open.
            raise _error("SQLITE_BUSY")
        if self._comes("full"):
            self._real.execute("ROLLBACK")
            raise _error("SQLITE_FULL")
        if self._comes("error before COMMIT"):
            self._real.execute("ROLLBACK")
            raise _error("SQLITE_IOERR_WRITE")
        cursor = self._real.execute(sql, *values)
        if self._comes("error after COMMIT"):
            raise _error("SQLITE_IOERR_FSYNC")
        return cursor

    def add_to(self, tables: tuple[str, ...]) -> None:
        """Let triggers of this connection raise, and interrupt it."""
        for table in tables:
            for ending in ENDINGS:
                name = f"{ending} {table}"
                self._real.execute(
                    f"CREATE TEMP TRIGGER '{name}' AFTER INSERT ON main.{table} WHEN comes('{name}')"
                    f" BEGIN SELECT RAISE({ending}, '{name}'); END"
                )
        self._real.set_progress_handler(lambda: self._comes("interrupt"), STEPS)

    def remove(self) -> None:
        # First, because it would also interrupt the statements below.
        self._real.set_progress_handler(None, 0)
        for (name,) in self._real.execute("SELECT name FROM sqlite_temp_master").fetchall():
            self._real.execute(f"DROP TRIGGER '{name}'")

    def _comes(self, name: str) -> bool:
        left = self._calls_left.setdefault(name, self._drawn.randint(*RARITY.get(name, USUAL_RARITY)))
        self._calls_left[name] = left - 1
        if left > 0:
            return False
        del self._calls_left[name]
        self.counts[name] += 1
        return True


def _error(name: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(name)
    error.sqlite_errorname = name
    return error


@contextmanager
def faults_in(database: SqliteDatabase, drawn: random.Random) -> Iterator[Faults]:
    writer = writer_of(database)
    real = writer._connection
    faults = Faults(real, drawn)
    faults.add_to(TABLES)
    writer._connection = faults
    yield faults
    writer._connection = real
    faults.remove()


@with_seed
def test_each_request_is_done_once_while_the_writer_fails_in_every_way(open_engine, wallet_file, seed):
    loaded, engine = LoadedDatabase(f"sqlite:///{wallet_file}"), open_engine()
    sessions = open_funded_sessions(engine, SENDERS)
    requests = [
        [draw(seed, sender, number) for number in range(REQUESTS_OF_EACH)] for sender in range(SENDERS)
    ]

    def is_stored(sent: Sent) -> bool:
        return bool(rows(wallet_file, "SELECT 1 FROM seen_requests WHERE request_id = ?", sent.request_id))

    def send_until_done(sender: int, sent: Sent) -> None:
        request = {**SELECTORS, **sessions[sender], **sent.instruction, "request_id": sent.request_id}
        loaded.note_sent(sent)
        maybe_done = False
        for _ in range(MOST_TRIES):
            answer = engine.answer(request)
            code = answer.get("code")
            maybe_done = maybe_done or code == "outcome_unknown"
            if code in NOT_DONE:
                assert maybe_done or not is_stored(sent)
            elif code != "outcome_unknown":
                loaded.note_answer(sent.request_id, answer)
                return
        raise AssertionError("it fails each time")

    def send_all(sender: int) -> None:
        for sent in requests[sender]:
            send_until_done(sender, sent)

    with faults_in(engine._database, random.Random(seed)) as faults, ThreadPoolExecutor(SENDERS) as threads:
        for ended in [threads.submit(send_all, sender) for sender in range(SENDERS)]:
            ended.result()
    assert len(faults.counts) == len(TABLES) * len(ENDINGS) + 6, faults.counts
    count(failures_of_the_writer=faults.counts.total())
    loaded.check(is_complete=True)
    for sender, sent in enumerate(requests):
        loaded.repeat(
            sent,
            lambda each, sender=sender: engine.answer(
                {**SELECTORS, **sessions[sender], **each.instruction, "request_id": each.request_id}
            ),
        )
    loaded.check(is_complete=True)
