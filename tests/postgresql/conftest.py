"""New databases of the test server, and roles in it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from new_database import NewDatabase
from postgresql_server import PostgresqlServer

_NUMBERS = count(1)


@pytest.fixture
def database(postgresql_server: PostgresqlServer) -> Iterator[NewDatabase]:
    """A new, empty database."""
    made = NewDatabase(postgresql_server, postgresql_server.new_database())
    yield made
    made.drop()


def make_role(server: PostgresqlServer) -> str:
    name = f"role_{next(_NUMBERS)}"
    server.execute(f"CREATE ROLE {name} LOGIN")
    return name


@pytest.fixture
def owner(postgresql_server: PostgresqlServer, database: NewDatabase) -> str:
    """A role that owns the database, and is no superuser."""
    name = make_role(postgresql_server)
    postgresql_server.execute(f"ALTER DATABASE {database.name} OWNER TO {name}")
    return name


@pytest.fixture
def server_role(postgresql_server: PostgresqlServer) -> str:
    """A role that owns nothing."""
    return make_role(postgresql_server)
