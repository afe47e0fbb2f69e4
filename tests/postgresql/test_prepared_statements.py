"""PostgreSQL prepares every statement of the storage, and knows the types of all its values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from postgresql_server import PostgresqlServer
from postgresql_statements import DIALECT, ONLY_SQLITE, SMALL, compile_for, open_new_database, types_of
from storage_statements import all_statements

from ewallet_core.storage.postgresql.pipeline import PipelinedConnection

STATEMENTS = all_statements()
LARGE = {"int8", "text", "varchar", "bytea"}
TYPES = LARGE | {"int4"}


@pytest.fixture(scope="module")
def driver(postgresql_server: PostgresqlServer) -> Iterator[psycopg.Connection[Any]]:
    with open_new_database(postgresql_server) as opened:
        yield opened


def test_postgresql_knows_the_types_of_all_values(driver):
    for name, statement in STATEMENTS.items():
        sql = compile_for(DIALECT, statement)
        if ONLY_SQLITE.search(str(sql)):
            continue
        parameters, results = types_of(driver, str(sql))
        if name.startswith("postgresql."):
            # PostgreSQL's own have other types too.
            continue
        names = sql.positiontup or []
        assert len(parameters) == len(names), name
        for parameter, found in zip(names, parameters, strict=True):
            is_large = sql.binds[parameter].required and parameter not in SMALL
            assert found in (LARGE if is_large else TYPES), f"{parameter} in {name}"
        assert set(results) <= TYPES | {"bool"}, name


def test_a_value_of_unknown_type_is_detected(driver):
    with pytest.raises(AssertionError, match="operator is not unique"):
        types_of(driver, "SELECT $1 + $2")
    assert types_of(driver, "SELECT sum($1 + 1::bigint)") == (["int8"], ["numeric"])
    assert types_of(driver, "SELECT $1 + 1") == (["int4"], ["int4"])


def test_a_nul_is_refused_before_it_cuts_a_text(driver):
    connection = PipelinedConnection(driver)
    for text in ("nul\0", "\0", "a\0b"):
        with pytest.raises(psycopg.DataError, match="NUL"), connection.pipeline():
            connection.execute("SELECT $1::text", (text,))
    with connection.pipeline():
        assert connection.execute("SELECT $1::text", ("whole",)).fetchone() == ("whole",)


def test_only_what_asks_sqlite_about_its_file_is_left_out():
    left_out = [
        name
        for name, statement in STATEMENTS.items()
        if ONLY_SQLITE.search(str(compile_for(DIALECT, statement)))
    ]
    assert {name.partition(" ")[0] for name in left_out} == {
        "retention._GIVE_BACK_ONE",
        "verification.accounts._WITHOUT_JSON",
        "verification.sqlite._FOREIGN_KEYS",
        "verification.sqlite._INTEGRITY",
        "verification.sqlite._MADE_OBJECTS",
        "verification.values._IN_SQLITE",
    }
