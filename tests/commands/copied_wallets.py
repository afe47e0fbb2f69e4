"""Wallets to be copied, what their databases hold, and engines on the copies."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from click.testing import CliRunner, Result
from invoked import new_wallet
from postgresql_server import PostgresqlServer
from used_wallet import use

from ewallet_core.storage import schema
from ewallet_tui.__main__ import main

Content = dict[str, list[tuple[Any, ...]]]
"""All rows of all tables, in the order of their keys."""


def copy(source: object, target: object, *options: str) -> Result:
    return CliRunner().invoke(main, ["copy", "--from", str(source), "--to", str(target), *options])


def verify(url: object) -> Result:
    return CliRunner().invoke(main, ["verify", "--database", str(url)])


def sqlite_url(file: Path) -> str:
    return f"sqlite:///{file}"


def new_wallet_file(folder: Path) -> Path:
    """The file of a wallet with something in most tables, also in those of sessions."""
    use(new_wallet(folder))
    return folder / "wallet.sqlite3"


def content_of_file(file: Path) -> Content:
    with closing(sqlite3.connect(file)) as connection:
        return {name: connection.execute(query).fetchall() for name, query in _queries()}


def content_of_database(conninfo: str) -> Content:
    with psycopg.connect(conninfo) as connection:
        return {name: connection.execute(query.encode()).fetchall() for name, query in _queries()}


def _queries() -> Iterator[tuple[str, str]]:
    for table in schema.metadata.sorted_tables:
        columns, key = (
            ", ".join(f'"{column.name}"' for column in part) for part in (table.columns, table.primary_key)
        )
        yield table.name, f"SELECT {columns} FROM {table.name} ORDER BY {key}"


def tables_in(conninfo: str) -> int:
    """How many tables the database has, whatever they hold."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        assert row is not None
        return int(row[0])


@contextmanager
def new_database(server: PostgresqlServer, template: str = "template0") -> Iterator[str]:
    """The name of a copy of the template, which is dropped at the end; without any, it is empty."""
    name = server.new_database(template)
    try:
        yield name
    finally:
        server.drop_database(name)
