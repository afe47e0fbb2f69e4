"""Statements as PostgreSQL gets them, and what it finds out about them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from typing import Any

import psycopg
from postgresql_server import PostgresqlServer
from sqlalchemy import Dialect, Executable, make_url
from sqlalchemy.sql.compiler import SQLCompiler

from ewallet_core.storage.postgresql.engine import connect, create_dialect
from ewallet_core.storage.postgresql.migration import migrate
from ewallet_core.storage.postgresql.url import read_target

DIALECT = create_dialect()

ONLY_SQLITE = re.compile("PRAGMA|sqlite_master|typeof|json_valid")
"""What is in statements that ask SQLite about its file."""

SMALL = {"issues", "of_session"}
"""Parameters that are 0 or 1."""


@contextlib.contextmanager
def open_new_database(server: PostgresqlServer) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a new database with all tables, without rows."""
    target = read_target(make_url(server.url(server.new_database())))
    migrate(target)
    with closing(connect(target)) as driver:
        yield driver


@cache
def compile_for(dialect: Dialect, statement: Executable) -> SQLCompiler:
    found = statement.compile(dialect=dialect)
    assert isinstance(found, SQLCompiler)
    return found


def types_of(driver: psycopg.Connection[Any], sql: str) -> tuple[list[str], list[str]]:
    """The types of the statement's parameters and of its results, found out from the statement alone."""
    prepared = driver.pgconn.prepare(b"", sql.encode())
    assert not prepared.error_message, f"{prepared.error_message.decode()}{sql}"
    found = driver.pgconn.describe_prepared(b"")
    types = driver.adapters.types
    parameters = [types[found.param_type(number)].name for number in range(found.nparams)]
    return parameters, [types[found.ftype(number)].name for number in range(found.nfields)]
