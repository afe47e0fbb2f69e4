"""New databases of the test server, roles in it, and engines and servers that share one wallet there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from engine_server import EngineServer
from fakes import CHEAP
from new_database import NewDatabase, make_role
from postgresql_server import PostgresqlServer

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.server.settings import HttpSettings
from ewallet_core.server.socket_listener import SocketListener
from ewallet_core.storage.postgresql import maintenance

OpenEngine = Callable[..., EWalletSessionManager]
Serve = Callable[..., EngineServer]


@pytest.fixture
def database(postgresql_server: PostgresqlServer) -> Iterator[NewDatabase]:
    """A new, empty database."""
    made = NewDatabase(postgresql_server, postgresql_server.new_database())
    yield made
    made.drop()


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


@pytest.fixture
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """The maintenance of an engine looks more often than usual when it knows of nothing to do."""
    monkeypatch.setattr(maintenance, "IDLE_SECONDS", 0.2)


@pytest.fixture
def shared_database(postgresql_server: PostgresqlServer, wallet_template: str) -> Iterator[str]:
    """The name of a database with a new wallet."""
    name = postgresql_server.new_database(wallet_template)
    yield name
    postgresql_server.drop_database(name)


@pytest.fixture
def shared_url(postgresql_server: PostgresqlServer, shared_database: str) -> str:
    return postgresql_server.url(shared_database)


@pytest.fixture
def open_engine(shared_url: str) -> Iterator[OpenEngine]:
    """Open an engine on the shared wallet; several at a time are possible."""
    opened: list[EWalletSessionManager] = []

    def open_one(**choices: Any) -> EWalletSessionManager:
        usual = {"passwords": CHEAP, "config": EngineConfig(self_supply=True)}
        opened.append(EWalletSessionManager(shared_url, **{**usual, **choices}))
        return opened[-1]

    yield open_one
    for engine in opened:
        engine.close()


@pytest.fixture
def serve(open_engine: OpenEngine) -> Iterator[Serve]:
    """Start a server of the shared wallet, with the choices of its engine."""
    served: list[EngineServer] = []

    def serve_one(*, http: bool = False, **choices: Any) -> EngineServer:
        engine = open_engine(**choices)
        listener = SocketListener(engine)
        engine.listen_through(listener)
        served.append(EngineServer(engine, listener))
        listener.open(0, 0)
        if http:
            served[-1].http_port = listener.open_http(0, HttpSettings())
        return served[-1]

    yield serve_one
    for one in served:
        one.stop()
