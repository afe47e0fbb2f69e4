"""Read-only access to a database at PostgreSQL: one snapshot of it, from its primary or a standby."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import URL, Dialect

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import StorageFailedError, StorageUnavailableError
from ewallet_core.storage.postgresql.engine import connect, create_dialect
from ewallet_core.storage.postgresql.errors import as_storage_error, summary
from ewallet_core.storage.postgresql.pipeline import DriverConnection
from ewallet_core.storage.postgresql.requirements import (
    GRANT_READING,
    PostgresqlFacts,
    connecting,
    read_facts,
    require_read_access,
)
from ewallet_core.storage.postgresql.transaction import PostgresqlTransaction
from ewallet_core.storage.postgresql.url import PostgresqlTarget, read_target
from ewallet_core.storage.schema_version import require_this_release
from ewallet_core.storage.transaction import DbCursor, Statements

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SETTINGS = {
    # All rows are read, so the plan that finds the first ones soonest is not the best.
    "cursor_tuple_fraction": "1",
    "work_mem": "64MB",
    # Many statements run once each, and compiling them takes longer than it saves.
    "jit": "off",
    # Limits of the role are meant for short transactions.
    "statement_timeout": "0",
    "transaction_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "quote_all_identifiers": "off",
}
# Each release of PostgreSQL has some of the settings.
_SET = """
SELECT set_config(name, value, true) FROM unnest($1::text[], $2::text[]) AS setting (name, value)
WHERE current_setting(name, true) IS NOT NULL
"""
_CONFLICT_WITH_RECOVERY = "40001"
_NOT_ALLOWED = "42501"


class PlainConnection:
    """A connection as a `Transaction` uses it, whose statements may fail and take their time."""

    in_transaction = True
    total_changes = 0

    def __init__(self, driver: DriverConnection) -> None:
        self._driver = driver

    def execute(self, sql: str, values: Sequence[Any] = ()) -> DbCursor:
        # The driver's own type of statements is narrower, because most are written by hand.
        run: Any = self._driver.execute
        cursor: DbCursor = run(sql, values)
        return cursor

    def executemany(self, sql: str, values: Iterable[Sequence[Any]]) -> None:
        for each in values:
            self.execute(sql, each)


@contextmanager
def connect_read_only(target: PostgresqlTarget) -> Iterator[tuple[DriverConnection, Dialect]]:
    """A connection in a transaction that reads one snapshot, and the dialect of its statements.

    Raises `StorageUnavailableError` if there is no such database, or if reading it fails:
    `StorageDamagedError` if the content is at fault.
    """
    with connecting(target):
        driver = connect(target)
    try:
        driver.execute(_BEGIN)
        driver.execute(_SET, (list(_SETTINGS), list(_SETTINGS.values())))
        yield driver, create_dialect()
    except Exception as reason:
        if (error := _as_unavailable(reason)) is None:
            raise
        raise error from reason
    finally:
        # Nothing was changed, so nothing needs to be rolled back.
        driver.close()


@contextmanager
def connect_snapshot(url: URL) -> Iterator[tuple[PostgresqlFacts, PostgresqlTransaction]]:
    """What the database is like, and a transaction that reads one snapshot of it, of any release.

    Raises as `connect_read_only`.
    """
    target = read_target(url)
    with connect_read_only(target) as (driver, dialect):
        transaction = PostgresqlTransaction(PlainConnection(driver), Statements(dialect), writes=False)
        # The time of the snapshot, however long it is read.
        _ = transaction.database_time
        yield read_facts(driver.execute, target), transaction


@contextmanager
def open_snapshot(url: URL) -> Iterator[PostgresqlTransaction]:
    """As `connect_snapshot`; raises `StorageUnavailableError` too if the database is not of this release."""
    with connect_snapshot(url) as (facts, transaction):
        require_readable(facts)
        yield transaction


def require_readable(facts: PostgresqlFacts) -> None:
    """Raises `StorageUnavailableError` unless it has tables of this release that the role may read."""
    require_read_access(facts)
    require_this_release(
        facts.version,
        if_none="Name another database or schema in the URL, or run `ewallet migrate` to create the tables.",
        if_other="Upgrade it with `ewallet migrate`, or use the release that wrote it.",
    )


def _as_unavailable(reason: Exception) -> WalletError | None:
    """The error to raise if reading failed; None for any that is not of the storage."""
    if isinstance(reason, psycopg.Error):
        if reason.sqlstate == _NOT_ALLOWED:
            return StorageUnavailableError(summary(reason), GRANT_READING)
        if reason.sqlstate == _CONFLICT_WITH_RECOVERY:
            return StorageUnavailableError(
                f"the standby stopped reading, {summary(reason)}",
                "Do it again, on the primary, or with max_standby_streaming_delay set to -1 on the standby.",
            )
    error = as_storage_error(reason)
    return StorageUnavailableError(error.reason) if isinstance(error, StorageFailedError) else error
