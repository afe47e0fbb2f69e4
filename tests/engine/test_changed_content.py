"""The verification notices a change of any value that something else in the database determines."""

from __future__ import annotations

import contextlib
import sqlite3
from collections import defaultdict
from pathlib import Path

import pytest
from changed_content import Change, can_be_proven, changes_of, fill
from database_file import find_violations, without_triggers
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.storage.transaction import Statements, Transaction


def make(connection: sqlite3.Connection, change: Change) -> bool:
    """Make the change; returns whether there was anything to change, and no other row has the value."""
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({change.table})") if row[5]]
    where = " AND ".join(f"{name} IS ?" for name in names)
    update = f"UPDATE {change.table} SET {change.column} = ? WHERE {where}"
    with without_triggers(connection):
        try:
            return connection.execute(update, (change.after, *change.row)).rowcount == 1
        except sqlite3.IntegrityError:
            return False


@pytest.fixture
def filled_file(wallet_file: Path, wallclock, open_engine) -> Path:
    engine = open_engine()
    fill(engine, wallclock)
    engine.close()
    return wallet_file


def test_a_change_of_what_something_else_determines_is_found(filled_file):
    statements = Statements(SQLiteDialect_pysqlite())
    unnoticed: dict[str, list[str]] = defaultdict(list)
    tried = set()
    with contextlib.closing(sqlite3.connect(filled_file, isolation_level=None)) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        assert find_violations(Transaction(connection, statements, writes=False)) == []
        for change in changes_of(lambda sql: connection.execute(sql).fetchall()):
            # One change of each column: the first that is possible.
            if (change.table, change.column) in tried or not can_be_proven(change):
                continue
            connection.execute("BEGIN")
            if make(connection, change):
                tried.add((change.table, change.column))
                connection.execute("PRAGMA ignore_check_constraints = OFF")
                if not find_violations(Transaction(connection, statements, writes=False)):
                    unnoticed[f"{change.table}.{change.column}"].append(str(change))
            connection.execute("ROLLBACK")
            connection.execute("PRAGMA ignore_check_constraints = ON")
    assert unnoticed == {}
    assert len(tried) > 100
