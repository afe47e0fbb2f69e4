"""An engine behind its two sockets, in the process of the test, and those who connect to it."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass, field
from typing import Any

from engine_client import EngineClient
from socket_wire import PATIENCE_SECONDS, Wire

from ewallet_core import EWalletSessionManager
from ewallet_core.server.socket_listener import SocketListener

VIEW_SOCKETS = {"controller": "client", "ctype": "action", "action": "view", "view": "sockets"}


@dataclass
class EngineServer:
    """An engine, what it listens through, and the connections that a test has made to it."""

    engine: EWalletSessionManager
    listener: SocketListener
    tls: ssl.SSLContext | None = None
    wires: list[Wire] = field(default_factory=list)

    @property
    def ports(self) -> tuple[int, int]:
        ports = self.listener.ports
        assert ports is not None
        return ports

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop in which everybody is attended to."""
        thread = self.listener._thread
        assert thread is not None
        return thread.loop

    @property
    def connected(self) -> int:
        """How many connections it has."""
        thread = self.listener._thread
        assert thread is not None
        return thread.server._in_listener._limiter.count

    def in_wire(self, **choices: int) -> Wire:
        """A connection on which instructions are asked."""
        return self._kept(Wire(self.ports[0], self.tls, **choices))

    def out_wire(self) -> Wire:
        """A connection on which events are told, on which nobody has said yet who listens."""
        return self._kept(Wire(self.ports[1], self.tls))

    def listens(self, caller: EngineClient, **since: int) -> Wire:
        """A connection on which events are told to that caller."""
        wire = self.out_wire()
        wire.send({**caller.credentials, **since})
        return wire

    def caller(self) -> EngineClient:
        """Somebody connected, without a client id."""
        return EngineClient(self.in_wire())

    def visitor(self) -> EngineClient:
        """Somebody connected with a session."""
        return self.caller().opens_a_session()

    def user(self, name: str = "ada") -> EngineClient:
        """Somebody connected and logged in to a new account of that name."""
        return self.visitor().registers(name).logs_in(name)

    def program(self) -> EngineClient:
        """The program that runs the engine."""
        return EngineClient(self.engine)

    def asks_system(self, **instruction: Any) -> dict[str, Any]:
        """What the program that runs the engine is answered."""
        return self.program().asks_ok(**{"controller": "system", **instruction})

    def serves(self) -> None:
        """Whoever connects now is answered."""
        wire = Wire(self.ports[0], self.tls)
        try:
            assert wire.answer(VIEW_SOCKETS)["in_port"] == self.ports[0]
        finally:
            wire.close()

    def empties(self, left: int = 0) -> None:
        """Wait until so many are connected: those who have gone are let go of in their own time."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.connected != left:
            assert time.monotonic() < deadline, self.connected
            time.sleep(0.005)

    def stop(self) -> None:
        for wire in self.wires:
            wire.close()
        self.listener.stop()
        self.engine.close()

    def _kept(self, wire: Wire) -> Wire:
        self.wires.append(wire)
        return wire
