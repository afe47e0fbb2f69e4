"""A database of a test server: its URL for each role, and what the administrator sees in it."""

from __future__ import annotations

from contextlib import closing
from itertools import count
from typing import Any

import psycopg
from postgresql_server import ADMINISTRATOR, PostgresqlServer

from ewallet_core.storage import migrations
from ewallet_core.storage.database_url import parse_url
from ewallet_core.storage.postgresql.engine import create_migration_engine
from ewallet_core.storage.postgresql.migration import connect_prepared
from ewallet_core.storage.postgresql.requirements import PostgresqlFacts
from ewallet_core.storage.postgresql.url import PostgresqlTarget, read_target
from ewallet_core.storage.schema_version import SCHEMA_VERSION

_NUMBERS = count(1)


def make_role(server: PostgresqlServer) -> str:
    name = f"role_{next(_NUMBERS)}"
    server.execute(f"CREATE ROLE {name} LOGIN")
    return name


def prepare(target: PostgresqlTarget) -> PostgresqlFacts:
    """What is there once the tables were created or upgraded, if that was needed."""
    connection, facts = connect_prepared(target)
    connection.close()
    return facts


class NewDatabase:
    def __init__(self, server: PostgresqlServer, name: str) -> None:
        self.server = server
        self.name = name

    def url(self, user: str = ADMINISTRATOR, **query: str) -> str:
        return self.server.url(self.name, user, **query)

    def target(self, user: str = ADMINISTRATOR, **query: str) -> PostgresqlTarget:
        return read_target(parse_url(self.url(user, **query)))

    def execute(self, statement: str, *values: object, user: str = ADMINISTRATOR) -> list[tuple[Any, ...]]:
        """The rows of a statement, on a connection of its own."""
        with closing(psycopg.connect(self.server.conninfo(self.name, user), autocommit=True)) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description is not None else []

    def run_migrations(self, version: str = SCHEMA_VERSION) -> None:
        """Create or upgrade the tables by the migrations alone, up to that version."""
        engine = create_migration_engine(self.target())
        with engine.begin() as connection:
            migrations.upgrade(connection, version)
        engine.dispose()

    def drop(self) -> None:
        self.server.drop_database(self.name)
