"""Migration of a database to this release's schema, when it is opened."""

from __future__ import annotations

import contextlib
import sqlite3
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage import migrations

SCHEMA_VERSION = "0003"

_VERSION = text("SELECT version_num FROM alembic_version")


def migrate(engine: Engine, path: str | None) -> None:
    """Create or upgrade the tables. The existing file at `path` is copied first.

    Raises `StorageUnavailableError` if a newer release or another program wrote the database.
    """
    with engine.begin() as connection:
        # The transaction has the lock: if two processes open an old file, the second finds it migrated.
        version = _version(connection)
        if version == SCHEMA_VERSION:
            return
        if version is not None and version > SCHEMA_VERSION:
            raise StorageUnavailableError("a newer release of ewallet wrote it", "Install that release.")
        tables = inspect(connection).get_table_names()
        if version is None and tables and "alembic_version" not in tables:
            raise StorageUnavailableError("it holds the tables of something else", "Name a file of its own.")
        if version is not None and path is not None:
            back_up(path, version)
        migrations.upgrade(connection, SCHEMA_VERSION)


def back_up(path: str, version: str) -> Path:
    """Copy the database file to a new file beside it, named after its version; returns the copy."""
    name = f"{path}.before-migration-from-{version}"
    numbered = (Path(name if number == 1 else f"{name}-{number}") for number in count(1))
    copy = next(path for path in numbered if not path.exists())
    copy.touch(mode=0o600)
    with (
        contextlib.closing(sqlite3.connect(path)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    return copy


def _version(connection: Connection) -> str | None:
    try:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.execute(_VERSION).scalar()
    except DBAPIError as reason:
        raise StorageUnavailableError(str(reason.orig)) from reason
    return version
