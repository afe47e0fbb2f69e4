"""One listening socket, and its connections."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable
from typing import cast

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import (
    PortUnavailableError,
    ServerStoppingError,
    TooManyConnectionsError,
    TooManyFromAddressError,
)
from ewallet_core.server.connection import Connection
from ewallet_core.server.limits import ConnectionLimiter, Limits

BACKLOG = 1_024
HANDSHAKE_SECONDS = 10.0
ANY_FREE = 0

Handle = Callable[[Connection], Awaitable[None]]


class Listener:
    """Listens on one port of a host, and runs `handle` for each connection."""

    def __init__(
        self,
        handle: Handle,
        limiter: ConnectionLimiter,
        limits: Limits,
        host: str,
        tls: ssl.SSLContext | None,
    ) -> None:
        self._handle = handle
        self._limiter = limiter
        self._limits = limits
        self._host = host
        self._tls = tls
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._handling: set[asyncio.Task[None]] = set()
        self._is_draining = False

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
        try:
            return await asyncio.start_server(
                self._accept,
                self._host,
                port,
                backlog=BACKLOG,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if self._tls else None,
            )
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

    def drain(self) -> set[asyncio.Task[None]]:
        """Stop reading, send the answers that are due, and close the connections; returns their tasks."""
        self._is_draining = True
        for task in self._handling:
            task.cancel()
        # Cancelled once only: a second call must not interrupt the answers.
        self._handling.clear()
        return set(self._tasks)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._limits)
        task = asyncio.create_task(self._run(connection))

        def done(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            connection.abort()

        self._tasks.add(task)
        task.add_done_callback(done)

    async def _run(self, connection: Connection) -> None:
        try:
            with self._limiter.admit(connection.address):
                await connection.close(await self._run_handler(connection))
        except (TooManyConnectionsError, TooManyFromAddressError) as error:
            await connection.close(error)

    async def _run_handler(self, connection: Connection) -> WalletError | None:
        """Handle the connection; returns why it ends, unless the client closed it."""
        if self._is_draining:
            return ServerStoppingError()
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._handling.add(task)
        try:
            await self._handle(connection)
        except WalletError as error:
            return error
        except OSError:
            return None
        except asyncio.CancelledError:
            task.uncancel()
            return ServerStoppingError()
        finally:
            self._handling.discard(task)
        return None


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
