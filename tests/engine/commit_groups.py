"""Ways to make the writer lane commit pieces of work together, and to disturb it while it does."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from database_file import rows

from ewallet_core.storage.group_commit import GroupCommitWriter
from ewallet_core.storage.seen_requests import seen_requests
from ewallet_core.storage.sqlite import SqliteDatabase
from ewallet_core.storage.transaction import Transaction

Work = Callable[[Transaction], Any]

PATIENCE = 30


def note(name: str, size: int = 1) -> Work:
    """Work that leaves a row of that name behind, as large as it is told."""

    def work(transaction: Transaction) -> str:
        key = {"scope": "test", "request_id": name}
        seen_requests.insert(transaction, **key, fingerprint=b"", answer="x" * size, seen_at=0)
        return name

    return work


def notes(file: Path) -> list[str]:
    return [
        row["request_id"] for row in rows(file, "SELECT request_id FROM seen_requests ORDER BY request_id")
    ]


def lane_of(database: SqliteDatabase) -> GroupCommitWriter:
    return database._writer


def together(
    database: SqliteDatabase, *works: Work, beforehand: Callable[[], None] = lambda: None
) -> list[Future[Any]]:
    """Hand the lane this work while it is busy, so that it makes one group of it; how each ended."""
    lock_key, is_busy = lane_of(database), Event()

    def busy(_transaction: Transaction) -> None:
        is_busy.set()
        while lock_key._waiting.qsize() < len(works):
            time.sleep(0)
        beforehand()

    with ThreadPoolExecutor(len(works) + 1) as threads:
        threads.submit(database.write, busy)
        assert is_busy.wait(PATIENCE)
        ended = []
        for position, work in enumerate(works, start=1):
            ended.append(threads.submit(database.write, work))
            while lock_key._waiting.qsize() < position < len(works):
                time.sleep(0)
    return ended


@contextmanager
def statements_of(database: SqliteDatabase) -> Iterator[list[str]]:
    """The statements that the lane's connection carries out meanwhile."""
    heard: list[str] = []
    connection = lane_of(database)._connection
    connection.set_trace_callback(heard.append)
    yield heard
    connection.set_trace_callback(None)


class FailsAtCommit:
    """The lane's connection, which says of each COMMIT that it failed, whether it had happened or not."""

    def __init__(self, real: sqlite3.Connection, *, after_it_happened: bool, error: str) -> None:
        self._real = real
        self._happens = after_it_happened
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        if sql != "COMMIT":
            return self._real.execute(sql, *values)
        self._real.execute("COMMIT" if self._happens else "ROLLBACK")
        reason = sqlite3.OperationalError("disk I/O error")
        reason.sqlite_errorname = self._error
        raise reason


@contextmanager
def commits_fail(
    database: SqliteDatabase, *, after_it_happened: bool, error: str = "SQLITE_IOERR_FSYNC"
) -> Iterator[None]:
    """Let the lane's COMMITs end in an error meanwhile."""
    lock_key = lane_of(database)
    real = lock_key._connection
    lock_key._connection = FailsAtCommit(real, after_it_happened=after_it_happened, error=error)
    yield
    lock_key._connection = real


class Interruption:
    """Interrupts what the lane does, at that step of SQLite's virtual machine from when it begins."""

    def __init__(self, database: SqliteDatabase, step: int) -> None:
        self._connection = lane_of(database)._connection
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
def no_more_room(database: SqliteDatabase, pages: int = 0) -> Iterator[None]:
    """Let the file grow by no more than that meanwhile."""
    connection = lane_of(database)._connection
    there = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {there + pages}")
    yield
    connection.execute(f"PRAGMA max_page_count = {2**32 - 2}")


def without_syncs(database: SqliteDatabase) -> None:
    """Where no power fails, a test need not wait for the disk."""
    lane_of(database)._connection.execute("PRAGMA synchronous = OFF")
