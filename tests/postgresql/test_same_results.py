"""Every statement of the storage finds and changes the same on PostgreSQL as on SQLite, with any rows."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
import pytest
from postgresql_server import PostgresqlServer
from postgresql_statements import DIALECT, ONLY_SQLITE, SMALL, compile_for, open_new_database, types_of
from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Executable,
    Integer,
    LargeBinary,
    Table,
    create_engine,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Delete, Insert, Update
from storage_statements import all_statements

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.ledger.timer import State
from ewallet_core.storage import schema
from ewallet_core.types import RecordType, Role, user_key

Row = tuple[Any, ...]

ROWS = 24
"""How many rows each table has at most: few, so that they refer to each other."""
ROUNDS = 2
REFERENCES = 3
"""The rows of other tables that they refer to are the first ones."""
TEXTS = (
    "",
    "a",
    "A",
    "Zoë",
    "zoë",
    "ßeta",
    "Straße 1",
    "9.50",
    "100",
    "9.5",
    "a_b%c",
    "ab!\x1fnotes",
    " ac ",
)
PATTERNS = ("%%", "%a%", "%zo%", "%!_%", "%!%%", "% ac %", "%é%")
NUMBERS = (-1_500_001, -7, 0, 1, 2, 3, 5, 8, 13, 10**9 + 7, 1_700_000_000_000)
LATE = 2_000_000_000_000
CHOICES: dict[str, Sequence[str | int]] = {
    "role": tuple(Role),
    "state": ("active", "frozen", "unlink_pending", "erased"),
    "timer_state": tuple(State),
    "unit": (Unit.CREDIT,),
    "issues": (0, 0, 1),
    "transfer_type": ("supply", "incoming", "transfer", "payment", "refund"),
    "conversion_type": ("credits2clock", "clock2credits", "incoming", "outgoing"),
    "cost": ("9.5", "9.50", "100", "0", "20.25", "0.001"),
    "currency": ("", "CHF", "EUR"),
    "tags": ("", " ac ", " ac db "),
    "entries.kind": tuple(EntryKind),
    "sheets.kind": tuple(RecordType),
    "login_records.kind": ("login", "logout"),
    "balances.amount": (0,),
    "postings.amount": tuple(number for number in NUMBERS if number),
    "stopped_at": (max(NUMBERS),),
}
"""What a column may have, if its constraints do not allow everything."""


OF_ONE_ROW = {"ewallets.balance_id", *(f"{kind}_records.entry_id" for kind in RecordType)}
"""Columns in which no two rows have the same, because statements find one row by it."""


def value_for(column: Column[Any], number: int, some: random.Random) -> Any:
    """A value of the column that its constraints allow, in the row of that number."""
    name, table = column.name, column.table.name
    if f"{table}.{name}" in OF_ONE_ROW or name == "id":
        return number
    if column.nullable and some.random() < (0.7 if name == "unlinked_at" else 0.3):
        return None
    choices = CHOICES.get(f"{table}.{name}", CHOICES.get(name))
    if choices is None and (column.foreign_keys or name.endswith("_id")):
        choices = range(1, REFERENCES + 1)
    if choices is None and isinstance(column.type, LargeBinary):
        return bytes([some.randrange(256), number])
    if choices is None:
        choices = NUMBERS if isinstance(column.type, BigInteger | Integer) else TEXTS
    value = some.choice(choices)
    return user_key(str(value)) if name.endswith("_key") else value


def fill(sqlite: sqlite3.Connection, driver: psycopg.Connection[Any], seed: int) -> None:
    """Put the same arbitrary rows into both databases, which have no others."""
    some = random.Random(seed)
    driver.execute("SET session_replication_role = replica")
    for table in schema.metadata.sorted_tables:
        names = ", ".join(column.name for column in table.c)
        for number in range(1, ROWS + 1):
            values = [value_for(column, number, some) for column in table.c]
            places = ", ".join("?" * len(values))
            # Some have the unique key of another one.
            sqlite.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({places})", values)
        for row in content(sqlite, table):
            places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
            driver.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", row)


def content(connection: Any, table: Table) -> list[Row]:
    names = ", ".join(column.name for column in table.c)
    return sorted(map(tuple, connection.execute(f"SELECT {names} FROM {table}").fetchall()), key=repr)


class Both:
    """A database of SQLite and one of PostgreSQL with the same rows."""

    def __init__(self, sqlite: Engine, driver: psycopg.Connection[Any]) -> None:
        self._dialects = (sqlite.dialect, DIALECT)
        self.sqlite, self.driver = own_connection(sqlite), driver
        self.sqlite.isolation_level = None

    def run(self, statement: Any, some: random.Random) -> tuple[list[Row], list[Row]]:
        """What the statement finds in both, with the same arbitrary values."""
        on_sqlite, on_postgresql = (compile_for(dialect, statement) for dialect in self._dialects)
        names = on_postgresql.positiontup or []
        types, _ = types_of(self.driver, str(on_postgresql))
        values = {name: argument(name, of, some) for name, of in zip(names, types, strict=True)}
        try:
            found = self.sqlite.execute(str(on_sqlite), bound(on_sqlite, values)).fetchall()
        except sqlite3.IntegrityError:
            with pytest.raises(psycopg.IntegrityError):
                self.driver.execute(str(on_postgresql), bound(on_postgresql, values))
            raise
        return found, fetch(self.driver.execute(str(on_postgresql), bound(on_postgresql, values)))

    def change(self, statement: Any, some: random.Random) -> tuple[Any, Any]:
        """What the statement returns in both, and the content of its table afterwards; it is undone."""
        connections = (self.sqlite, self.driver)
        for connection in connections:
            connection.execute("BEGIN")
        try:
            returned = self.run(statement, some)
            states = [content(connection, statement.table) for connection in connections]
        except sqlite3.IntegrityError:
            return None, None
        finally:
            for connection in connections:
                connection.execute("ROLLBACK")
        return (sorted(returned[0]), states[0]), (sorted(returned[1]), states[1])


def own_connection(engine: Engine) -> Any:
    pooled = engine.raw_connection()
    connection = pooled.driver_connection
    pooled.detach()
    return connection


def fetch(cursor: psycopg.Cursor[Any]) -> list[Row]:
    return cursor.fetchall() if cursor.description is not None else []


def argument(name: str, of: str, some: random.Random) -> Any:
    """A value for a parameter; of some, another than an arbitrary one finds more."""
    choices: Sequence[Any] = TEXTS if of in ("text", "varchar") else NUMBERS
    if of == "bytea":
        choices = [bytes([some.randrange(256), some.randint(1, ROWS)])]
    elif "pattern" in name or name.startswith("tag_"):
        choices = PATTERNS
    elif name in ("most", "skip", "others", "kept", "skipped"):
        choices = range(ROWS)
    elif name in ("since", "after"):
        choices = (min(NUMBERS), *NUMBERS)
    elif name in ("before", "until", "at", "now", "ahead"):
        choices = (LATE, LATE, *NUMBERS)
    elif name.endswith("_id"):
        choices = range(1, REFERENCES + 1)
    elif name in SMALL:
        choices = (0, 1)
    return some.choice(CHOICES.get(name, choices))


def key(row: Row) -> str:
    """What puts rows in one order, in which a condition is 0 or 1 as in SQLite."""
    return repr([int(value) if isinstance(value, bool) else value for value in row])


def bound(compiled: SQLCompiler, values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(
        values[name] if compiled.binds[name].required else compiled.params[name]
        for name in compiled.positiontup or []
    )


@pytest.fixture(scope="module")
def both(postgresql_server: PostgresqlServer) -> Iterator[Both]:
    sqlite = create_engine("sqlite://")
    schema.metadata.create_all(sqlite)
    with open_new_database(postgresql_server) as driver:
        opened = Both(sqlite, driver)
        fill(opened.sqlite, opened.driver, seed=1)
        yield opened
        opened.sqlite.close()


def compared_statements() -> dict[str, Executable]:
    return {
        name: statement
        for name, statement in all_statements().items()
        if not isinstance(statement, Insert)
        and "postgresql" not in name
        and not ONLY_SQLITE.search(str(statement))
    }


NOT_IN_FULL_ORDER = re.compile(
    r"verification\.costs\._PARTS|verification\.ownership\._LINES|wallets\._OWNED_BY"
)
"""Statements that leave open which of several faulty rows, or which kind of owned item, comes first."""


def compare(both: Both, name: str, statement: Executable, some: random.Random) -> bool:
    """Whether the statement found or changed something, which must be the same in both."""
    if isinstance(statement, Update | Delete):
        before = content(both.sqlite, statement.table)
        on_sqlite, on_postgresql = both.change(statement, some)
        did_something = on_sqlite != ([], before)
    else:
        on_sqlite, on_postgresql = both.run(statement, some)
        did_something = on_sqlite != []
        if not statement._order_by_clauses or NOT_IN_FULL_ORDER.match(name):
            on_sqlite, on_postgresql = sorted(on_sqlite, key=key), sorted(on_postgresql, key=key)
    assert on_sqlite == on_postgresql, f"{name}: {statement}"
    return did_something


def test_every_statement_finds_and_changes_the_same(both):
    compared = compared_statements()
    effective = [
        name
        for name, statement in compared.items()
        for number in range(ROUNDS)
        if compare(both, name, statement, random.Random(f"{name} {number}"))
    ]
    # The others only found nothing.
    assert len(set(effective)) > len(compared) // 2
