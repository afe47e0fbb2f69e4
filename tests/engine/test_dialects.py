"""Every statement and every table compiles for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from storage_statements import storage_modules

from ewallet_core.storage import schema
from ewallet_core.storage.journal import entries
from ewallet_core.storage.rows import Rows
from ewallet_core.storage.transaction import Statements

SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect(paramstyle="format")
each_dialect = pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=lambda dialect: dialect.name)


def statements_in(value: object) -> Iterator[Executable]:
    if isinstance(value, Executable):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from statements_in(part)
    elif isinstance(value, Rows):
        yield from plain_statements_of(value)
        for own in vars(value).values():
            yield from statements_in(own)


def plain_statements_of(kept: Rows) -> Iterator[Executable]:
    names = kept.table.c.keys()
    yield from (kept._select(*names), kept._insert(*names), kept._delete(*names))
    if "id" in kept.table.c:
        yield kept._update(*names)


@each_dialect
@pytest.mark.parametrize("module", storage_modules(), ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_statement_compiles(module, dialect):
    compiled = Statements(dialect)
    for value in vars(module).values():
        for statement in statements_in(value):
            assert compiled[statement].sql


def test_an_inserted_row_returns_its_id_where_the_cursor_does_not_know_it():
    insert = entries._insert("kind", "at")
    on_sqlite, on_postgresql = (Statements(dialect)[insert] for dialect in (SQLITE, POSTGRESQL))
    assert (on_sqlite.returns_key, "RETURNING" in on_sqlite.sql) == (False, False)
    assert (on_postgresql.returns_key, "RETURNING" in on_postgresql.sql) == (True, True)


def test_many_statements_are_found():
    found = [list(statements_in(value)) for module in storage_modules() for value in vars(module).values()]
    assert sum(map(len, found)) > 50


@each_dialect
@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=str)
def test_every_table_compiles(table, dialect):
    assert str(CreateTable(table).compile(dialect=dialect))
    assert all(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
