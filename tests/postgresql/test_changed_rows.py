"""The verification at PostgreSQL notices the same changes of content as that of a file.

Types and constraints of PostgreSQL refuse some of the changes, so nothing has to notice those."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from changed_content import Change, can_be_proven, changes_of
from database_file import find_violations
from filled_database import fill_database
from new_database import NewDatabase
from postgresql_server import PostgresqlServer
from psycopg import sql

from ewallet_core.storage.postgresql.engine import connect, create_dialect
from ewallet_core.storage.postgresql.read_only import PlainConnection
from ewallet_core.storage.postgresql.transaction import PostgresqlTransaction
from ewallet_core.storage.schema import metadata
from ewallet_core.storage.transaction import Statements


@pytest.fixture
def filled(postgresql_server: PostgresqlServer) -> Iterator[NewDatabase]:
    database = fill_database(postgresql_server)
    yield database
    database.drop()


def make(driver: psycopg.Connection[Any], change: Change) -> bool:
    """Make the change, unless there is nothing to change, or PostgreSQL refuses it."""
    keys = metadata.tables[change.table].primary_key.columns.keys()
    number = len(keys) + 1
    update = sql.SQL("UPDATE {} SET {} = {} WHERE {}").format(
        sql.Identifier(change.table),
        sql.Identifier(change.column),
        sql.SQL(f"${number}"),
        sql.SQL(" AND ").join(
            sql.SQL("{} = {}").format(sql.Identifier(key), sql.SQL(f"${at}"))
            for at, key in enumerate(keys, 1)
        ),
    )
    driver.execute("SAVEPOINT change")
    try:
        return driver.execute(update.as_bytes(), (*change.row, change.after)).rowcount == 1
    except (psycopg.IntegrityError, psycopg.DataError, psycopg.ProgrammingError):
        driver.execute("ROLLBACK TO SAVEPOINT change")
        return False


# Of all columns, or in the usual run of one in five, because a verification takes a tenth of a second.
def test_a_change_of_what_something_else_determines_is_found(filled: NewDatabase, is_usual_run: bool) -> None:
    share = 5 if is_usual_run else 1
    statements = Statements(create_dialect())
    unnoticed: dict[str, list[str]] = defaultdict(list)
    tried = set()
    seen: dict[tuple[str, str], int] = {}
    with closing(connect(filled.target())) as driver:
        driver.execute("SET session_replication_role = replica")

        def violations() -> list[str]:
            return find_violations(PostgresqlTransaction(PlainConnection(driver), statements, writes=False))

        def changes() -> list[Change]:
            return list(changes_of(lambda query: driver.execute(query).fetchall()))

        driver.execute("BEGIN")
        assert violations() == []
        for change in changes():
            # One change of each column: the first that is possible.
            column = (change.table, change.column)
            if column in tried or not can_be_proven(change):
                continue
            if seen.setdefault(column, len(seen)) % share != 0:
                continue
            driver.execute("SAVEPOINT unchanged")
            if make(driver, change):
                tried.add(column)
                if not violations():
                    unnoticed[f"{change.table}.{change.column}"].append(str(change))
            driver.execute("ROLLBACK TO SAVEPOINT unchanged")
        driver.execute("ROLLBACK")
    assert unnoticed == {}
    assert len(tried) > 100 // share
