"""Engines on real files that listen on real sockets, with a wall clock that tests move."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from database_file import faults_in
from engine_client import EngineClient
from engine_server import EngineServer
from fakes import CHEAP, Wallclock

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.server.limits import Limits
from ewallet_core.server.socket_listener import SocketListener

Serve = Callable[..., EngineServer]


@pytest.fixture(scope="session")
def new_wallet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as it is when it has just been made; making one anew for each test takes too long."""
    file = tmp_path_factory.mktemp("new") / "wallet.sqlite3"
    EWalletSessionManager(f"sqlite:///{file}", clock=Wallclock(), passwords=CHEAP).close()
    return file


@pytest.fixture
def wallet_file(tmp_path: Path, new_wallet_file: Path) -> Path:
    return Path(shutil.copy(new_wallet_file, tmp_path))


@pytest.fixture
def wallclock() -> Wallclock:
    return Wallclock()


@pytest.fixture
def serve(wallet_file: Path, wallclock: Wallclock) -> Iterator[Serve]:
    """Serves the wallet file with the limits that a test names; its ledger is in order at the end."""
    served: list[EngineServer] = []

    def serve_one(
        *, limits: dict[str, Any] | None = None, tls: tuple[Any, Any] = (None, None), **choices: Any
    ) -> EngineServer:
        engine = EWalletSessionManager(
            f"sqlite:///{wallet_file}",
            **{"clock": wallclock, "passwords": CHEAP, "config": EngineConfig(self_supply=True), **choices},
        )
        theirs, ours = tls
        listener = SocketListener(engine, tls=theirs, limits=Limits(**(limits or {})))
        engine.listen_through(listener)
        served.append(EngineServer(engine, listener, ours))
        listener.open(0, 0)
        return served[-1]

    yield serve_one
    for one in served:
        one.stop()
    assert faults_in(wallet_file) == []


@pytest.fixture
def server(serve: Serve) -> EngineServer:
    """A server with the limits that it has unless it is told others."""
    return serve()


@pytest.fixture
def ada(server: EngineServer) -> EngineClient:
    """Connected, and logged in with an empty wallet."""
    return server.user("ada")


@pytest.fixture
def bob(server: EngineServer) -> EngineClient:
    """Another person, on another connection."""
    return server.user("bob")
