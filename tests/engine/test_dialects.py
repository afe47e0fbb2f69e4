"""Every statement and every table compiles for SQLite and PostgreSQL."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import pytest
from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

import ewallet_core.storage
from ewallet_core.storage import schema
from ewallet_core.storage.rows import Rows

each_dialect = pytest.mark.parametrize(
    "dialect", [sqlite.dialect(), postgresql.dialect()], ids=lambda dialect: dialect.name
)


def storage_modules() -> list[ModuleType]:
    found = pkgutil.walk_packages(ewallet_core.storage.__path__, "ewallet_core.storage.")
    names = [module.name for module in found if not module.ispkg and ".migrations." not in module.name]
    return [importlib.import_module(name) for name in names]


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
    for value in vars(module).values():
        for statement in statements_in(value):
            assert str(statement.compile(dialect=dialect))


def test_many_statements_are_found():
    found = [list(statements_in(value)) for module in storage_modules() for value in vars(module).values()]
    assert sum(map(len, found)) > 50


@each_dialect
@pytest.mark.parametrize("table", schema.metadata.sorted_tables, ids=str)
def test_every_table_compiles(table, dialect):
    assert str(CreateTable(table).compile(dialect=dialect))
    assert all(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes)
