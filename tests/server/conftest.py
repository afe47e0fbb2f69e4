"""Engines on real databases with real sockets, and a wall clock that tests move."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from engine_client import EngineClient
from engine_server import EngineServer
from fakes import CHEAP, Wallclock
from wallet_checker import WalletChecker

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.server.certificates import create_server_context, ensure_self_signed
from ewallet_core.server.limits import Limits
from ewallet_core.server.log import RequestLog
from ewallet_core.server.settings import HttpSettings
from ewallet_core.server.socket_listener import SocketListener

Serve = Callable[..., EngineServer]


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The TLS contexts of a server and of its clients."""
    now = datetime.now(UTC)
    certificate, key = ensure_self_signed(Path(tmp_path_factory.mktemp("tls")), "127.0.0.1", now)
    theirs = ssl.create_default_context(cafile=str(certificate))
    return create_server_context(certificate, key, now), theirs


@pytest.fixture
def wallclock() -> Wallclock:
    return Wallclock()


@pytest.fixture
def serve(wallet_url: str, wallclock: Wallclock, wallet_checker: WalletChecker) -> Iterator[Serve]:
    """Start a server of the wallet with the given limits; its ledger must verify at the end."""
    served: list[EngineServer] = []

    def serve_one(
        *,
        limits: dict[str, Any] | None = None,
        tls: tuple[Any, Any] = (None, None),
        trusted_proxies: Sequence[str] = (),
        http: HttpSettings | None = None,
        request_log: RequestLog | None = None,
        **choices: Any,
    ) -> EngineServer:
        engine = EWalletSessionManager(
            wallet_url,
            **{"clock": wallclock, "passwords": CHEAP, "config": EngineConfig(self_supply=True), **choices},
        )
        server_context, ours = tls
        listener = SocketListener(
            engine, tls=server_context, limits=Limits(**(limits or {})), trusted_proxies=trusted_proxies
        )
        listener.request_log = request_log
        engine.listen_through(listener)
        served.append(EngineServer(engine, listener, ours))
        listener.open(0, 0)
        if http is not None:
            served[-1].http_port = listener.open_http(0, http)
        return served[-1]

    yield serve_one
    for one in served:
        one.stop()
    assert wallet_checker.violations(wallet_url) == []


@pytest.fixture
def server(serve: Serve) -> EngineServer:
    """A server with the default limits."""
    return serve()


@pytest.fixture
def http_server(serve: Serve) -> EngineServer:
    """A server with the default limits that serves HTTP too."""
    return serve(http=HttpSettings())


@pytest.fixture(params=["event port", "server-sent events"])
def event_server(serve: Serve, request: pytest.FixtureRequest) -> EngineServer:
    """A server whose events are read from the event port, and then over HTTP."""
    return serve(http=None if request.param == "event port" else HttpSettings())


@pytest.fixture
def ada(server: EngineServer) -> EngineClient:
    """Ada, connected and logged in, with an empty wallet."""
    return server.user("ada")


@pytest.fixture
def bob(server: EngineServer) -> EngineClient:
    """Another user, on another connection."""
    return server.user("bob")
