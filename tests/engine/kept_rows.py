"""What a wallet file holds, read past the engine."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.storage.proofs.checking import check
from ewallet_core.storage.transaction import Statements, Transaction

Rows = list[dict[str, Any]]

BOOKKEEPING = {"login_records", "login_throttles", "seen_requests", "refused_requests", "sqlite_sequence"}
_STATEMENTS = Statements(SQLiteDialect_pysqlite(paramstyle="named"))

LAST_USE = {"last_used_at", "expires_at"}


def rows(file: Path, question: str, *values: Any) -> Rows:
    """The rows that the SQL `question` finds."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(question, values)]


def changed_by_hand(file: Path, statement: str, *values: Any) -> None:
    """Carry out what no instruction of this release does yet."""
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement, values)


def faults_in(file: Path) -> list[str]:
    """What is wrong with the ledger in that file."""
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        return check(Transaction(connection, _STATEMENTS, writes=False))


def what_matters(file: Path) -> dict[str, Rows]:
    """Every row of every table, but for the bookkeeping that a refusal may leave behind."""
    tables = [row["name"] for row in rows(file, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: _without_last_use(rows(file, f"SELECT * FROM {name}")) for name in set(tables) - BOOKKEEPING
    }


def _without_last_use(found: Rows) -> Rows:
    return [{name: value for name, value in row.items() if name not in LAST_USE} for row in found]
