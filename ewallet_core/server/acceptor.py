"""What an accepted connection goes through before its first line: a proxy's header, then TLS."""

from __future__ import annotations

import asyncio
import logging
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import Protocol, cast

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import ProxyHeaderError
from ewallet_core.protocol.proxy_header import TrustedProxies, read_proxy_header
from ewallet_core.server.connection import Connection

HANDSHAKE_SECONDS = 10
UNKNOWN = "unknown"
"""The address of a client that has already disconnected."""

_log = logging.getLogger("ewallet_core")


class Acceptance(Protocol):
    """Takes the accepted connections."""

    def accept(self, transport: asyncio.Transport, address: str, received: bytes) -> None:
        """Serve the client with that address, which has already sent `received`."""

    def refuse(self, transport: asyncio.Transport, address: str, error: WalletError) -> None:
        """Close the connection with that error, in the clear: TLS begins after a header."""


class Acceptor(asyncio.Protocol):
    """The first protocol of each connection. It finds out the client's address, and hands the connection on.

    A trusted proxy sends that address in a header, within `seconds`. `opening` has the transports meanwhile.
    """

    __slots__ = (
        "_acceptance",
        "_host",
        "_opening",
        "_proxies",
        "_received",
        "_seconds",
        "_timer",
        "_transport",
    )

    def __init__(
        self,
        acceptance: Acceptance,
        proxies: TrustedProxies,
        seconds: float,
        opening: set[asyncio.Transport],
    ) -> None:
        self._acceptance = acceptance
        self._proxies = proxies
        self._seconds = seconds
        self._opening = opening
        self._received = b""
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        peer = transport.get_extra_info("peername")
        self._host = str(peer[0]).partition("%")[0] if peer else UNKNOWN
        if self._host in self._proxies:
            self._opening.add(self._transport)
            loop = asyncio.get_running_loop()
            too_late = f"it did not arrive within {self._seconds:,} seconds"
            self._timer = loop.call_later(self._seconds, self._refuse, too_late)
        else:
            self._acceptance.accept(self._transport, self._host, b"")

    def data_received(self, data: bytes) -> None:
        self._received += data
        try:
            header = read_proxy_header(self._received)
        except ValueError as reason:
            self._refuse(str(reason))
            return
        if header is not None:
            self._leave()
            received = self._received[header.size :]
            self._acceptance.accept(self._transport, header.client or self._host, received)

    def connection_lost(self, _error: Exception | None) -> None:
        self._leave()

    def _refuse(self, problem: str) -> None:
        _log.warning("the proxy %s sent no valid header: %s", self._host, problem)
        self._leave()
        self._acceptance.refuse(self._transport, self._host, ProxyHeaderError(problem))

    def _leave(self) -> None:
        self._opening.discard(self._transport)
        if self._timer is not None:
            self._timer.cancel()


class TlsProtocol(sslproto.SSLProtocol):
    """TLS between a transport and the protocol of a connection, which begins after the handshake."""

    # Each connection has a read buffer of this size, zeroed and therefore resident. asyncio's default is
    # 256 KiB; a record of TLS has at most 16 KiB, and more than one at a time is no faster for short lines.
    max_size = 16 * 1024

    def __init__(
        self,
        connection: Connection,
        context: ssl.SSLContext,
        encrypted: set[asyncio.Transport],
        lost: Callable[[Connection], None],
    ) -> None:
        super().__init__(
            asyncio.get_running_loop(),
            connection,
            context,
            waiter=None,  # type: ignore[arg-type]
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )
        self._encrypted = encrypted
        self._connection = connection
        self._lost = lost

    def _get_write_buffer_size(self) -> int:
        # asyncio counts what is not encrypted yet, but what was encrypted waits below, without a limit.
        above = super()._get_write_buffer_size()  # type: ignore[misc] # typeshed leaves it out
        return int(above) + self._below.get_write_buffer_size()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._below = cast("asyncio.Transport", transport)
        self._encrypted.add(self._below)
        super().connection_made(transport)

    def connection_lost(self, error: BaseException | None) -> None:
        self._encrypted.discard(self._below)
        self._lost(self._connection)
        super().connection_lost(error)


def hand_over(transport: asyncio.Transport, protocol: Connection | TlsProtocol, received: bytes) -> None:
    """Let that protocol go on with the transport, from what the former one has received."""
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    if isinstance(protocol, Connection):
        if received:
            protocol.data_received(received)
        return
    while received and not transport.is_closing():
        buffer = protocol.get_buffer(len(received))
        size = min(len(buffer), len(received))
        buffer[:size] = received[:size]
        protocol.buffer_updated(size)
        received = received[size:]
