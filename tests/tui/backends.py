"""The two ways in which an app reaches its engine: in its own process, and over a server's two sockets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ewallet_core import EWalletSessionManager
from ewallet_core.client import EmbeddedClient
from ewallet_core.client.known_servers import KnownServers
from ewallet_core.client.remote import RemoteClient
from ewallet_core.wire.place import ServerPlace
from ewallet_tui.engines import Engines

OpenEngine = Callable[[], EWalletSessionManager]

both_backends = pytest.mark.parametrize("backend", ["embedded", "remote"], indirect=True)
"""For the tests of the main job: done in this process, and done over a server."""


def ask_system(engine: EWalletSessionManager, **instruction: Any) -> dict[str, Any]:
    answer = engine.answer({"controller": "system", "ctype": "action", **instruction})
    assert answer["failed"] is False, answer
    return answer


class Server:
    """A server on this machine, which can go away and come back at the same ports."""

    def __init__(self, open_engine: OpenEngine) -> None:
        self._open_engine = open_engine
        self._ports = {"in_port": 0, "out_port": 0}
        self.engine: EWalletSessionManager | None = None

    @property
    def place(self) -> ServerPlace:
        return ServerPlace("127.0.0.1", self._ports["in_port"], tls=False)

    def start(self) -> None:
        self.engine = self._open_engine()
        ask_system(self.engine, action="start", start="instruction_listener")
        opened = ask_system(self.engine, action="open", opening="sockets", **self._ports)
        self._ports = {name: opened[name] for name in self._ports}

    def stop(self) -> None:
        if self.engine is not None:
            self.engine.close()
            self.engine = None


class Backend:
    """Makes what an app reaches its engine by."""

    def __init__(self, kind: str) -> None:
        self.is_remote = kind == "remote"
        self._servers: list[Server] = []

    def engines(self, open_engine: OpenEngine, folder: Path) -> Engines:
        """For an app whose engine of this machine is that one, and no other server than those of the test."""
        known = KnownServers(folder / "known_servers")
        return Engines(
            lambda place: (
                EmbeddedClient(open_engine)
                if place is None
                else RemoteClient(place, known, randomness=lambda: 0.0)
            ),
            known,
        )

    def server(self, open_engine: OpenEngine) -> ServerPlace | None:
        """Where the app is to begin: at one server that runs that engine, or in its own process."""
        if not self.is_remote:
            return None
        if not self._servers:
            self._servers.append(Server(open_engine))
            self._servers[0].start()
        return self._servers[0].place

    def stop(self) -> None:
        for server in self._servers:
            server.stop()
