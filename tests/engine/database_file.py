"""Read and change a wallet file directly, without the engine."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.storage.transaction import Statements, Transaction
from ewallet_core.storage.verification import Violation, run_checks

Rows = list[dict[str, Any]]

IGNORED_TABLES = {"login_records", "login_throttles", "seen_requests", "refused_requests", "sqlite_sequence"}
_STATEMENTS = Statements(SQLiteDialect_pysqlite())

LAST_USE = {"last_used_at", "expires_at"}
IN_2100 = 4_102_444_800_000


def find_violations(transaction: Transaction) -> list[str]:
    return [finding.sentence for finding in run_checks(transaction) if isinstance(finding, Violation)]


class DatabaseFile:
    """A wallet file that stays open for many queries, because opening it takes longer than most of them."""

    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file, isolation_level=None)

    def close(self) -> None:
        self._connection.close()

    def rows(self, sql: str, *values: Any) -> Rows:
        """The rows of the query."""
        cursor = self._connection.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def violations(self) -> list[str]:
        """The violations that `ewallet verify` would report now."""
        self._connection.execute("BEGIN")
        try:
            return find_violations(Transaction(self._connection, _STATEMENTS, writes=False))
        finally:
            self._connection.execute("ROLLBACK")

    def significant_rows(self) -> dict[str, Rows]:
        """Every row of every table, except those that a refused request may write."""
        return {name: self.rows(query) for name, query in self._queries.items()}

    def significant_content(self) -> list[list[Any]]:
        """As `significant_rows`, without names, which is quicker."""
        return [self._connection.execute(query).fetchall() for query in self._queries.values()]

    @cached_property
    def _queries(self) -> dict[str, str]:
        """A query of each table that a refused request may not change, and of its columns."""
        tables = {row["name"] for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
        queries = {}
        for table in sorted(tables - IGNORED_TABLES):
            columns = [row["name"] for row in self.rows("SELECT name FROM pragma_table_info(?)", table)]
            queries[table] = (
                f"SELECT {', '.join(name for name in columns if name not in LAST_USE)} FROM {table}"
            )
        return queries


def rows(file: Path, sql: str, *values: Any) -> Rows:
    """As `DatabaseFile.rows`, for a single query."""
    with contextlib.closing(DatabaseFile(file)) as database:
        return database.rows(sql, *values)


def violations_in(file: Path) -> list[str]:
    """As `DatabaseFile.violations`, for a single query."""
    with contextlib.closing(DatabaseFile(file)) as database:
        return database.violations()


def significant_rows(file: Path) -> dict[str, Rows]:
    """As `DatabaseFile.significant_rows`, for a single query."""
    with contextlib.closing(DatabaseFile(file)) as database:
        return database.significant_rows()


def execute_sql(file: Path, statement: str, *values: Any) -> None:
    """Execute a statement directly on the file."""
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement, values)


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


def erase_by_hand(file: Path, name: str) -> None:
    account = rows(file, "SELECT id FROM accounts WHERE name = ?", name)[0]["id"]
    for statement in erasure_of(account):
        execute_sql(file, statement)


def set_account_state(file: Path, name: str, state: str) -> None:
    """Put an account into a state, as an operator or its owner would."""
    if state == "erased":
        erase_by_hand(file, name)
        return
    to_unlink_at = IN_2100 if state == "unlink_pending" else None
    execute_sql(
        file, "UPDATE accounts SET state = ?, to_unlink_at = ? WHERE name = ?", state, to_unlink_at, name
    )


def cells(file: Path) -> Iterator[str]:
    """Every text and every blob of every table, with the table's and the column's name."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            found = connection.execute(f"SELECT * FROM {table}")
            columns = [column[0] for column in found.description]
            for row in found:
                for column, value in zip(columns, row, strict=True):
                    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                    yield f"{table}.{column}: {text}"


def cells_containing(file: Path, *words: str) -> list[str]:
    """The cells that contain one of these words, ignoring case."""
    return [cell for cell in cells(file) if any(word.casefold() in cell.casefold() for word in words)]


@contextlib.contextmanager
def without_triggers(connection: sqlite3.Connection) -> Iterator[None]:
    """Drop every trigger, and make them again afterwards."""
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in triggers:
        connection.execute(sql)


def violations_after(file: Path, *statements: str) -> list[str]:
    """The violations after these statements, executed without any constraint or trigger."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        with without_triggers(connection):
            for statement in statements:
                assert connection.execute(statement).rowcount > 0
    return violations_in(file)
