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
from ewallet_core.storage.postgresql.pipeline import DriverConnection
from ewallet_core.storage.postgresql.read_only import PlainConnection
from ewallet_core.storage.postgresql.transaction import PostgresqlTransaction
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.transaction import Statements, Transaction
from ewallet_core.storage.verification import Check, run_checks

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


class Undone:
    """A database in a transaction, in which the checks see what was changed, and which is rolled back.

    A copy of the database for each change would take several times as long.
    """

    def __init__(self, driver: DriverConnection, statements: Statements) -> None:
        self._driver = driver
        self._statements = statements

    def execute(self, statement: str) -> int:
        """How many rows the statement has changed or returned."""
        return self._driver.execute(statement.encode()).rowcount

    def violations(self) -> list[str]:
        return find_violations(self._transaction())

    def lines(self) -> list[str]:
        return lines_in(self._transaction())

    def _transaction(self) -> PostgresqlTransaction:
        return PostgresqlTransaction(PlainConnection(self._driver), self._statements, writes=False)


@contextmanager
def undone(driver: DriverConnection, statements: Statements) -> Iterator[Undone]:
    """Within it, no trigger and no foreign key refuses a change."""
    driver.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    driver.execute("SET LOCAL session_replication_role = replica")
    try:
        yield Undone(driver, statements)
    finally:
        driver.execute("ROLLBACK")


def lines_in(transaction: Transaction) -> list[str]:
    """What the checks have looked at."""
    return [finding.line for finding in run_checks(transaction) if isinstance(finding, Check)]


def violations_at(database: NewDatabase, **url: Any) -> list[str]:
    with open_read_only(database.url(**url)) as transaction:
        return find_violations(transaction)
