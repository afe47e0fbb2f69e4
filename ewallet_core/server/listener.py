"""One listening socket, and what its connections go through before their first line."""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import cast

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import (
    PortUnavailableError,
    ProxyHeaderError,
    ServerStoppingError,
    TooManyConnectionsError,
    TooManyFromAddressError,
)
from ewallet_core.protocol.proxy_header import TrustedProxies, read_proxy_header
from ewallet_core.server.client_connection import ClientConnection, Roster
from ewallet_core.server.limits import ConnectionLimiter, Limits

BACKLOG = 1_024
ANY_FREE = 0
HANDSHAKE_SECONDS = 10
UNKNOWN = "unknown"
"""The address of a client that has already disconnected."""

_log = logging.getLogger("ewallet_core")


class Listener:
    """Listens on one port of a host; `connect` makes the protocol of the connection of an address."""

    def __init__(
        self,
        connect: Callable[[Roster, str], ClientConnection],
        limiter: ConnectionLimiter,
        host: str,
        tls: ssl.SSLContext | None,
        proxies: TrustedProxies,
        limits: Limits,
    ) -> None:
        self._connect = connect
        self._limiter = limiter
        self._host = host
        self._tls = tls
        self._proxies = proxies
        self._header_seconds = limits.unfinished_line_seconds
        self._handshake_limiter = ConnectionLimiter(limits)
        self._handshakes: set[ClientConnection] = set()
        self._server: asyncio.Server | None = None
        self._connections: set[ClientConnection] = set()
        self._admitted: set[ClientConnection] = set()
        self._is_draining = False
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self.encrypted: set[asyncio.Transport] = set()
        """The transports below those of TLS, also of connections whose handshake is unfinished."""
        self._opening: set[asyncio.Transport] = set()
        """The transports of proxies that have not sent their header yet."""

    @property
    def connection_count(self) -> int:
        return len(self._connections)

    @property
    def refused_handshakes(self) -> int:
        """How many connections were closed because of too many unfinished TLS handshakes."""
        return self._handshake_limiter.refused_count

    @property
    def port(self) -> int | None:
        return None if self._server is None else _port_of(self._server)

    async def bind(self, port: int) -> asyncio.Server:
        """Start listening on that port; 0 is the current or any free port. Raises `PortUnavailableError`.

        `switch_to` or `release` must follow.
        """
        if self._server is not None and port in (ANY_FREE, self.port):
            return self._server
        self._is_draining = False
        loop = asyncio.get_running_loop()
        try:
            return await loop.create_server(self._make_protocol, self._host, port, backlog=BACKLOG)
        except (OSError, OverflowError) as reason:
            raise PortUnavailableError(self._host, port, system_message(reason)) from reason
        except ValueError as reason:
            raise PortUnavailableError(self._host, port, "no machine can have that name") from reason

    def switch_to(self, server: asyncio.Server) -> int:
        """Accept connections only there; open connections stay. Returns the port."""
        former, self._server = self._server, server
        if former is not None and former is not server:
            former.close()
        return _port_of(server)

    def release(self, server: asyncio.Server) -> None:
        if server is not self._server:
            server.close()

    def close(self) -> None:
        """Stop accepting; open connections stay."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def drain(self) -> None:
        """Take no more requests, and close each connection once its answers are sent, without waiting."""
        self._is_draining = True
        for connection in list(self._connections):
            connection.end(ServerStoppingError())

    async def wait_until_empty(self) -> None:
        """Wait until all connections are closed, and all their requests carried out."""
        await self._is_empty.wait()

    def abort(self) -> None:
        """Close all connections at once, also those whose TLS handshake is unfinished."""
        for connection in list(self._connections):
            connection.abort()
        for transport in [*self.encrypted, *self._opening]:
            transport.abort()

    def accept(self, transport: asyncio.Transport, address: str, received: bytes) -> None:
        """Serve the client with that address, which has already sent `received`.

        Its connection is closed if there are too many unfinished handshakes.
        """
        connection = self._connect(self, address)
        if self._tls is None:
            pass_on(transport, connection, received)
            return
        try:
            self._handshake_limiter.admit(address)
        except (TooManyConnectionsError, TooManyFromAddressError):
            transport.abort()
            return
        self._handshakes.add(connection)
        tls = TlsProtocol(connection, self._tls, self.encrypted, self._end_handshake)
        pass_on(transport, tls, received)

    def refuse(self, transport: asyncio.Transport, address: str, error: WalletError) -> None:
        """Close the connection with that error, in the clear: TLS begins after a header."""
        connection = self._connect(self, address)
        pass_on(transport, connection, b"")
        connection.end(error)

    def admit(self, connection: ClientConnection) -> None:
        """As `Roster.admit`."""
        self._end_handshake(connection)
        self._connections.add(connection)
        self._is_empty.clear()
        self._limiter.admit(connection.address)
        self._admitted.add(connection)
        if self._is_draining:
            raise ServerStoppingError

    def discard(self, connection: ClientConnection) -> None:
        """As `Roster.discard`."""
        self._connections.discard(connection)
        if connection in self._admitted:
            self._admitted.remove(connection)
            self._limiter.leave(connection.address)
        if not self._connections:
            self._is_empty.set()

    def _end_handshake(self, connection: ClientConnection) -> None:
        if connection in self._handshakes:
            self._handshakes.remove(connection)
            self._handshake_limiter.leave(connection.address)

    def _make_protocol(self) -> asyncio.BaseProtocol:
        return Acceptor(self, self._proxies, self._header_seconds, self._opening)


class Acceptor(asyncio.Protocol):
    """The first protocol of each connection. It finds out the client's address, and passes the connection on.

    A trusted proxy sends that address in a header, within `seconds`. `opening` has the transports meanwhile.
    """

    __slots__ = (
        "_host",
        "_listener",
        "_opening",
        "_proxies",
        "_received",
        "_seconds",
        "_timer",
        "_transport",
    )

    def __init__(
        self,
        listener: Listener,
        proxies: TrustedProxies,
        seconds: float,
        opening: set[asyncio.Transport],
    ) -> None:
        self._listener = listener
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
            self._listener.accept(self._transport, self._host, b"")

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
            self._listener.accept(self._transport, header.client or self._host, received)

    def connection_lost(self, _error: Exception | None) -> None:
        self._leave()

    def _refuse(self, problem: str) -> None:
        _log.warning("the proxy %s sent no valid header: %s", self._host, problem)
        self._leave()
        self._listener.refuse(self._transport, self._host, ProxyHeaderError(problem))

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
        connection: ClientConnection,
        context: ssl.SSLContext,
        encrypted: set[asyncio.Transport],
        lost: Callable[[ClientConnection], None],
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


def pass_on(transport: asyncio.Transport, protocol: ClientConnection | TlsProtocol, received: bytes) -> None:
    """Let that protocol go on with the transport, from what the former one has received."""
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    if isinstance(protocol, ClientConnection):
        if received:
            protocol.data_received(received)
        return
    while received and not transport.is_closing():
        buffer = protocol.get_buffer(len(received))
        size = min(len(buffer), len(received))
        buffer[:size] = received[:size]
        protocol.buffer_updated(size)
        received = received[size:]


def _port_of(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


def system_message(reason: OSError | OverflowError) -> str:
    """The system's message, without the address that asyncio adds."""
    number = getattr(reason, "errno", None)
    # The errors of name resolution have negative numbers of their own.
    return os.strerror(number).lower() if number and number > 0 else str(getattr(reason, "strerror", reason))
