"""The two sockets that listen, and whoever has come in through them."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from typing import cast

from ewallet_core.refusals.connections import ServerStopping, TooManyConnections, TooManyFromAddress
from ewallet_core.refusals.refusal import Refusal
from ewallet_core.refusals.system import PortUnavailable
from ewallet_core.serving.connection import Connection
from ewallet_core.serving.guests import Guests
from ewallet_core.serving.limits import Limits

BACKLOG = 1_024
HANDSHAKE_SECONDS = 10.0
ANY_FREE = 0

Attend = Callable[[Connection], Awaitable[None]]


class Door:
    """A socket that listens on a host; `attend` is what is done with each connection."""

    def __init__(
        self, attend: Attend, guests: Guests, limits: Limits, host: str, tls: ssl.SSLContext | None
    ) -> None:
        self._attend = attend
        self._guests = guests
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

        Raises `PortUnavailable`.
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
            raise PortUnavailable(self._host, port, _words(reason)) from reason
        except ValueError as reason:
            raise PortUnavailable(self._host, port, "no machine can have that name") from reason

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

    def see_out(self) -> set[asyncio.Task[None]]:
        """Read no more from anybody, answer what was begun, and let them go; returns whom that takes time."""
        self._sees_out = True
        for visit in self._attended:
            visit.cancel()
        # Asked twice, nobody is kept from what they were to be answered after the first time.
        self._attended.clear()
        return set(self._visits)

    def _come_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(reader, writer, self._limits)
        visit = asyncio.create_task(self._welcome(connection))
        self._visits.add(visit)
        visit.add_done_callback(partial(self._let_go, connection))

    def _let_go(self, connection: Connection, visit: asyncio.Task[None]) -> None:
        """Keep nothing of a visit that is over, in whatever way it ended."""
        self._visits.discard(visit)
        connection.abort()

    async def _welcome(self, connection: Connection) -> None:
        try:
            with self._guests.one_from(connection.address):
                await connection.end(await self._reason_to_end(connection))
        except (TooManyConnections, TooManyFromAddress) as refusal:
            await connection.end(refusal)

    async def _reason_to_end(self, connection: Connection) -> Refusal | None:
        """Attend to the connection, and return why it is over where that isn't the other side's own wish."""
        if self._sees_out:
            return ServerStopping()
        visit = cast("asyncio.Task[None]", asyncio.current_task())
        self._attended.add(visit)
        try:
            await self._attend(connection)
        except Refusal as refusal:
            return refusal
        except OSError:
            return None
        except asyncio.CancelledError:
            visit.uncancel()
            return ServerStopping()
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
