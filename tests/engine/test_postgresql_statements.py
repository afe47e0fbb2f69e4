"""PostgreSQL prepares every statement of the storage, and knows the types of all its values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from postgresql_server import PostgresqlServer
from sqlalchemy import Engine, Executable, make_url
from sqlalchemy.sql.compiler import SQLCompiler
from storage_statements import all_statements

from ewallet_core.storage import schema
from ewallet_core.storage.postgresql.engine import create_engine_for
from ewallet_core.storage.postgresql.url import read_target

STATEMENTS = all_statements()
# They ask SQLite about its file.
ONLY_SQLITE = re.compile("PRAGMA|sqlite_master|typeof|json_valid")
LARGE = {"int8", "text", "varchar", "bytea"}
TYPES = LARGE | {"int4"}


@pytest.fixture(scope="module")
def engine(postgresql_server: PostgresqlServer) -> Iterator[Engine]:
    url = postgresql_server.url(postgresql_server.new_database())
    engine = create_engine_for(read_target(make_url(url)))
    with engine.begin() as connection:
        schema.metadata.create_all(connection)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def driver(engine: Engine) -> Iterator[psycopg.Connection[Any]]:
    with engine.raw_connection() as connection:
        yield connection.driver_connection


def compiled(engine: Engine, statement: Executable) -> SQLCompiler:
    found = statement.compile(dialect=engine.dialect)
    assert isinstance(found, SQLCompiler)
    return found


def described(driver: psycopg.Connection[Any], sql: str) -> tuple[list[str], list[str]]:
    """The types of the statement's parameters and of its results, found out from the statement alone."""
    prepared = driver.pgconn.prepare(b"", sql.encode())
    assert not prepared.error_message, f"{prepared.error_message.decode()}{sql}"
    found = driver.pgconn.describe_prepared(b"")
    types = driver.adapters.types
    parameters = [types[found.param_type(number)].name for number in range(found.nparams)]
    return parameters, [types[found.ftype(number)].name for number in range(found.nfields)]


SMALL = {"issues", "of_session"}
"""Parameters that are 0 or 1."""


def test_postgresql_knows_the_types_of_all_values(engine, driver):
    for name, statement in STATEMENTS.items():
        sql = compiled(engine, statement)
        if ONLY_SQLITE.search(str(sql)):
            continue
        parameters, results = described(driver, str(sql))
        names = sql.positiontup or []
        assert len(parameters) == len(names), name
        for parameter, found in zip(names, parameters, strict=True):
            is_large = sql.binds[parameter].required and parameter not in SMALL
            assert found in (LARGE if is_large else TYPES), f"{parameter} in {name}"
        assert set(results) <= TYPES | {"bool"}, name


def test_a_value_of_unknown_type_is_detected(driver):
    with pytest.raises(AssertionError, match="operator is not unique"):
        described(driver, "SELECT $1 + $2")
    assert described(driver, "SELECT sum($1 + 1::bigint)") == (["int8"], ["numeric"])
    assert described(driver, "SELECT $1 + 1") == (["int4"], ["int4"])


def test_only_what_asks_sqlite_about_its_file_is_left_out(engine):
    left_out = [
        name for name, statement in STATEMENTS.items() if ONLY_SQLITE.search(str(compiled(engine, statement)))
    ]
    assert {name.partition(" ")[0] for name in left_out} == {
        "retention._GIVE_BACK_ONE",
        "verification.accounts._FAULTY",
        "verification.values._FOREIGN_KEYS",
        "verification.values._INTEGRITY",
        "verification.values._MADE_OBJECTS",
        "verification.values._TABLES",
    }
