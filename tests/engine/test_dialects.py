"""Every statement and every table compiles for SQLite and PostgreSQL."""

from __future__ import annotations

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from storage_statements import all_statements

from ewallet_core.storage import schema
from ewallet_core.storage.journal import entries
from ewallet_core.storage.transaction import Statements

SQLITE, POSTGRESQL = sqlite.dialect(), postgresql.dialect(paramstyle="format")
STATEMENTS = all_statements()
each_dialect = pytest.mark.parametrize("dialect", [SQLITE, POSTGRESQL], ids=lambda dialect: dialect.name)


@each_dialect
def test_every_statement_compiles(dialect):
    compiled = Statements(dialect)
    for name, statement in STATEMENTS.items():
        assert compiled[statement].sql, name


def test_an_inserted_row_returns_its_id_where_the_cursor_does_not_know_it():
    insert = entries._insert("kind", "at")
    on_sqlite, on_postgresql = (Statements(dialect)[insert] for dialect in (SQLITE, POSTGRESQL))
    assert (on_sqlite.returns_key, "RETURNING" in on_sqlite.sql) == (False, False)
    assert (on_postgresql.returns_key, "RETURNING" in on_postgresql.sql) == (True, True)


def test_a_row_whose_id_is_not_needed_returns_none():
    for dialect in (SQLITE, POSTGRESQL):
        added = Statements(dialect)[entries._add("kind", "at")]
        assert (added.returns_key, "RETURNING" in added.sql) == (False, False)


def test_many_statements_are_found():
    assert len(STATEMENTS) > 500


@each_dialect
@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=str)
def test_every_table_compiles(table, dialect):
    assert str(CreateTable(table).compile(dialect=dialect))
    assert all(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
