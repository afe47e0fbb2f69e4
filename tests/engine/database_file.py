"""Read and change a wallet database directly, without the engine."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from sqlalchemy import make_url
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.transaction import Statements, Transaction
from ewallet_core.storage.verification import Violation, run_checks

if TYPE_CHECKING:
    import psycopg

Rows = list[dict[str, Any]]

Place = str | Path
"""The URL of a database, or a file of SQLite."""

IGNORED_TABLES = {"login_records", "login_throttles", "seen_requests", "refused_requests", "sqlite_sequence"}
# On PostgreSQL, entries are sealed soon after they are written, which may be between two looks at them.
SEALED_LATER = {"seals"}
SEALED_SECONDS = 10.0
UNSEALED = """
    SELECT id FROM entries WHERE NOT EXISTS (SELECT FROM seals WHERE entry_id = entries.id) LIMIT 1
"""
_STATEMENTS = Statements(SQLiteDialect_pysqlite())

LAST_USE = {"last_used_at", "expires_at"}
IN_2100 = 4_102_444_800_000


def find_violations(transaction: Transaction) -> list[str]:
    return [finding.sentence for finding in run_checks(transaction) if isinstance(finding, Violation)]


class OpenRows(ABC):
    """A database that stays open for many queries, because opening it takes longer than most of them."""

    ignored = IGNORED_TABLES
    functions: ClassVar[dict[str, str]] = {"concatenate": "group_concat", "greatest": "max"}
    """The names of functions that differ."""
    moves_rows = False
    """Whether a row that is changed comes at another place among those that are not ordered."""

    @abstractmethod
    def fetch(self, sql: str, *values: Any) -> tuple[list[str], list[Any]]:
        """The names of the columns, and the rows of the query; `?` stands for a value."""

    @abstractmethod
    def execute(self, sql: str, *values: Any) -> None:
        """Execute the statement, which is kept at once."""

    @abstractmethod
    def violations(self) -> list[str]:
        """The violations that `ewallet verify` would report now."""

    @abstractmethod
    def version(self) -> object:
        """What is another value once another connection has changed anything."""

    @abstractmethod
    def columns(self) -> dict[str, list[str]]:
        """The columns of each table."""

    @abstractmethod
    def close(self) -> None: ...

    def rows(self, sql: str, *values: Any) -> Rows:
        """The rows of the query."""
        names, found = self.fetch(sql, *values)
        return [dict(zip(names, row, strict=True)) for row in found]

    def significant_rows(self) -> dict[str, Rows]:
        """Every row of every table, except those that a refused request may write."""
        return {name: self.rows(query) for name, query in self._queries.items()}

    def significant_content(self) -> list[list[Any]]:
        """As `significant_rows`, without names, which is quicker."""
        return [self.fetch(query)[1] for query in self._queries.values()]

    @cached_property
    def _queries(self) -> dict[str, str]:
        """A query of each table that a refused request may not change, and of its columns."""
        queries = {}
        for table, columns in sorted(self.columns().items()):
            if table not in self.ignored:
                chosen = ", ".join(name for name in columns if name not in LAST_USE)
                queries[table] = f"SELECT {chosen} FROM {table}{f' ORDER BY {chosen}' * self.moves_rows}"
        return queries


class DatabaseFile(OpenRows):
    """A wallet file."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)

    def close(self) -> None:
        self._connection.close()

    def fetch(self, sql: str, *values: Any) -> tuple[list[str], list[Any]]:
        cursor = self._connection.execute(sql, values)
        return [column[0] for column in cursor.description], cursor.fetchall()

    def execute(self, sql: str, *values: Any) -> None:
        self._connection.execute(sql, values)

    def violations(self) -> list[str]:
        self._connection.execute("BEGIN")
        try:
            return find_violations(Transaction(self._connection, _STATEMENTS, writes=False))
        finally:
            self._connection.execute("ROLLBACK")

    def version(self) -> object:
        return self.rows("PRAGMA data_version")

    def columns(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in self.rows(
            "SELECT tables.name AS in_table, columns.name FROM sqlite_master AS tables"
            " JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table'"
        ):
            found.setdefault(row["in_table"], []).append(row["name"])
        return found


class PostgresqlRows(OpenRows):
    """A wallet database at PostgreSQL."""

    ignored = IGNORED_TABLES | SEALED_LATER
    functions: ClassVar[dict[str, str]] = {"concatenate": "string_agg", "greatest": "greatest"}
    moves_rows = True

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection = connect_to_postgresql(url)

    def close(self) -> None:
        self._connection.close()

    def fetch(self, sql: str, *values: Any) -> tuple[list[str], list[Any]]:
        cursor = self._connection.execute(*_for_psycopg(sql, values))
        return [column.name for column in cursor.description or []], cursor.fetchall()

    def execute(self, sql: str, *values: Any) -> None:
        self._connection.execute(*_for_psycopg(sql, values))

    def violations(self) -> list[str]:
        self.wait_until_sealed()
        with open_read_only(self._url) as transaction:
            return find_violations(transaction)

    def wait_until_sealed(self) -> None:
        """Wait for the seals of the last entries; without them in the end, there is a violation."""
        end = time.monotonic() + SEALED_SECONDS
        while self.fetch(UNSEALED)[1] and time.monotonic() < end:
            time.sleep(0.02)

    def version(self) -> object:
        return self.rows("SELECT pg_current_snapshot()::text")

    def columns(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for row in self.rows(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
        ):
            found.setdefault(row["table_name"], []).append(row["column_name"])
        return found


def _for_psycopg(sql: str, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The statement with psycopg's placeholders, if there are any, and the values."""
    return (sql.replace("%", "%%").replace("?", "%s"), values) if values else (sql,)


def connect_to_postgresql(url: str) -> psycopg.Connection[Any]:
    """A connection of the administrator, whose statements are kept at once."""
    # Imported here, because most runs of a few tests need no PostgreSQL.
    import psycopg  # noqa: PLC0415
    from postgresql_server import ADMINISTRATOR  # noqa: PLC0415

    plain = make_url(url).set(drivername="postgresql", username=ADMINISTRATOR)
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


def is_on_postgresql(place: Place) -> bool:
    return str(place).startswith("postgresql")


def file_of(place: Place) -> Path:
    return Path(str(place).removeprefix("sqlite:///"))


def open_rows(place: Place) -> OpenRows:
    if is_on_postgresql(place):
        return PostgresqlRows(str(place))
    return DatabaseFile(file_of(place))


def rows(place: Place, sql: str, *values: Any) -> Rows:
    """As `OpenRows.rows`, for a single query."""
    with contextlib.closing(open_rows(place)) as database:
        return database.rows(sql, *values)


def violations_in(place: Place) -> list[str]:
    """As `OpenRows.violations`, for a single query."""
    with contextlib.closing(open_rows(place)) as database:
        return database.violations()


def wait_until_sealed(url: str) -> None:
    """As `PostgresqlRows.wait_until_sealed`."""
    with contextlib.closing(PostgresqlRows(url)) as database:
        database.wait_until_sealed()


def significant_rows(place: Place) -> dict[str, Rows]:
    """As `OpenRows.significant_rows`, for a single query."""
    with contextlib.closing(open_rows(place)) as database:
        return database.significant_rows()


def execute_sql(place: Place, statement: str, *values: Any) -> None:
    """Execute a statement directly on the database."""
    with contextlib.closing(open_rows(place)) as database:
        database.execute(statement, *values)


def erasure_of(account: int) -> tuple[str, str]:
    """Statements that leave of an account what its erasure leaves, apart from its own items."""
    is_party = f"SELECT id FROM transfer_records WHERE {account} IN (from_account_id, to_account_id)"
    names = ", ".join(
        f"{party}_{what} = CASE WHEN seller_account_id {compared} {account} THEN '' ELSE {party}_{what} END"
        for party, compared in (("seller", "="), ("buyer", "<>"))
        for what in ("name", "email")
    )
    return (
        "UPDATE accounts SET state = 'erased', name_key = NULL, email_key = NULL, name_skeleton = NULL,"
        f" email_skeleton = NULL, password_hash = NULL WHERE id = {account}",
        f"UPDATE invoice_records SET search_key = '', {names} WHERE transfer_record_id IN ({is_party})",
    )


def erase_by_hand(place: Place, name: str) -> None:
    account = rows(place, "SELECT id FROM accounts WHERE name = ?", name)[0]["id"]
    for statement in erasure_of(account):
        execute_sql(place, statement)


def set_account_state(place: Place, name: str, state: str) -> None:
    """Put an account into a state, as an operator or its owner would."""
    if state == "erased":
        erase_by_hand(place, name)
        return
    to_unlink_at = IN_2100 if state == "unlink_pending" else None
    execute_sql(
        place, "UPDATE accounts SET state = ?, to_unlink_at = ? WHERE name = ?", state, to_unlink_at, name
    )


def cells(place: Place) -> Iterator[str]:
    """Every text and every blob of every table, with the table's and the column's name."""
    with contextlib.closing(open_rows(place)) as database:
        for table in database.columns():
            columns, found = database.fetch(f"SELECT * FROM {table}")
            for row in found:
                for column, value in zip(columns, row, strict=True):
                    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    yield f"{table}.{column}: {text}"


def cells_containing(place: Place, *words: str) -> list[str]:
    """The cells that contain one of these words, ignoring case."""
    return [cell for cell in cells(place) if any(word.casefold() in cell.casefold() for word in words)]


@contextlib.contextmanager
def without_triggers(connection: sqlite3.Connection) -> Iterator[None]:
    """Drop every trigger, and make them again afterwards."""
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in triggers:
        connection.execute(sql)


def violations_after(place: Place, *statements: str) -> list[str]:
    """The violations after these statements, executed without any constraint or trigger."""
    if is_on_postgresql(place):
        _execute_without_constraints(str(place), *statements)
    else:
        with contextlib.closing(sqlite3.connect(file_of(place), isolation_level=None)) as connection:
            connection.execute("PRAGMA ignore_check_constraints = ON")
            with without_triggers(connection):
                for statement in statements:
                    assert connection.execute(statement).rowcount > 0
    return violations_in(place)


def _execute_without_constraints(url: str, *statements: str) -> None:
    """Execute them without triggers and foreign keys, and drop the other constraints for good."""
    with contextlib.closing(connect_to_postgresql(url)) as connection:
        connection.execute("SET session_replication_role = replica")
        checks = connection.execute(
            "SELECT conrelid::regclass, conname FROM pg_constraint"
            " WHERE contype = 'c' AND connamespace = current_schema()::regnamespace"
        )
        for table, name in checks.fetchall():
            connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
