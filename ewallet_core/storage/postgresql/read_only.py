"""Read-only access to a database at PostgreSQL: one snapshot of it, from its primary or a standby."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL, Dialect, Engine

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import StorageFailedError, StorageUnavailableError
from ewallet_core.storage.postgresql.engine import create_engine_for
from ewallet_core.storage.postgresql.errors import as_storage_error, summary
from ewallet_core.storage.postgresql.transaction import (
    DriverConnection,
    PipelinedConnection,
    PostgresqlTransaction,
)
from ewallet_core.storage.postgresql.url import read_target
from ewallet_core.storage.schema_version import VERSION, require_this_release
from ewallet_core.storage.transaction import Statements

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SETTINGS = {
    # All rows are read, so the plan that finds the first ones soonest is not the best.
    "cursor_tuple_fraction": "1",
    "work_mem": "64MB",
    # Many statements run once each, and compiling them takes longer than it saves.
    "jit": "off",
    # Limits of the role are meant for short transactions.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "quote_all_identifiers": "off",
}
_SET = "SELECT set_config($1, $2, true)"
_HAS_VERSION = "SELECT to_regclass('alembic_version') IS NOT NULL"

_START = re.compile(r"^connection (failed|is bad): ")
_OF_PASSWORDS = "Put the right password into ~/.pgpass, PGPASSWORD or a service file."
_REMEDIES = {
    "password authentication failed": _OF_PASSWORDS,
    "no password supplied": _OF_PASSWORDS,
    'FATAL:  database "': "Create the database, or name another one in the URL.",
    'FATAL:  role "': "Create the role, or name another one in the URL.",
    "connection option": "Correct the arguments in the URL.",
    "definition of service": "Correct the name of the service in the URL, or its file.",
}
"""What to do, by a part of what the driver says."""
_OTHER_REMEDY = "Check that the server runs and accepts you, and the host and the port in the URL."
_CONFLICT_WITH_RECOVERY = "40001"
_NOT_ALLOWED = "42501"


@contextmanager
def connect_read_only(url: URL) -> Iterator[tuple[DriverConnection, Dialect]]:
    """A connection in a transaction that reads one snapshot, and the dialect of its statements.

    Raises `StorageUnavailableError` if there is no such database, or if what it is used for raises an error
    of PostgreSQL: `StorageDamagedError` if the content is at fault.
    """
    engine = create_engine_for(read_target(url), pool_size=1)
    driver = _connect(engine)
    try:
        driver.execute(_BEGIN)
        for setting in _SETTINGS.items():
            driver.execute(_SET, setting)
        yield driver, engine.dialect
    except Exception as reason:
        if (error := _as_unavailable(reason)) is None:
            raise
        raise error from reason
    finally:
        # Nothing was changed, so nothing needs to be rolled back.
        driver.close()
        engine.dispose()


@contextmanager
def open_snapshot(url: URL) -> Iterator[PostgresqlTransaction]:
    """As `connect_read_only`; raises `StorageUnavailableError` too if the database is not of this release."""
    with connect_read_only(url) as (driver, dialect):
        require_this_release(
            read_version(driver),
            if_none="Name another database or schema in the URL, or create the tables there first.",
            if_other="Upgrade it with this release, or verify it with the release that wrote it.",
        )
        yield PostgresqlTransaction(PipelinedConnection(driver), Statements(dialect), writes=False)


def read_version(driver: DriverConnection) -> str | None:
    """The version of the schema; None if there are no tables of ours."""
    has_version = driver.execute(_HAS_VERSION).fetchone()
    row = driver.execute(VERSION).fetchone() if has_version == (True,) else None
    return None if row is None else str(row[0])


def _connect(engine: Engine) -> DriverConnection:
    try:
        connection = engine.raw_connection()
    except psycopg.Error as reason:
        raise as_unreachable(reason) from reason
    driver: DriverConnection = connection.driver_connection  # type: ignore[assignment]
    # It never returns to the engine's pool.
    connection.detach()
    return driver


def as_unreachable(reason: psycopg.Error) -> StorageUnavailableError:
    """The error to raise if no connection could be opened. The driver gives no SQLSTATE then."""
    problem = _START.sub("", str(reason).strip().split("\n")[0]).rstrip(".")
    remedy = next((remedy for part, remedy in _REMEDIES.items() if part in problem), _OTHER_REMEDY)
    return StorageUnavailableError(problem, remedy)


def _as_unavailable(reason: Exception) -> WalletError | None:
    """The error to raise if reading failed; None for any that is not of the storage."""
    if isinstance(reason, psycopg.Error):
        if reason.sqlstate == _NOT_ALLOWED:
            return StorageUnavailableError(
                summary(reason), "Grant the role SELECT on all tables, or use another role."
            )
        if reason.sqlstate == _CONFLICT_WITH_RECOVERY:
            return StorageUnavailableError(
                f"the standby stopped reading, {summary(reason)}",
                "Do it again, on the primary, or with max_standby_streaming_delay set to -1 on the standby.",
            )
    error = as_storage_error(reason)
    return StorageUnavailableError(error.reason) if isinstance(error, StorageFailedError) else error
