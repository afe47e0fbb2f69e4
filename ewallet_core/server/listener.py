"""One listening socket, and its connections."""

from __future__ import annotations

import asyncio
import os
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import cast

from ewallet_core.errors.server import PortUnavailableError, ServerStoppingError
from ewallet_core.server.connection import Connection, Roster
from ewallet_core.server.limits import ConnectionLimiter

BACKLOG = 1_024
HANDSHAKE_SECONDS = 10
ANY_FREE = 0


class Listener:
    """Listens on one port of a host; `connect` makes the protocol of each connection."""

    def __init__(
        self,
        connect: Callable[[Roster], Connection],
        limiter: ConnectionLimiter,
        host: str,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._connect = connect
        self._limiter = limiter
        self._host = host
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._connections: set[Connection] = set()
        self._admitted: set[Connection] = set()
        self._is_draining = False
        self._is_empty = asyncio.Event()
        self._is_empty.set()
        self.encrypted: set[asyncio.Transport] = set()
        """The transports below those of TLS, also of connections whose handshake is unfinished."""

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
            raise PortUnavailableError(self._host, port, _describe(reason)) from reason
        except ValueError as reason:
            raise PortUnavailableError(self._host, port, "no machine can have that name") from reason

    async def switch_to(self, server: asyncio.Server) -> int:
        """Accept connections only there; open connections stay. Returns the port."""
        former, self._server = self._server, server
        if former is not None and former is not server:
            await _close(former)
        return _port_of(server)

    async def release(self, server: asyncio.Server) -> None:
        if server is not self._server:
            await _close(server)

    async def close(self) -> None:
        """Stop accepting; open connections stay."""
        server, self._server = self._server, None
        if server is not None:
            await _close(server)

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
        for transport in list(self.encrypted):
            transport.abort()

    def admit(self, connection: Connection) -> None:
        """As `Roster.admit`."""
        self._connections.add(connection)
        self._is_empty.clear()
        self._limiter.admit(connection.address)
        self._admitted.add(connection)
        if self._is_draining:
            raise ServerStoppingError

    def discard(self, connection: Connection) -> None:
        """As `Roster.discard`."""
        self._connections.discard(connection)
        if connection in self._admitted:
            self._admitted.remove(connection)
            self._limiter.leave(connection.address)
        if not self._connections:
            self._is_empty.set()

    def _make_protocol(self) -> asyncio.BaseProtocol:
        connection = self._connect(self)
        return connection if self._tls is None else TlsProtocol(connection, self._tls, self.encrypted)


class TlsProtocol(sslproto.SSLProtocol):
    """TLS between a transport and the protocol of a connection, which begins after the handshake."""

    # Each connection has a read buffer of this size, zeroed and therefore resident. asyncio's default is
    # 256 KiB; a record of TLS has at most 16 KiB, and more than one at a time is no faster for short lines.
    max_size = 16 * 1024

    def __init__(
        self, connection: Connection, context: ssl.SSLContext, encrypted: set[asyncio.Transport]
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
        super().connection_lost(error)


async def _close(server: asyncio.Server) -> None:
    # A server that is closed between two steps of accepting leaks the accepted socket.
    for bound in server.sockets:
        asyncio.get_running_loop().remove_reader(bound.fileno())
    await asyncio.sleep(0)
    server.close()


def _port_of(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


def _describe(reason: OSError | OverflowError) -> str:
    """The system's message, without the address that asyncio adds."""
    number = getattr(reason, "errno", None)
    # The errors of name resolution have negative numbers of their own.
    return os.strerror(number).lower() if number and number > 0 else str(getattr(reason, "strerror", reason))
