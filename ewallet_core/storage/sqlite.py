"""SQLite: one writer with group commit, readers beside it, and a read-only view of a database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import ArgumentError, DBAPIError

from ewallet_core.errors.server import EngineClosedError, StorageFailedError, StorageUnavailableError
from ewallet_core.storage import migration
from ewallet_core.storage.group_commit import GroupCommitWriter
from ewallet_core.storage.journal import seal_unsealed
from ewallet_core.storage.migration import SCHEMA_VERSION
from ewallet_core.storage.transaction import Statements, Transaction

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
            migration.migrate(self._engine, None if self._in_memory else url.database)
            self._lane = GroupCommitWriter(self._connect, self._writing, seal_unsealed)
        except (DBAPIError, sqlite3.Error, OSError) as reason:
            self._engine.dispose()
            raise StorageUnavailableError(_words(reason)) from reason
        except StorageUnavailableError:
            self._engine.dispose()
            raise

    def read(self, work: Callable[[Transaction], T]) -> T:
        """As `Database.read`; a database in memory has one connection, so there it waits its turn."""
        if self._in_memory:
            return self.write(work)
        if self._lane.is_closed:
            raise EngineClosedError
        connection = self._engine.raw_connection()
        try:
            driver = _driver(connection)
            driver.execute("BEGIN")
            try:
                return work(Transaction(driver, self._statements, writes=False))
            finally:
                driver.execute("ROLLBACK")
        except sqlite3.OperationalError as reason:
            raise StorageFailedError(str(reason)) from reason
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


READER_BUSY_SECONDS = 10

_VERSION = "SELECT version_num FROM alembic_version"
_HAS_VERSION = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"


@contextmanager
def open_read_only(url: str) -> Iterator[Transaction]:
    """What is kept at that SQLAlchemy URL, all of it as of one moment, also while others write to it.

    Raises `StorageUnavailableError` where there is no database that this release keeps.
    """
    file = _file_of(_read(url))
    try:
        with closing(_connect(file)) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            _must_be_of_this_release(connection)
            yield Transaction(
                connection, Statements(SQLiteDialect_pysqlite(paramstyle="named")), writes=False
            )
    except sqlite3.Error as reason:
        raise StorageUnavailableError(str(reason)) from reason


def _read(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise StorageUnavailableError(
            "its URL can't be read", "Give one such as sqlite:////folder/file."
        ) from None


def _file_of(url: URL) -> Path:
    if url.get_backend_name() != "sqlite":
        raise StorageUnavailableError(
            f"this release keeps wallets in SQLite, not in {url.get_backend_name()}", "Give a sqlite URL."
        )
    if url.database in (None, "", ":memory:"):
        raise StorageUnavailableError("its URL names no file", "Give one such as sqlite:////folder/file.")
    file = Path(str(url.database)).absolute()
    if not file.is_file():
        raise StorageUnavailableError(f"there is no file {file}", "Check the folder, or choose another.")
    return file


def _connect(file: Path) -> sqlite3.Connection:
    # A log that is there is in use, or was left by a crash; one that this look makes, SQLite takes away again
    # only for a connection that could write.
    mode = "ro" if Path(f"{file}-wal").exists() else "rw"
    return sqlite3.connect(
        f"{file.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=READER_BUSY_SECONDS
    )


def _must_be_of_this_release(connection: sqlite3.Connection) -> None:
    (has_version,) = connection.execute(_HAS_VERSION).fetchone()
    (version,) = (connection.execute(_VERSION).fetchone() if has_version else None) or (None,)
    if version is None:
        raise StorageUnavailableError("it holds no wallets", "Choose the folder of an ewallet.")
    if version != SCHEMA_VERSION:
        raise StorageUnavailableError(
            f"its schema is {version}, this release's is {SCHEMA_VERSION}",
            "Open it once with this release's app, or verify it with the release that wrote it.",
        )
