"""Bringing a database to this release's schema: on opening, only where its version row differs."""

from __future__ import annotations

import contextlib
import sqlite3
from itertools import count
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

from ewallet_core.errors.server import StorageUnavailableError

SCHEMA_VERSION = "0003"

_VERSION = text("SELECT version_num FROM alembic_version")


def migrate(engine: Engine, path: str | None) -> None:
    """Make or upgrade the tables; an existing file at `path` is copied before it is changed.

    Raises `StorageUnavailableError` for a database that a newer release has written, or something else.
    """
    with engine.begin() as connection:
        # Under the lock: of two processes that open an old file, the second finds it new.
        version = _version(connection)
        if version == SCHEMA_VERSION:
            return
        if version is not None and version > SCHEMA_VERSION:
            raise StorageUnavailableError("a newer release of ewallet wrote it", "Install that release.")
        if version is None and _is_anothers(connection):
            raise StorageUnavailableError("it holds the tables of something else", "Name a file of its own.")
        if version is not None and path is not None:
            keep_copy(path, version)
        _upgrade(connection)


def keep_copy(path: str, version: str) -> Path:
    """Copy the database file beside itself, named after the version it has; returns the copy.

    A copy that is there already is left as it is.
    """
    copy = _free_name(f"{path}.before-migration-from-{version}")
    copy.touch(mode=0o600)
    with (
        contextlib.closing(sqlite3.connect(path)) as source,
        contextlib.closing(sqlite3.connect(copy)) as target,
    ):
        source.backup(target)
    return copy


def _free_name(name: str) -> Path:
    numbered = (Path(name if number == 1 else f"{name}-{number}") for number in count(1))
    return next(path for path in numbered if not path.exists())


def _is_anothers(connection: Connection) -> bool:
    # The table of the version is the first that is made.
    tables = inspect(connection).get_table_names()
    return bool(tables) and "alembic_version" not in tables


def _version(connection: Connection) -> str | None:
    try:
        if not inspect(connection).has_table("alembic_version"):
            return None
        version: str | None = connection.execute(_VERSION).scalar()
    except DBAPIError as reason:
        raise StorageUnavailableError(str(reason.orig)) from reason
    return version


def _upgrade(connection: Connection) -> None:
    # Only a database that is new or old pays for alembic's import.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "ewallet_core.storage:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, SCHEMA_VERSION)
