"""Engines on real files, servers of them on real sockets, and clients of both."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from running_server import CHEAP, RunningServer, database_url_in, lies_in

from ewallet_core import EWalletSessionManager
from ewallet_core.client import EmbeddedClient, KnownServers, RemoteClient, WalletClient, embedded
from ewallet_core.protocol.address import ServerAddress

OpenClient = Callable[..., Awaitable[WalletClient]]


@pytest.fixture(scope="session")
def new_wallet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as it is when it has just been made; making one anew for each test takes too long."""
    folder = tmp_path_factory.mktemp("new")
    EWalletSessionManager(database_url_in(folder), passwords=CHEAP).close()
    return next(folder.glob("*.sqlite3"))


@pytest.fixture
def database_url(tmp_path: Path, new_wallet: Path) -> str:
    shutil.copy(new_wallet, tmp_path)
    return database_url_in(tmp_path)


@pytest.fixture
def now() -> list[int]:
    return [1_790_000_000_000]


@pytest.fixture
def engine_of(database_url: str, now: list[int]) -> Callable[[], EWalletSessionManager]:
    return lambda: EWalletSessionManager(database_url, clock=lambda: now[0], passwords=CHEAP)


@pytest.fixture
def server(database_url: str, now: list[int]) -> Iterator[RunningServer]:
    """A server whose ledger is in order when the test is over, whatever has come between."""
    served = RunningServer(database_url, lambda: now[0])
    served.start()
    yield served
    served.stop()
    assert lies_in(database_url) == []


@pytest.fixture
def remote(tmp_path: Path) -> Callable[..., RemoteClient]:
    """Makes clients of the server at these ports."""

    def makes(in_port: int, out_port: int | None = None, **choices: Any) -> RemoteClient:
        tls = choices.pop("tls", False)
        place = ServerAddress(choices.pop("host", "127.0.0.1"), in_port, out_port, tls=tls)
        known = choices.pop("known_servers", KnownServers(tmp_path / "known_servers"))
        # As quick to try again as it gets.
        return RemoteClient(place, known, **{"randomness": lambda: 1.0, **choices})

    return makes


@pytest.fixture
async def opened(server: RunningServer) -> AsyncIterator[Callable[[WalletClient], Awaitable[WalletClient]]]:
    """Opens clients, and closes them when the test is over, before the server stops."""
    clients: list[WalletClient] = []

    async def opens(client: WalletClient) -> WalletClient:
        clients.append(client)
        await client.open()
        return client

    yield opens
    for client in clients:
        await client.close()


@pytest.fixture(params=["embedded", "remote"])
def open_client(
    request: pytest.FixtureRequest,
    server: RunningServer,
    remote: Callable[..., RemoteClient],
    opened: Callable[[WalletClient], Awaitable[WalletClient]],
    monkeypatch: pytest.MonkeyPatch,
) -> OpenClient:
    """Opens another client of the same wallets, of either kind."""
    monkeypatch.setattr(embedded, "EVENT_INTERVAL_SECONDS", 0.01)
    if request.param == "embedded":
        engine_of = request.getfixturevalue("engine_of")
        return lambda: opened(EmbeddedClient(engine_of))
    return lambda: opened(remote(server.ports[0]))


@pytest.fixture
async def client(open_client: OpenClient) -> WalletClient:
    return await open_client()
