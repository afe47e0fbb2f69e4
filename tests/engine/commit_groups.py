"""Make the group-commit writer commit work together, and disturb it meanwhile."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import Any

from database_file import rows

from ewallet_core.storage.database import Database, Finished, Work
from ewallet_core.storage.group_commit import GroupCommitWriter
from ewallet_core.storage.sessions import seen_requests
from ewallet_core.storage.sqlite import SqliteDatabase
from ewallet_core.storage.transaction import Transaction

TIMEOUT_SECONDS = 30


def note(name: str, size: int = 1) -> Work:
    """Work that inserts a row of that name and size."""

    def work(transaction: Transaction) -> str:
        key = {"scope": "test", "request_id": name}
        seen_requests.insert(transaction, **key, fingerprint=b"", answer="x" * size, seen_at=0)
        return name

    return work


def notes(file: Path) -> list[str]:
    return [
        row["request_id"] for row in rows(file, "SELECT request_id FROM seen_requests ORDER BY request_id")
    ]


def writer_of(database: SqliteDatabase) -> GroupCommitWriter:
    return database._writer


def together(
    database: SqliteDatabase, *works: Work, beforehand: Callable[[], None] = lambda: None
) -> list[Future[Any]]:
    """Submit the work while the writer is busy, so that it becomes one group; returns the futures."""
    writer, is_busy = writer_of(database), Event()

    def busy(_transaction: Transaction) -> None:
        is_busy.set()
        while writer._waiting.qsize() < len(works):
            time.sleep(0)
        beforehand()

    with ThreadPoolExecutor(len(works)) as threads:
        database.submit(busy, lambda _: None)
        assert is_busy.wait(TIMEOUT_SECONDS)
        ended = []
        for position, work in enumerate(works, start=1):
            ended.append(threads.submit(database.write, work))
            while writer._waiting.qsize() < position < len(works):
                time.sleep(0)
    return ended


@contextmanager
def busy_writer(database: Database) -> Iterator[None]:
    """Keep the writer busy, so that the work submitted meanwhile becomes one group."""
    has_begun, may_end = Event(), Event()

    def busy(_transaction: Transaction) -> None:
        has_begun.set()
        may_end.wait(TIMEOUT_SECONDS)

    database.submit(busy, lambda _: None)
    assert has_begun.wait(TIMEOUT_SECONDS)
    yield
    may_end.set()


class Deliveries:
    """What was delivered, one list of finished work for each call."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[list[Finished]] = SimpleQueue()

    def take(self, finished: list[Finished]) -> None:
        self._calls.put(finished)

    def next(self) -> list[Finished]:
        return self._calls.get(timeout=TIMEOUT_SECONDS)

    def is_empty(self) -> bool:
        return self._calls.empty()


@contextmanager
def statements_of(database: SqliteDatabase) -> Iterator[list[str]]:
    """The statements that the writer's connection executes meanwhile."""
    statements: list[str] = []
    connection = writer_of(database)._connection
    connection.set_trace_callback(statements.append)
    yield statements
    connection.set_trace_callback(None)


class FailsAtCommit:
    """The writer's connection, on which COMMITs raise, whether it committed or not."""

    def __init__(self, real: sqlite3.Connection, *, after_it_happened: bool, error: str, most: int) -> None:
        self._real = real
        self._left = most
        self._happens = after_it_happened
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql != "COMMIT" or self._left == 0:
            return self._real.execute(sql, *values)
        self._left -= 1
        self._real.execute("COMMIT" if self._happens else "ROLLBACK")
        reason = sqlite3.OperationalError("disk I/O error")
        reason.sqlite_errorname = self._error
        raise reason


@contextmanager
def commits_fail(
    database: SqliteDatabase,
    *,
    after_it_happened: bool,
    error: str = "SQLITE_IOERR_FSYNC",
    most: int = 1_000,
) -> Iterator[None]:
    """Make the writer's COMMITs fail meanwhile, or the first `most` of them."""
    writer = writer_of(database)
    real = writer._connection
    writer._connection = FailsAtCommit(real, after_it_happened=after_it_happened, error=error, most=most)
    yield
    writer._connection = real


class Interruption:
    """Interrupts the writer after that many steps of SQLite's virtual machine."""

    def __init__(self, database: SqliteDatabase, step: int) -> None:
        self._connection = writer_of(database)._connection
        self._left = step

    def begin(self) -> None:
        self._connection.set_progress_handler(self._count_down, 1)

    def end(self) -> None:
        self._connection.set_progress_handler(None, 0)

    @property
    def has_come(self) -> bool:
        return self._left <= 0

    def _count_down(self) -> int:
        self._left -= 1
        return int(self._left == 0)


@contextmanager
def full_disk(database: SqliteDatabase, pages: int = 0) -> Iterator[None]:
    """Let the file grow by no more than that many pages meanwhile."""
    connection = writer_of(database)._connection
    there = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {there + pages}")
    yield
    connection.execute(f"PRAGMA max_page_count = {2**32 - 2}")


def disable_syncs(database: SqliteDatabase) -> None:
    """Do not wait for the disk: the test is not about power failures."""
    writer_of(database)._connection.execute("PRAGMA synchronous = OFF")
