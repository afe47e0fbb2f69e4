"""HTTP/1.1 connections to a server. Each carries one exchange at a time, and is kept for the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import h11

from ewallet_core.client.connect import ByteStream
from ewallet_core.client.connection import UnreachableError
from ewallet_core.client.messages import NO_SERVER

KEPT_SECONDS = 50.0
"""How long an unused connection is kept: less than servers do, so that a request seldom meets its end."""

_READ_BYTES = 64 * 1024
_BEGIN = b"HTTP/"
_NO_HTTP = (
    "That is not a port for HTTP. Check the port, or leave out http:// if it is the port for instructions."
)


class PooledConnection:
    """Raises `EOFError` or `OSError` if it ends, `UnreachableError` if the other side sends no HTTP."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._protocol = h11.Connection(h11.CLIENT)
        self._is_http = False
        self._unused_since = self._now()

    @property
    def is_usable(self) -> bool:
        """Whether a request can be sent: the last one is answered, and the server has not closed."""
        is_fresh = self._now() - self._unused_since < KEPT_SECONDS
        return self._protocol.our_state is h11.IDLE and is_fresh and not self._stream.reader.at_eof()

    async def begin(self, request: h11.Request, body: bytes) -> h11.Response:
        """Send the request and wait for the head of its response; `body` is to be read next."""
        events = (request, h11.Data(body), h11.EndOfMessage())
        # In one piece: with two, the server would begin with half a request.
        self._stream.writer.write(b"".join(self._protocol.send(event) or b"" for event in events))
        while not isinstance(event := await self._next_event(), h11.Response):
            pass
        return event

    async def body(self) -> AsyncGenerator[bytes, None]:
        """The pieces of the response's body as they arrive."""
        while isinstance(event := await self._next_event(), h11.Data):
            yield bytes(event.data)
        if self._protocol.states == {h11.CLIENT: h11.DONE, h11.SERVER: h11.DONE}:
            self._protocol.start_next_cycle()
        self._unused_since = self._now()

    async def close(self) -> None:
        await self._stream.close()

    async def _next_event(self) -> object:
        try:
            while (event := self._protocol.next_event()) is h11.NEED_DATA:
                self._protocol.receive_data(await self._received())
        except h11.RemoteProtocolError:
            raise UnreachableError(NO_SERVER) from None
        return event

    async def _received(self) -> bytes:
        data = await self._stream.reader.read(_READ_BYTES)
        if not data:
            # A response says how long it is, so one that ends with the connection is not whole.
            raise EOFError
        if not self._is_http and not data.startswith(_BEGIN[: len(data)]):
            raise UnreachableError(_NO_HTTP)
        self._is_http = True
        return data

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


class ConnectionPool:
    """At most so many connections, which `connect` opens when they are needed."""

    def __init__(self, connect: Callable[[], Awaitable[ByteStream]], most: int) -> None:
        self._connect = connect
        self._room = asyncio.Semaphore(most)
        self.unused: list[PooledConnection] = []

    @asynccontextmanager
    async def exchange(
        self, request: h11.Request, body: bytes = b""
    ) -> AsyncIterator[tuple[int, AsyncGenerator[bytes, None]]]:
        """The status and the body of the response to a request, which waits for a connection."""
        async with self._room:
            connection = await self._unused_or_new()
            try:
                response = await connection.begin(request, body)
                yield response.status_code, connection.body()
            finally:
                if connection.is_usable:
                    self.unused.append(connection)
                else:
                    await connection.close()

    async def close(self) -> None:
        """Close the unused connections."""
        while self.unused:
            await self.unused.pop().close()

    async def _unused_or_new(self) -> PooledConnection:
        while self.unused:
            connection = self.unused.pop()
            if connection.is_usable:
                return connection
            await connection.close()
        return PooledConnection(await self._connect())
