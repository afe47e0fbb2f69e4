"""The two ways in which an app reaches its engine: in its own process, and over a server's two sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ewallet_core import EWalletSessionManager
from ewallet_core.client import EmbeddedClient
from ewallet_core.client.remote import RemoteClient
from ewallet_core.client.trust import KnownServers
from ewallet_core.protocol.address import ServerAddress, Servers
from ewallet_core.server.certificates import create_server_context, ensure_self_signed
from ewallet_core.server.settings import HttpSettings
from ewallet_core.server.socket_listener import SocketListener
from ewallet_tui.connection import Backends

OpenEngine = Callable[[], EWalletSessionManager]

both_backends = pytest.mark.parametrize("kind_of_backend", ["embedded", "remote"])
"""For the tests of the main job: done in this process, and done over a server."""
over_a_server = pytest.mark.parametrize("kind_of_backend", ["remote"])
"""For the tests of what many others do in this process already."""


def ask_system(engine: EWalletSessionManager, **instruction: Any) -> dict[str, Any]:
    answer = engine.answer({"controller": "system", "ctype": "action", **instruction})
    assert answer["failed"] is False, answer
    return answer


class Server:
    """A server on this machine, which can go away and come back at the same ports.

    With `certificates`, a folder, it is reached over TLS by the certificate that it makes and keeps there;
    with `http` as well, it is reached over HTTP.
    """

    def __init__(
        self, open_engine: OpenEngine, certificates: Path | None = None, *, http: bool = False
    ) -> None:
        self.certificates = certificates
        self._http = http
        self._http_port = 0
        self._open_engine = open_engine
        self._ports = {"in_port": 0, "out_port": 0}
        self._running = ExitStack()

    @property
    def place(self) -> Servers:
        port = self._http_port if self._http else self._ports["in_port"]
        return Servers(
            (ServerAddress("127.0.0.1", port, tls=self.certificates is not None, http=self._http),)
        )

    def start(self) -> None:
        engine = self._running.enter_context(self._open_engine())
        if self.certificates is not None:
            now = datetime.now(UTC)
            tls = create_server_context(*ensure_self_signed(self.certificates, "127.0.0.1", now), now)
            listener = SocketListener(engine, tls=tls)
            engine.listen_through(listener)
            self._running.callback(listener.stop)
            if self._http:
                self._http_port = listener.open_http(self._http_port, HttpSettings())
        ask_system(engine, action="start", start="instruction_listener")
        opened = ask_system(engine, action="open", opening="sockets", **self._ports)
        self._ports = {name: opened[name] for name in self._ports}

    def stop(self) -> None:
        self._running.close()


class Backend:
    """What the apps of a test reach their engine by: all of them the same, in the same way."""

    def __init__(self, kind: str, open_engine: OpenEngine, folder: Path) -> None:
        self.open_engine = open_engine
        self._folder = folder
        self._server = Server(open_engine) if kind == "remote" else None

    @property
    def server(self) -> Servers | None:
        """Where the app is to begin: at a server that runs the engine, or in its own process."""
        return self._server and self._server.place

    @property
    def backends(self) -> Backends:
        """For an app whose own engine is the same as the server's."""
        known = KnownServers(self._folder / "known_servers")

        def client_at(place: Servers | None) -> EmbeddedClient | RemoteClient:
            if place is None:
                return EmbeddedClient(self.open_engine, for_a_person=True)
            return RemoteClient(place, known, randomness=lambda: 1.0)

        return Backends(client_at, known)

    def start(self) -> None:
        if self._server is not None:
            self._server.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()


@contextmanager
def started(kind: str, open_engine: OpenEngine, folder: Path) -> Iterator[Backend]:
    backend = Backend(kind, open_engine, folder)
    backend.start()
    yield backend
    backend.stop()
