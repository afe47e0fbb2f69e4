"""SQLite behind the two doors: one writer lane with group commit, and readers beside it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, StaticPool, create_engine, event
from sqlalchemy.exc import DBAPIError

from ewallet_core.refusals.engine import EngineClosed, StorageFailed, StorageUnavailable
from ewallet_core.storage import migrating
from ewallet_core.storage.journal import seal_unsealed
from ewallet_core.storage.transaction import Statements, Transaction
from ewallet_core.storage.writer_lane import WriterLane

BUSY_SECONDS = 10

T = TypeVar("T")


class SqliteDatabase:
    """A SQLite file, or a database in memory where the URL names none."""

    def __init__(self, url: URL) -> None:
        self._in_memory = url.database in (None, "", ":memory:")
        self._engine = _engine(url, self._in_memory)
        self._statements = Statements(self._engine.dialect)
        try:
            self._make_private(url)
            migrating.migrate(self._engine, None if self._in_memory else url.database)
            self._lane = WriterLane(self._connect, self._writing, seal_unsealed)
        except (DBAPIError, sqlite3.Error, OSError) as reason:
            self._engine.dispose()
            raise StorageUnavailable(_words(reason)) from reason
        except StorageUnavailable:
            self._engine.dispose()
            raise

    def read(self, work: Callable[[Transaction], T]) -> T:
        """As `Database.read`; a database in memory has one connection, so there it waits its turn."""
        if self._in_memory:
            return self.write(work)
        if self._lane.is_closed:
            raise EngineClosed
        connection = self._engine.raw_connection()
        try:
            driver = _driver(connection)
            driver.execute("BEGIN")
            try:
                return work(Transaction(driver, self._statements, writes=False))
            finally:
                driver.execute("ROLLBACK")
        except sqlite3.OperationalError as reason:
            raise StorageFailed(str(reason)) from reason
        finally:
            connection.close()

    def write(self, work: Callable[[Transaction], T]) -> T:
        """As `Database.write`."""
        result: T = self._lane.write(work)
        return result

    def close(self) -> None:
        """As `Database.close`."""
        self._lane.close()
        self._engine.dispose()

    def _make_private(self, url: URL) -> None:
        if url.database is not None and not self._in_memory:
            # SQLite gives its journal files the mode of the database itself.
            Path(url.database).touch(mode=0o600)

    def _connect(self) -> sqlite3.Connection:
        connection = self._engine.raw_connection()
        driver = _driver(connection)
        if not self._in_memory:
            # The lane keeps it for good: it must not come back to the pool that readers share.
            connection.detach()
        return driver

    def _writing(self, connection: sqlite3.Connection) -> Transaction:
        return Transaction(connection, self._statements, writes=True)


def _words(reason: Exception) -> str:
    if isinstance(reason, OSError):
        return str(reason.strerror).lower()
    return str(getattr(reason, "orig", None) or reason)


def _driver(connection: Any) -> sqlite3.Connection:
    driver: sqlite3.Connection = connection.driver_connection
    return driver


def _engine(url: URL, in_memory: bool) -> Engine:
    # Named parameters, so that compiled statements take their values by name on every dialect.
    engine = create_engine(
        url,
        paramstyle="named",
        connect_args={"isolation_level": None, "check_same_thread": False, "timeout": BUSY_SECONDS},
        **({"poolclass": StaticPool} if in_memory else {}),
    )
    event.listen(engine, "connect", _set_up)
    event.listen(engine, "begin", _begin)
    return engine


def _set_up(connection: sqlite3.Connection, _record: object) -> None:
    _use_write_ahead_log(connection)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    # What is erased is gone from the file too, however this SQLite was built.
    connection.execute("PRAGMA secure_delete = ON")


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    # While another process opens a new file too, this one pragma fails at once, whatever the time-out.
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(BUSY_SECONDS / 1_000)
        else:
            return


def _begin(connection: Any) -> None:
    # A plain BEGIN that writes later fails at once when another process writes, whatever the time-out.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
