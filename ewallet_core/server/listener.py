"""One listening socket, and its connections."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
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
    """A socket that listens on a host; `handle` is what is done with each connection."""

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
        self._visits: set[asyncio.Task[None]] = set()
        self._attended: set[asyncio.Task[None]] = set()
        self._sees_out = False

    @property
    def port(self) -> int | None:
        """On which port it listens; None while it listens on none."""
        return None if self._server is None else _port_of(self._server)

    async def listening_on(self, port: int) -> asyncio.Server:
        """What listens on that port, or on any free one where that is 0; an open door's own will do then.

        Raises `PortUnavailableError`.
        """
        if self._server is not None and port in (ANY_FREE, self.port):
            return self._server
        self._sees_out = False
        patience = HANDSHAKE_SECONDS if self._tls else None
        try:
            return await asyncio.start_server(
                self._come_in,
                self._host,
                port,
                backlog=BACKLOG,
                ssl=self._tls,
                ssl_handshake_timeout=patience,
            )
        except (OSError, OverflowError) as reason:
            raise PortUnavailableError(self._host, port, _words(reason)) from reason
        except ValueError as reason:
            raise PortUnavailableError(self._host, port, "no machine can have that name") from reason

    async def move_to(self, server: asyncio.Server) -> int:
        """Let people in there, and nowhere else; who is in stays. Returns the port."""
        former, self._server = self._server, server
        if former is not None and former is not server:
            await _close(former)
        return _port_of(server)

    async def leave_off(self, server: asyncio.Server) -> None:
        """Listen there no more, unless it is where people are let in."""
        if server is not self._server:
            await _close(server)

    async def shut(self) -> None:
        """Let nobody in any more."""
        server, self._server = self._server, None
        if server is not None:
            await _close(server)

    def drain(self) -> set[asyncio.Task[None]]:
        """Read no more from anybody, answer what was begun, and let them go; returns whom that takes time."""
        self._sees_out = True
        for visit in self._attended:
            visit.cancel()
        # Asked twice, nobody is kept from what they were to be answered after the first time.
        self._attended.clear()
        return set(self._visits)

    def _come_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._limits)
        visit = asyncio.create_task(self._accept(connection))
        self._visits.add(visit)
        visit.add_done_callback(partial(self._close_all, connection))

    def _close_all(self, connection: Connection, visit: asyncio.Task[None]) -> None:
        """Keep nothing of a visit that is over, in whatever way it ended."""
        self._visits.discard(visit)
        connection.abort()

    async def _accept(self, connection: Connection) -> None:
        try:
            with self._limiter.one_from(connection.address):
                await connection.end(await self._reason_to_end(connection))
        except (TooManyConnectionsError, TooManyFromAddressError) as error:
            await connection.end(error)

    async def _reason_to_end(self, connection: Connection) -> WalletError | None:
        """Attend to the connection, and return why it is over where that isn't the other side's own wish."""
        if self._sees_out:
            return ServerStoppingError()
        visit = cast("asyncio.Task[None]", asyncio.current_task())
        self._attended.add(visit)
        try:
            await self._handle(connection)
        except WalletError as error:
            return error
        except OSError:
            return None
        except asyncio.CancelledError:
            visit.uncancel()
            return ServerStoppingError()
        finally:
            self._attended.discard(visit)
        return None


async def _close(server: asyncio.Server) -> None:
    # A server that is closed between two steps of letting somebody in forgets their socket, open as it is.
    for listening in server.sockets:
        asyncio.get_running_loop().remove_reader(listening.fileno())
    await asyncio.sleep(0)
    server.close()


def _port_of(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


def _words(reason: OSError | OverflowError) -> str:
    """Why, without the address that asyncio adds to what the system says."""
    number = getattr(reason, "errno", None)
    # What the name of a host comes to has numbers of its own, all below 0.
    return os.strerror(number).lower() if number and number > 0 else str(getattr(reason, "strerror", reason))
