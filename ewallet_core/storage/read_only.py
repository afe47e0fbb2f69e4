"""Read-only access to a database that others may have open.

A file may also be on a read-only medium; PostgreSQL may also be a standby.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.errors.server import StorageFailedError, StorageUnavailableError
from ewallet_core.storage.damage import as_storage_error, lacks_temporary_files
from ewallet_core.storage.database_file import log_of
from ewallet_core.storage.database_url import database_file, is_postgresql, parse_url
from ewallet_core.storage.postgresql.requirements import PostgresqlFacts
from ewallet_core.storage.schema_version import VERSION, require_this_release
from ewallet_core.storage.sqlite import BUSY_SECONDS
from ewallet_core.storage.transaction import Statements, Transaction

T = TypeVar("T")

SECONDS_BETWEEN_INTERRUPTIONS = 0.05

_HAS_VERSION = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
_READS_FILE = "SELECT count(*) FROM sqlite_master"


class _Connection(sqlite3.Connection):
    """A connection that knows the URI by which SQLite opened its file."""

    uri: str

    @classmethod
    def open(cls, uri: str, *, check_same_thread: bool = True) -> _Connection:
        connection = sqlite3.connect(
            uri,
            uri=True,
            isolation_level=None,
            timeout=BUSY_SECONDS,
            check_same_thread=check_same_thread,
            factory=cls,
        )
        connection.uri = uri
        return connection


class FileSnapshot(Transaction):
    """A transaction that reads one snapshot of a file."""

    def __init__(self, connection: _Connection) -> None:
        super().__init__(connection, Statements(SQLiteDialect_pysqlite()), writes=False)
        self._uri = connection.uri

    @contextmanager
    def beside(self, work: Callable[[Transaction], T]) -> Iterator[Future[T]]:
        """Let a thread read the same file meanwhile; at the end of the block it is interrupted.

        SQLite reads without the interpreter's lock. The thread's snapshot is its own, and may be a later one.
        """
        with closing(_Connection.open(self._uri, check_same_thread=False)) as connection:
            _begin(connection)
            with ThreadPoolExecutor(1) as executor:
                doing = executor.submit(work, Transaction(connection, self._statements, writes=False))
                try:
                    yield doing
                finally:
                    # An interruption has no effect between two statements.
                    while not doing.done():
                        connection.interrupt()
                        wait([doing], SECONDS_BETWEEN_INTERRUPTIONS)


@contextmanager
def connect_read_only(url: str) -> Iterator[_Connection]:
    """A snapshot of the database in the file of that SQLAlchemy URL, of any release.

    Raises `StorageUnavailableError` if there is none, or if what it is used for raises an error of SQLite:
    `StorageDamagedError` if the content is at fault.
    """
    file = _find_file(url)
    try:
        with _connected(file) as connection:
            _begin(connection)
            yield connection
    except Exception as reason:
        if lacks_temporary_files(reason):
            raise StorageUnavailableError(
                f"no temporary file can be written, {reason}",
                "Set SQLITE_TMPDIR to a folder with free space.",
            ) from reason
        error = as_storage_error(reason)
        if error is None:
            raise
        if isinstance(error, StorageFailedError):
            error = StorageUnavailableError(error.reason)
        raise error from reason


@contextmanager
def open_read_only(url: str) -> Iterator[Transaction]:
    """A transaction that reads one snapshot of the database at that SQLAlchemy URL.

    Raises `StorageUnavailableError` if there is none, if it is not of this release, or if reading it fails:
    `StorageDamagedError` if the content is at fault.
    """
    if is_postgresql(url):
        # Imported here, because a process needs only the backend of its own database.
        from ewallet_core.storage.postgresql.engine import require_driver  # noqa: PLC0415

        require_driver()
        from ewallet_core.storage.postgresql.read_only import open_snapshot  # noqa: PLC0415

        with open_snapshot(parse_url(url)) as transaction:
            yield transaction
        return
    with connect_read_only(url) as connection:
        _require_this_release(connection)
        yield FileSnapshot(connection)


@contextmanager
def connect_to_postgresql(url: str) -> Iterator[tuple[PostgresqlFacts, Transaction]]:
    """What the database at PostgreSQL is like, and a transaction as `open_read_only`'s, of any release."""
    from ewallet_core.storage.postgresql.engine import require_driver  # noqa: PLC0415

    require_driver()
    from ewallet_core.storage.postgresql.read_only import connect_snapshot  # noqa: PLC0415

    with connect_snapshot(parse_url(url)) as snapshot:
        yield snapshot


def _find_file(url: str) -> Path:
    file = database_file(url)
    if not file.is_file():
        raise StorageUnavailableError(f"there is no file {file}", "Check the folder, or choose another.")
    return file


@contextmanager
def _connected(file: Path) -> Iterator[_Connection]:
    """A connection to the file and its log, for which SQLite needs an index beside the file."""
    log = log_of(file)
    if not _has_content(log) and not _can_be_written(file):
        # Whatever used it would have a log there.
        with closing(_connect(file, "ro&immutable=1")) as connection:
            yield connection
        if _has_content(log):
            raise StorageUnavailableError("another program began to use it meanwhile", "Do it again.")
        return
    # An existing log is in use or left from a crash. Reading creates one if there is none, and SQLite removes
    # it afterwards only for a connection that could write.
    with closing(_connect(file, "ro" if log.exists() else "rw")) as connection:
        try:
            connection.execute(_READS_FILE).fetchone()
        except sqlite3.OperationalError:
            if _can_be_written(file):
                raise
        else:
            yield connection
            return
    # The log can't be read where its index can't be written.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        shutil.copyfile(file, copy)
        shutil.copyfile(log, log_of(copy))
        with closing(_connect(copy, "ro")) as connection:
            yield connection


def _connect(file: Path, mode: str) -> _Connection:
    return _Connection.open(f"{file.as_uri()}?mode={mode}")


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA query_only = ON")
    connection.execute("BEGIN")


def _has_content(log: Path) -> bool:
    return log.exists() and log.stat().st_size > 0


def _can_be_written(file: Path) -> bool:
    real = file.resolve()
    return all(os.access(path, os.W_OK, effective_ids=True) for path in (real, real.parent))


def _require_this_release(connection: sqlite3.Connection) -> None:
    (has_version,) = connection.execute(_HAS_VERSION).fetchone()
    (version,) = (connection.execute(VERSION).fetchone() if has_version else None) or (None,)
    require_this_release(
        version,
        if_none="Choose the folder of an ewallet.",
        if_other="Open it once with this release's app, or verify it with the release that wrote it.",
    )
