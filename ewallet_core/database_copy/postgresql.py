"""The ends of a copy that are schemas of a database at PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from itertools import islice
from typing import Any, cast

import psycopg
import sqlalchemy as sa
from psycopg.types.numeric import Int8BinaryDumper, Int8Dumper
from sqlalchemy import Connection, Dialect

from ewallet_core.database_copy.ends import (
    ROWS_AT_ONCE,
    TABLES,
    Chunk,
    CopyError,
    CopyViolationError,
    column_list,
    refused,
    select_in_order,
)
from ewallet_core.storage.database_url import parse_url
from ewallet_core.storage.postgresql.commit import commit
from ewallet_core.storage.postgresql.engine import (
    connect,
    create_dialect,
    create_migration_engine,
    raw_execute,
)
from ewallet_core.storage.postgresql.errors import summary
from ewallet_core.storage.postgresql.maintenance_session import take_charge
from ewallet_core.storage.postgresql.migration import migrate_within
from ewallet_core.storage.postgresql.pipeline import DriverConnection, PipelinedConnection
from ewallet_core.storage.postgresql.read_only import PlainConnection, connect_read_only, require_readable
from ewallet_core.storage.postgresql.requirements import connecting, read_facts
from ewallet_core.storage.postgresql.transaction import PostgresqlTransaction
from ewallet_core.storage.postgresql.url import PostgresqlTarget, read_target
from ewallet_core.storage.transaction import Statements
from ewallet_core.storage.verification import Violation, run_checks

COMMIT_SECONDS = 60.0
LOCK_TIMEOUT = "10s"
_CHUNKS_IN_A_COPY = 5
_MEMORY_KIB = 256 * 1024
"""For each index that is built."""
_SETTINGS = {
    # Limits of the role are meant for short transactions.
    "statement_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "client_min_messages": "warning",
    "maintenance_work_mem": f"{_MEMORY_KIB}kB",
    "jit": "off",
}
_SET = "SELECT set_config($1, $2, true)"
_SEQUENCE = "SELECT pg_get_serial_sequence($1, 'id')"
_TYPES = (
    "SELECT attname, atttypid FROM pg_attribute"
    " WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped"
)
_FOREIGN_KEYS = (
    "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contype = 'f' AND conrelid = ANY ($1::regclass[]) ORDER BY conrelid::regclass::text, conname"
)
# Those of constraints stay, because they belong to them.
_INDEXES = (
    "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
    " WHERE indrelid = ANY ($1::regclass[])"
    " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1"
)
_NAMES = [table.name for table in TABLES]


@contextmanager
def open_postgresql_reader(url: str, *, live: bool) -> Iterator[PostgresqlReader]:
    """A snapshot of the database. Raises `StorageUnavailableError`, or `CopyError` if servers use it."""
    target = read_target(parse_url(url))
    with nullcontext() if live else _unused(target), connect_read_only(target) as (driver, _):
        require_readable(read_facts(driver.execute, target))
        yield PostgresqlReader(driver)


@contextmanager
def _unused(target: PostgresqlTarget) -> Iterator[None]:
    """Require that no server uses the database, before the snapshot is taken."""
    with connecting(target), connect(target) as connection:
        require_readable(read_facts(connection.execute, target))
        connection.execute("SET idle_session_timeout = 0")
        ((is_standby,),) = connection.execute("SELECT pg_is_in_recovery()").fetchall()
        # The servers of a standby's primary are not known here.
        if is_standby or not take_charge(connection):
            raise CopyError(
                f"A server uses {target}, and what it changes meanwhile would not be in the copy. Stop all of"
                " its servers, or add --live to copy the wallet as it is now."
            )
        yield


class _PostgresqlRows:
    def __init__(self, driver: DriverConnection) -> None:
        self.driver = driver

    def read_rows(self, table: sa.Table) -> Iterator[Chunk]:
        with self.driver.cursor("copied_rows", binary=True) as cursor:
            cursor.execute(select_in_order(table).encode())
            while chunk := cursor.fetchmany(ROWS_AT_ONCE):
                yield chunk

    def number(self, query: str, *values: object) -> Any:
        row = self.driver.execute(query.encode(), values).fetchone()
        return None if row is None else row[0]


class PostgresqlReader(_PostgresqlRows):
    """A snapshot."""

    def count_rows(self, table: sa.Table) -> int:
        return int(self.number(f"SELECT count(*) FROM {table.name}"))  # noqa: S608 - a name of ours

    def read_last_id(self, table: sa.Table) -> int | None:
        if "id" not in table.c:
            return None
        greatest = self.number(f"SELECT max(id) FROM {table.name}")  # noqa: S608 - a name of ours
        sequence = self.number(_SEQUENCE, table.name)
        given = sequence and self.number(f"SELECT last_value FROM {sequence} WHERE is_called")  # noqa: S608 - its own name
        return max(greatest or 0, given or 0) or None


@contextmanager
def open_postgresql_writer(url: str) -> Iterator[PostgresqlWriter]:
    """A transaction that has created the tables, and is undone unless it is kept.

    Raises `CopyError` if the database has a wallet, and `StorageUnavailableError`.
    """
    target = read_target(parse_url(url))
    engine = create_migration_engine(target)
    with connecting(target):
        connection = engine.connect()
    driver = cast("DriverConnection", connection.connection.driver_connection)
    try:
        with connecting(target):
            _create_tables(connection, target)
        driver.cursor_factory = psycopg.RawCursor
        for dumper in (Int8Dumper, Int8BinaryDumper):
            driver.adapters.register_dumper(int, dumper)
        yield PostgresqlWriter(driver, create_dialect())
    except psycopg.Error as reason:
        raise CopyError(
            f"Target: PostgreSQL says: {summary(reason)}. Nothing was copied: mend that, and try again."
        ) from reason
    finally:
        with suppress(psycopg.Error):
            driver.rollback()
        connection.invalidate()
        engine.dispose()


def _create_tables(connection: Connection, target: PostgresqlTarget) -> None:
    """Create the tables unless they are there; they must be empty, and stay so for others."""
    execute = raw_execute(connection)
    for setting in _SETTINGS.items():
        execute(_SET, setting)
    facts = read_facts(execute, target)
    if facts.version is not None:
        # Asked first, because an upgrade of large tables would take long, and is undone.
        quote = connection.dialect.identifier_preparer.quote_identifier
        _require_empty(connection, f"{quote(str(facts.schema))}.accounts")
    migrate_within(connection, target)
    execute(_SET, ("lock_timeout", LOCK_TIMEOUT))
    connection.exec_driver_sql(f"LOCK TABLE {', '.join(_NAMES)} IN ACCESS EXCLUSIVE MODE")
    _require_empty(connection, *_NAMES)


def _require_empty(connection: Connection, *tables: str) -> None:
    for table in tables:
        if connection.exec_driver_sql(f"SELECT EXISTS (SELECT FROM {table})").scalar():  # noqa: S608 - names of ours
            raise CopyError(
                "There is a wallet in the target already, and a copy replaces nothing. Name an empty"
                " database, or another schema as ?schema=NAME."
            )


class PostgresqlWriter(_PostgresqlRows):
    """A transaction in a schema that holds no rows."""

    def __init__(self, driver: DriverConnection, dialect: Dialect) -> None:
        super().__init__(driver)
        self._transaction = PostgresqlTransaction(PlainConnection(driver), Statements(dialect), writes=True)
        self._left_out = self._leave_out_indexes()

    def _leave_out_indexes(self) -> list[str]:
        """Drop what makes inserting slow; returns the statements that create it again."""
        indexes = self.driver.execute(_INDEXES, (_NAMES,)).fetchall()
        keys = self.driver.execute(_FOREIGN_KEYS, (_NAMES,)).fetchall()
        for table, name, _ in keys:
            self.driver.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
        for name, _ in indexes:
            self.driver.execute(f"DROP INDEX {name}".encode())
        return [
            *(statement for _, statement in indexes),
            *(f"ALTER TABLE {table} ADD CONSTRAINT {name} {key}" for table, name, key in keys),
        ]

    def write_rows(self, table: sa.Table, chunks: Iterable[Chunk]) -> None:
        types: dict[str, int] = dict(self.driver.execute(_TYPES, (table.name,)).fetchall())
        in_order = [types[name] for name in table.columns.keys()]  # noqa: SIM118 - it is no dict
        chunks = iter(chunks)
        # Few rows at once: if the server refuses one, it says which of them.
        while several := list(islice(chunks, _CHUNKS_IN_A_COPY)):
            self._write(table, in_order, [row for chunk in several for row in chunk])

    def _write(self, table: sa.Table, types: list[int], rows: Chunk) -> None:
        statement = f"COPY {table.name} ({column_list(table)}) FROM STDIN (FORMAT BINARY)"
        row = rows[0]
        try:
            with self.driver.cursor().copy(statement.encode()) as copy:
                copy.set_types(types)
                write = copy.write_row
                for row in rows:
                    write(row)
        except psycopg.errors.IntegrityError as reason:
            raise refused(table, _row_of(reason, rows), f"PostgreSQL: {summary(reason)}") from reason
        except psycopg.OperationalError:
            raise
        except (psycopg.Error, ValueError, TypeError, OverflowError, AttributeError) as reason:
            found = _row_of(reason, rows) if isinstance(reason, psycopg.Error) and reason.sqlstate else row
            raise refused(table, found, f"PostgreSQL: {_first_line(reason)}") from reason

    def write_last_id(self, table: sa.Table, last: int) -> None:
        sequence = self.number(_SEQUENCE, table.name)
        if sequence is not None:
            self.driver.execute("SELECT setval($1::regclass, $2)", (sequence, last))

    def build_indexes(self) -> None:
        for statement in self._left_out:
            self.driver.execute(statement.encode())
        # The checks, and the first queries of a server, are planned by it.
        self.driver.execute("ANALYZE " + ", ".join(_NAMES))

    def transaction(self) -> PostgresqlTransaction:
        return self._transaction

    def check(self) -> list[str]:
        lines = []
        for finding in run_checks(self._transaction):
            if isinstance(finding, Violation):
                raise CopyViolationError(
                    f"The wallet is not as it must be: {finding.sentence} Nothing was copied."
                )
            lines.append(finding.line)
        return lines

    def keep(self) -> None:
        connection = PipelinedConnection(self.driver)
        with connection.pipeline():
            commit(connection, COMMIT_SECONDS)


def _first_line(reason: Exception) -> str:
    return str(reason).strip().split("\n")[0].rstrip(".")


def _row_of(reason: psycopg.Error, rows: Chunk) -> tuple[Any, ...] | None:
    """The row that the server refused: it says `COPY accounts, line 17` and more."""
    number = (reason.diag.context or "").partition(", line ")[2].partition(",")[0].partition(":")[0]
    return rows[int(number) - 1] if number.isdecimal() and 0 < int(number) <= len(rows) else None
