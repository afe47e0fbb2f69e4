"""A look into a database that leaves it as it is: nothing is made, migrated or written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import ArgumentError

from ewallet_core.refusals.engine import StorageUnavailable
from ewallet_core.storage.migrating import SCHEMA_VERSION
from ewallet_core.storage.transaction import Statements, Transaction

BUSY_SECONDS = 10

_VERSION = "SELECT version_num FROM alembic_version"
_HAS_VERSION = "SELECT count(*) FROM sqlite_master WHERE name = 'alembic_version'"


@contextmanager
def look_into(url: str) -> Iterator[Transaction]:
    """What is kept at that SQLAlchemy URL, all of it as of one moment, also while others write to it.

    Raises `StorageUnavailable` where there is no database that this release keeps.
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
        raise StorageUnavailable(str(reason)) from reason


def _read(url: str) -> URL:
    try:
        return make_url(url)
    except ArgumentError:
        raise StorageUnavailable(
            "its URL can't be read", "Give one such as sqlite:////folder/file."
        ) from None


def _file_of(url: URL) -> Path:
    if url.get_backend_name() != "sqlite":
        raise StorageUnavailable(
            f"this release keeps wallets in SQLite, not in {url.get_backend_name()}", "Give a sqlite URL."
        )
    if url.database in (None, "", ":memory:"):
        raise StorageUnavailable("its URL names no file", "Give one such as sqlite:////folder/file.")
    file = Path(str(url.database)).absolute()
    if not file.is_file():
        raise StorageUnavailable(f"there is no file {file}", "Check the folder, or choose another.")
    return file


def _connect(file: Path) -> sqlite3.Connection:
    # A log that is there is in use, or was left by a crash; one that this look makes, SQLite takes away again
    # only for a connection that could write.
    mode = "ro" if Path(f"{file}-wal").exists() else "rw"
    return sqlite3.connect(
        f"{file.as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=BUSY_SECONDS
    )


def _must_be_of_this_release(connection: sqlite3.Connection) -> None:
    (has_version,) = connection.execute(_HAS_VERSION).fetchone()
    (version,) = (connection.execute(_VERSION).fetchone() if has_version else None) or (None,)
    if version is None:
        raise StorageUnavailable("it holds no wallets", "Choose the folder of an ewallet.")
    if version != SCHEMA_VERSION:
        raise StorageUnavailable(
            f"its schema is {version}, this release's is {SCHEMA_VERSION}",
            "Open it once with this release's app, or verify it with the release that wrote it.",
        )
