"""Read-only access to a database file, which others may have open, or which is on a read-only medium."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.errors.server import StorageFailedError, StorageUnavailableError
from ewallet_core.storage.damage import as_storage_error, lacks_temporary_files
from ewallet_core.storage.database_file import log_of
from ewallet_core.storage.database_url import database_file
from ewallet_core.storage.schema_version import SCHEMA_VERSION, VERSION
from ewallet_core.storage.sqlite import BUSY_SECONDS
from ewallet_core.storage.transaction import Statements, Transaction

_HAS_VERSION = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"
_READS_FILE = "SELECT count(*) FROM sqlite_master"


@contextmanager
def connect_read_only(url: str) -> Iterator[sqlite3.Connection]:
    """A snapshot of the database at that SQLAlchemy URL, of any release.

    Raises `StorageUnavailableError` if there is none, or if what it is used for raises an error of SQLite:
    `StorageDamagedError` if the content is at fault.
    """
    file = _find_file(url)
    try:
        with _connected(file) as connection:
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
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
    """As `connect_read_only`; raises `StorageUnavailableError` too if the database is not of this release."""
    with connect_read_only(url) as connection:
        _require_this_release(connection)
        yield Transaction(connection, Statements(SQLiteDialect_pysqlite()), writes=False)


def _find_file(url: str) -> Path:
    file = database_file(url)
    if not file.is_file():
        raise StorageUnavailableError(f"there is no file {file}", "Check the folder, or choose another.")
    return file


@contextmanager
def _connected(file: Path) -> Iterator[sqlite3.Connection]:
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


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_SECONDS
    )


def _has_content(log: Path) -> bool:
    return log.exists() and log.stat().st_size > 0


def _can_be_written(file: Path) -> bool:
    real = file.resolve()
    return all(os.access(path, os.W_OK, effective_ids=True) for path in (real, real.parent))


def _require_this_release(connection: sqlite3.Connection) -> None:
    (has_version,) = connection.execute(_HAS_VERSION).fetchone()
    (version,) = (connection.execute(VERSION).fetchone() if has_version else None) or (None,)
    if version is None:
        raise StorageUnavailableError("it holds no wallets", "Choose the folder of an ewallet.")
    if version != SCHEMA_VERSION:
        raise StorageUnavailableError(
            f"its schema is {version}, this release's is {SCHEMA_VERSION}",
            "Open it once with this release's app, or verify it with the release that wrote it.",
        )
