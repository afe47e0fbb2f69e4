"""Engines on real files, servers with real sockets, and clients of both."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from client_requests import OpenClient
from fakes import IN_MEMORY
from running_server import CHEAP, RunningServer, database_url_in
from wallet_checker import WalletChecker

from ewallet_core import EWalletSessionManager
from ewallet_core.client import EmbeddedClient, KnownServers, RemoteClient, WalletClient, embedded
from ewallet_core.protocol.address import ServerAddress, Servers

NOW = 1_790_000_000_000


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database, which tests copy because creating one takes too long."""
    folder = tmp_path_factory.mktemp("new")
    EWalletSessionManager(database_url_in(folder), clock=lambda: NOW, passwords=CHEAP).close()
    return next(folder.glob("*.sqlite3"))


@pytest.fixture
def database_url(new_database: Path) -> Iterator[str]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        shutil.copy(new_database, folder)
        yield database_url_in(Path(folder))


@pytest.fixture
def now() -> list[int]:
    return [NOW]


@pytest.fixture
def engine_of(database_url: str, now: list[int]) -> Callable[[], EWalletSessionManager]:
    return lambda: EWalletSessionManager(database_url, clock=lambda: now[0], passwords=CHEAP)


@pytest.fixture
def server(database_url: str, now: list[int], wallet_checker: WalletChecker) -> Iterator[RunningServer]:
    """A server whose ledger must verify after the test."""
    served = RunningServer(database_url, lambda: now[0])
    served.start()
    yield served
    served.stop()
    assert wallet_checker.violations(database_url) == []


@pytest.fixture
def remote(tmp_path: Path) -> Callable[..., RemoteClient]:
    """Create clients of the server at these ports."""

    def make(in_port: int, out_port: int | None = None, **choices: Any) -> RemoteClient:
        tls, http = choices.pop("tls", False), choices.pop("http", False)
        address = ServerAddress(choices.pop("host", "127.0.0.1"), in_port, out_port, tls=tls, http=http)
        known = choices.pop("known_servers", KnownServers(tmp_path / "known_servers"))
        # Without jitter, which gives the shortest waits.
        return RemoteClient(Servers((address,)), known, **{"randomness": lambda: 1.0, **choices})

    return make


@pytest.fixture
async def opened(server: RunningServer) -> AsyncIterator[Callable[[WalletClient], Awaitable[WalletClient]]]:
    """Open clients, which are closed after the test, before the server stops."""
    clients: list[WalletClient] = []

    async def open_one(client: WalletClient) -> WalletClient:
        clients.append(client)
        await client.open()
        return client

    yield open_one
    for client in clients:
        await client.close()


@pytest.fixture(params=["sockets", "http"])
def over(request: pytest.FixtureRequest) -> str:
    """How the clients reach the server; the test runs with both."""
    return str(request.param)


@pytest.fixture
def port(server: RunningServer, over: str) -> int:
    """The server's port for instructions, on its socket or over HTTP."""
    return server.http_port if over == "http" else server.ports[0]


@pytest.fixture
def reaching(remote: Callable[..., RemoteClient], over: str) -> Callable[..., RemoteClient]:
    """As `remote`, over sockets or HTTP."""
    return partial(remote, http=over == "http")


@pytest.fixture(params=["embedded", "sockets", "http"])
def open_client(
    request: pytest.FixtureRequest,
    server: RunningServer,
    remote: Callable[..., RemoteClient],
    opened: Callable[[WalletClient], Awaitable[WalletClient]],
    monkeypatch: pytest.MonkeyPatch,
) -> OpenClient:
    """Open another client of the same wallets; the test runs with each kind."""
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    if request.param == "embedded":
        engine_of = request.getfixturevalue("engine_of")
        return lambda: opened(EmbeddedClient(engine_of))
    if request.param == "http":
        return lambda: opened(remote(server.http_port, http=True))
    return lambda: opened(remote(server.ports[0]))


@pytest.fixture
async def client(open_client: OpenClient) -> WalletClient:
    return await open_client()
