"""What a wallet file holds, read past the engine."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]

BOOKKEEPING = {"login_records", "login_throttles", "seen_requests", "sqlite_sequence"}
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


def what_matters(file: Path) -> dict[str, Rows]:
    """Every row of every table, but for the bookkeeping that a refusal may leave behind."""
    tables = [row["name"] for row in rows(file, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        name: _without_last_use(rows(file, f"SELECT * FROM {name}")) for name in set(tables) - BOOKKEEPING
    }


def _without_last_use(found: Rows) -> Rows:
    return [{name: value for name, value in row.items() if name not in LAST_USE} for row in found]
