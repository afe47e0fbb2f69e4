"""A database at PostgreSQL with all kinds of content, of which tests take copies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from changed_content import fill
from database_file import find_violations
from fakes import CHEAP, Wallclock
from new_database import NewDatabase
from postgresql_server import PostgresqlServer
from replication import wait_until

from ewallet_core import EWalletSessionManager
from ewallet_core.storage.read_only import open_read_only

UNSEALED = "SELECT count(*) FROM entries WHERE id NOT IN (SELECT entry_id FROM seals)"


def fill_database(server: PostgresqlServer) -> NewDatabase:
    """A new database with all kinds of content, whose entries are sealed; nothing uses it."""
    database = NewDatabase(server, server.new_database())
    wallclock = Wallclock()
    with EWalletSessionManager(database.url(), clock=wallclock, passwords=CHEAP) as engine:
        fill(engine, wallclock)
        wait_until(lambda: database.execute(UNSEALED) == [(0,)])
    wait_until(lambda: _connections_to(database) == 0)
    return database


def _connections_to(database: NewDatabase) -> int:
    found = database.server.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", database.name)
    return int(found[0][0])


@contextmanager
def copy_of(filled: NewDatabase) -> Iterator[NewDatabase]:
    made = NewDatabase(filled.server, filled.server.new_database(template=filled.name))
    yield made
    made.drop()


@contextmanager
def without_constraints(database: NewDatabase) -> Iterator[psycopg.Connection[Any]]:
    """A connection whose changes no trigger and no foreign key refuses."""
    place = database.server.conninfo(database.name)
    with closing(psycopg.connect(place, autocommit=True)) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


def violations_at(database: NewDatabase, **url: Any) -> list[str]:
    with open_read_only(database.url(**url)) as transaction:
        return find_violations(transaction)
