"""The HTTP port: what its connections share."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

import msgspec
from uvicorn.config import Config
from uvicorn.server import ServerState

from ewallet_core.errors.base import WalletError
from ewallet_core.server.executor import Engine
from ewallet_core.server.http.application import Application
from ewallet_core.server.http.instructions import InstructionCarrier
from ewallet_core.server.http.peer import HttpPeer
from ewallet_core.server.instruction_port import InPort
from ewallet_core.server.settings import HttpSettings

KEEP_ALIVE_SECONDS = 75
"""How long a connection may be idle between two requests; most clients close it earlier."""


class HttpPort:
    """Serves the application on connections that count in the limits of the sockets too."""

    def __init__(self, engine: Engine, in_port: InPort, settings: HttpSettings) -> None:
        self._in_port = in_port
        self._carrier = InstructionCarrier(in_port)
        self.loop = asyncio.get_running_loop()
        self.limits = in_port.limits
        self.unread = in_port.unread
        self.config = Config(
            Application(engine, self._carrier, settings),
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=min(KEEP_ALIVE_SECONDS, in_port.limits.idle_seconds),
        )
        self.config.load()
        self.state = ServerState()

    def next_number(self) -> int:
        """The number of a new connection."""
        return next(self._in_port.numbers)

    def is_exempt(self, address: str) -> bool:
        """As `InPort.is_exempt`."""
        return self._in_port.is_exempt(address)

    def resume(self, network: str) -> None:
        """As `Executor.resume`."""
        self._in_port.executor.resume(network)

    def peer_of(self, peer: HttpPeer, _headers: Sequence[tuple[bytes, bytes]]) -> HttpPeer:
        """The client of a request with these headers, on a connection of that peer."""
        return peer

    def error_response(self, status: HTTPStatus, error: WalletError, _path: str, peer: HttpPeer) -> bytes:
        """The last response of a connection: what was sent is no request that the application gets."""
        body = msgspec.json.encode(self._carrier.refuse(error, peer))
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            "content-type: application/json\r\n"
            f"content-length: {len(body)}\r\n"
            "cache-control: no-store\r\n"
            "connection: close\r\n\r\n"
        )
        return head.encode() + body
