"""The HTTP port: what its connections share."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus

import msgspec
from uvicorn.config import Config
from uvicorn.server import ServerState

from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.paths import PREFIX
from ewallet_core.protocol.proxy_header import TrustedProxies
from ewallet_core.server.event_broadcaster import EventBroadcaster
from ewallet_core.server.executor import Engine
from ewallet_core.server.http.application import Application
from ewallet_core.server.http.forwarded import forwarded_address
from ewallet_core.server.http.instructions import InstructionCarrier
from ewallet_core.server.http.peer import HttpPeer, PeerConnection
from ewallet_core.server.http.problems import PROBLEM, problem_body, status_of
from ewallet_core.server.http.responses import PRIVATE, JsonResponse
from ewallet_core.server.instruction_port import InPort
from ewallet_core.server.settings import HttpSettings

MOST_IDLE_SECONDS = 75
"""How long a connection may be idle between two requests; most clients close it earlier."""

_PRIVATE_LINES = "".join(f"{name}: {value}\r\n" for name, value in PRIVATE.items())


class HttpPort:
    """Serves the application on connections that count in the limits of the sockets too."""

    def __init__(
        self, engine: Engine, in_port: InPort, broadcaster: EventBroadcaster, settings: HttpSettings
    ) -> None:
        self._in_port = in_port
        self._clock = engine.clock
        self._date_until = 0.0
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._carrier = InstructionCarrier(in_port)
        self.loop = asyncio.get_running_loop()
        self.limits = in_port.limits
        self.idle_seconds = min(MOST_IDLE_SECONDS, self.limits.idle_seconds)
        self.unread = in_port.unread
        self.config = Config(
            Application(engine, self._carrier, broadcaster, settings),
            interface="asgi3",
            lifespan="off",
            ws="none",
            log_config=None,
            # What a client does wrong is no fault of the server.
            log_level="error",
            proxy_headers=False,
            server_header=False,
            date_header=False,
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

    def is_proxy(self, address: str) -> bool:
        """Whether that address sends the requests of others, and says of whom."""
        return address in self._proxies

    def peer_of(
        self, connection: PeerConnection, proxy: str, headers: Iterable[tuple[bytes, bytes]]
    ) -> HttpPeer:
        """The client of a request with these headers, on a connection of that proxy."""
        address = forwarded_address(headers, proxy, self._proxies)
        return HttpPeer(address, connection, not self.is_exempt(address))

    def refresh_date(self) -> None:
        """Let the next response say what time it is, once in a second."""
        if (now := self.loop.time()) >= self._date_until:
            self._date_until = now + 1
            date = formatdate(self._clock() // 1_000, usegmt=True)
            self.state.default_headers = [(b"date", date.encode())]

    def error_response(self, error: WalletError, path: str, peer: HttpPeer) -> bytes:
        """The last response of a connection: what was sent is no request that the application gets."""
        answer = self._carrier.answer_error(error, peer)
        status = HTTPStatus(status_of(error.code))
        is_typed = path.startswith(PREFIX)
        body = problem_body(answer, status) if is_typed else msgspec.json.encode(answer)
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            f"content-type: {PROBLEM if is_typed else JsonResponse.media_type}\r\n"
            f"content-length: {len(body)}\r\n"
            f"{_PRIVATE_LINES}"
            "connection: close\r\n\r\n"
        )
        return head.encode() + body
