"""An engine behind its two sockets, in the process of the test, and connections to it."""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass, field
from typing import Any

from engine_client import EngineClient
from http_wire import EventStreamWire, HttpWire
from socket_wire import LOOPBACK, TIMEOUT_SECONDS, Wire

from ewallet_core import EWalletSessionManager
from ewallet_core.server.executor import Executor
from ewallet_core.server.socket_listener import SocketListener

VIEW_SOCKETS = {"controller": "client", "ctype": "action", "action": "view", "view": "sockets"}


@dataclass
class EngineServer:
    """An engine, its listener, and the connections that the test has opened."""

    engine: EWalletSessionManager
    listener: SocketListener
    tls: ssl.SSLContext | None = None
    wires: list[Wire | HttpWire] = field(default_factory=list)
    http_port: int | None = None

    @property
    def http_url(self) -> str:
        """Where it serves HTTP, without a path."""
        assert self.http_port is not None
        return f"{'http' if self.tls is None else 'https'}://{LOOPBACK}:{self.http_port}"

    @property
    def ports(self) -> tuple[int, int]:
        ports = self.listener.ports
        assert ports is not None
        return ports

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The event loop of the server."""
        thread = self.listener._thread
        assert thread is not None
        return thread.loop

    @property
    def executor(self) -> Executor:
        thread = self.listener._thread
        assert thread is not None
        return thread.server._executor

    @property
    def connected(self) -> int:
        """The number of open connections."""
        thread = self.listener._thread
        assert thread is not None
        return thread.server._in_listener._limiter.count

    def fill_buffers(self, wire: Wire, long_request: dict[str, Any]) -> None:
        """Repeat the request, over TLS and without reading, until the system takes no more of the answers."""
        thread = self.listener._thread
        assert thread is not None
        listener = thread.server._in_listener
        while not any(transport.get_write_buffer_size() for transport in listener.encrypted):
            sent = sum(connection._output._written for connection in listener._connections)
            wire.send(long_request)
            while sum(connection._output._written for connection in listener._connections) == sent:
                time.sleep(0.005)

    def in_wire(self, **choices: Any) -> Wire:
        """A connection to the instruction port."""
        return self._kept(Wire(self.ports[0], self.tls, **choices))

    def out_wire(self, **choices: Any) -> Wire:
        """A connection to the event port, before its first line."""
        return self._kept(Wire(self.ports[1], self.tls, **choices))

    def subscribe(self, caller: EngineClient, **since: int) -> Wire | EventStreamWire:
        """A connection that listens with the credentials of the client, over HTTP if that is served."""
        wire = self.out_wire() if self.http_port is None else self._kept_stream(self.http_port)
        wire.send({**caller.credentials, **since})
        return wire

    def _kept_stream(self, port: int) -> EventStreamWire:
        wire = EventStreamWire(port, self.tls)
        self.wires.append(wire)
        return wire

    def http_wire(self, **choices: Any) -> HttpWire:
        """A connection to the HTTP port; an `EngineClient` can use it as its engine."""
        assert self.http_port is not None
        wire = HttpWire(self.http_port, self.tls, **choices)
        self.wires.append(wire)
        return wire

    def http_user(self, name: str = "ada") -> EngineClient:
        """A client over HTTP, logged in to a new account of that name."""
        return EngineClient(self.http_wire()).open_session().register(name).log_in(name)

    def caller(self) -> EngineClient:
        """A connected client without a client id."""
        return EngineClient(self.in_wire())

    def visitor(self) -> EngineClient:
        """A connected client with a session."""
        return self.caller().open_session()

    def user(self, name: str = "ada") -> EngineClient:
        """A connected client, logged in to a new account of that name."""
        return self.visitor().register(name).log_in(name)

    def program(self) -> EngineClient:
        """The host program, in the process of the engine."""
        return EngineClient(self.engine)

    def request_system(self, **instruction: Any) -> dict[str, Any]:
        """Send a system instruction as the host program."""
        return self.program().request(**{"controller": "system", **instruction})

    def assert_answers(self) -> None:
        """Assert that a new connection is answered."""
        wire = Wire(self.ports[0], self.tls)
        try:
            assert wire.answer(VIEW_SOCKETS)["in_port"] == self.ports[0]
        finally:
            wire.close()

    def wait_for_connections(self, left: int = 0) -> None:
        """Wait until that many connections are left, as closed ones are removed asynchronously."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while self.connected != left:
            assert time.monotonic() < deadline, self.connected
            time.sleep(0.005)

    def wait_for_handshakes(self, left: int) -> None:
        """Wait until that many TLS handshakes on the instruction port are unfinished."""
        thread = self.listener._thread
        assert thread is not None
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while (unfinished := len(thread.server._in_listener._handshakes)) != left:
            assert time.monotonic() < deadline, unfinished
            time.sleep(0.005)

    def wait_for_requests(self, count: int) -> None:
        """Wait until that many requests are under way."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while (under_way := len(self.executor._under_way)) != count:
            assert time.monotonic() < deadline, under_way
            time.sleep(0.005)

    def stop(self) -> None:
        for wire in self.wires:
            wire.close()
        self.listener.stop()
        self.engine.close()

    def _kept(self, wire: Wire) -> Wire:
        self.wires.append(wire)
        return wire
