"""A server over HTTP: each request is posted, and events are one stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from typing import Any

import httpcore
import msgspec

from ewallet_core.client.connect import ByteStream, Connector, Waits
from ewallet_core.client.connection import UnreachableError
from ewallet_core.client.messages import (
    LONGEST_ANSWER,
    LONGEST_EVENT,
    NO_SERVER,
    WHICH_SOCKETS,
    MessageStream,
    Reply,
    handshake,
    read_as,
    reason_of,
)
from ewallet_core.client.requests import frame_of, new_request_id
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import Answer, in_reply_to, request_id_of
from ewallet_core.protocol.address import ServerAddress
from ewallet_core.protocol.frames import decode

_INSTRUCTIONS, _EVENTS = b"/ewallet/instruction-set", b"/v1/events"
_OK, _REDIRECTS, _TOO_MANY, _SERVER_ERRORS = 200, range(300, 400), 429, 500
_PROXY_ERRORS = frozenset({502, 503, 504})

MOST_CONNECTIONS = 8
"""How many requests are under way at once; further ones wait for a connection."""
KEPT_SECONDS = 50.0
"""How long an unused connection is kept: less than servers do, so that a request seldom meets its end."""

_BEGIN = b"HTTP/"
_NO_HTTP = (
    "That is not a port for HTTP. Check the port, or leave out http:// if it is the port for instructions."
)
_LATER = "Try again later."
_IS_IT_TLS = "If it uses TLS, write https:// before its address; otherwise try again later."

Headers = dict[bytes | str, bytes | str]
Messages = AsyncGenerator[dict[str, Any] | None, None]


class CheckedStream(httpcore.AsyncNetworkStream):
    """A connection to a server whose identity was checked, for the HTTP library."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._is_http = False

    async def read(self, max_bytes: int, *_: Any, **_options: Any) -> bytes:
        try:
            data = await self._stream.reader.read(max_bytes)
        except OSError as reason:
            raise httpcore.ReadError from reason
        if not data:
            # An answer says how long it is, so one that ends with the connection is not whole.
            raise httpcore.ReadError
        if not self._is_http and not data.startswith(_BEGIN[: len(data)]):
            raise UnreachableError(_NO_HTTP)
        self._is_http = True
        return data

    async def write(self, buffer: bytes, *_: Any, **_options: Any) -> None:
        try:
            self._stream.writer.write(buffer)
            await self._stream.writer.drain()
        except OSError as reason:
            raise httpcore.WriteError from reason

    async def aclose(self) -> None:
        await self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        # An unused connection is readable if the server has closed it.
        return self._stream.reader.at_eof() if info == "is_readable" else None


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Opens connections for the HTTP library; each is over TLS already if the server's address says so."""

    def __init__(self, connector: Connector, port: int) -> None:
        self._connector = connector
        self._port = port

    async def connect_tcp(self, *_address: Any, **_options: Any) -> CheckedStream:
        return CheckedStream(await self._connector.connect(self._port, LONGEST_EVENT))


class HttpStream:
    """A message stream in which each frame is an HTTP request, and all messages of its answer arrive.

    `exchange` sends one and yields its messages. At most `room` of them are read ahead; 0 means no limit.
    """

    def __init__(
        self, pool: httpcore.AsyncConnectionPool, exchange: Callable[[bytes], Messages], room: int
    ) -> None:
        self._pool = pool
        self._exchange = exchange
        self._arrived: asyncio.Queue[dict[str, Any] | Exception | None] = asyncio.Queue(room)
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def write(self, frame: bytes) -> None:
        if self._is_closed:
            return
        task = asyncio.create_task(self._carry_out(frame))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def read(self) -> dict[str, Any] | None:
        if self._is_closed:
            raise EOFError
        arrived = await self._arrived.get()
        if isinstance(arrived, Exception):
            raise arrived
        return arrived

    async def close(self) -> None:
        self._is_closed = True
        with suppress(asyncio.QueueFull):
            # For a read that waits.
            self._arrived.put_nowait(EOFError())
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._pool.aclose()

    async def _carry_out(self, frame: bytes) -> None:
        try:
            async with aclosing(self._exchange(frame)) as messages:
                async for message in messages:
                    await self._arrived.put(message)
        except httpcore.NetworkError:
            await self._arrived.put(EOFError())
        except httpcore.ProtocolError:
            await self._arrived.put(UnreachableError(NO_SERVER))
        except Exception as reason:  # noqa: BLE001 - it is raised by the next read
            await self._arrived.put(reason)


class Subscription(msgspec.Struct):
    """What an event reader sends first."""

    client_id: str
    session_token: str
    since: int | None = None


class HttpEndpoint:
    """Reaches a server over HTTP."""

    def __init__(self, server: ServerAddress, connector: Connector, within: float, waits: Waits) -> None:
        self._server = server
        self._network = CheckedNetwork(connector, server.in_port)
        self._within = within
        self._waits = waits
        host = server.shown.partition("://")[2].encode("idna")
        self._headers: Headers = {b"host": host, b"user-agent": b"ewallet"}
        self._requests: HttpStream | None = None

    async def open_requests(self) -> MessageStream:
        pool = self._pool(MOST_CONNECTIONS)
        stream = HttpStream(pool, lambda frame: self._ask(pool, frame), room=0)
        try:
            if_closed = _LATER if self._server.tls else _IS_IT_TLS
            await handshake(stream, self._within, self._waits, if_closed)
        except BaseException:
            await stream.close()
            raise
        self._requests = stream
        return stream

    async def open_events(self) -> MessageStream:
        pool = self._pool(1)
        return HttpStream(pool, lambda frame: self._watched(self._follow(pool, frame)), room=1)

    def _pool(self, connections: int) -> httpcore.AsyncConnectionPool:
        return httpcore.AsyncConnectionPool(
            max_connections=connections, keepalive_expiry=KEPT_SECONDS, network_backend=self._network
        )

    def _url(self, path: bytes) -> httpcore.URL:
        # For the library the connection is plain, because the connector has made it TLS.
        return httpcore.URL(scheme=b"http", host=b"server", port=self._server.in_port, target=path)

    async def _ask(self, pool: httpcore.AsyncConnectionPool, frame: bytes) -> Messages:
        headers: Headers = {**self._headers, b"content-type": b"application/json"}
        async with pool.stream("POST", self._url(_INSTRUCTIONS), headers=headers, content=frame) as response:
            body = await _body_of(response)
        yield self._answer_to(frame, response.status, body)

    async def _watched(self, events: Messages) -> Messages:
        """The events; if they break off, a request is sent, so that it shows whether the server is gone."""
        try:
            async with aclosing(events):
                async for event in events:
                    yield event
        except Exception:
            if self._requests is not None:
                self._requests.write(frame_of({**WHICH_SOCKETS, "request_id": new_request_id()}))
            raise

    async def _follow(self, pool: httpcore.AsyncConnectionPool, frame: bytes) -> Messages:
        headers: Headers = {**self._headers, **_headers_of(msgspec.json.decode(frame, type=Subscription))}
        async with pool.stream("GET", self._url(_EVENTS), headers=headers) as response:
            if response.status != _OK:
                yield _error_in(self._message_in(response.status, await _body_of(response)))
                return
            events = ServerSentEvents()
            async with aclosing(_chunks_of(response)) as chunks:
                async for chunk in chunks:
                    for event in events.received(chunk):
                        yield event
        raise EOFError

    def _answer_to(self, frame: bytes, status: int, body: bytes) -> Answer:
        answer = self._message_in(status, body)
        reply = read_as(Reply, answer)
        if reply.request_id is not None:
            return answer
        is_about_request = _OK <= status < _SERVER_ERRORS and status != _TOO_MANY
        if is_about_request or reply.wait_seconds is not None:
            return in_reply_to(request_id_of(decode(frame)), answer)
        raise UnreachableError(reason_of(answer) or NO_SERVER)

    def _message_in(self, status: int, body: bytes) -> dict[str, Any]:
        try:
            return decode(body)
        except WalletError:
            pass
        if status in _REDIRECTS:
            raise UnreachableError(
                f"{self._server.shown} names another address (HTTP {status}). Ask its operator for it."
            )
        if status in _PROXY_ERRORS:
            raise UnreachableError(
                f"The proxy at {self._server.shown} can't reach the server (HTTP {status}). Try again later."
            )
        raise UnreachableError(NO_SERVER)


class ServerSentEvents:
    """Splits what arrives into events."""

    def __init__(self) -> None:
        self._line = bytearray()
        self._data = bytearray()

    def received(self, chunk: bytes) -> Iterator[dict[str, Any] | None]:
        """The events that the chunk completes; None for a comment, which is a heartbeat.

        Raises `UnreachableError` if it is no event of an EWallet server.
        """
        self._line += chunk
        *lines, self._line = self._line.split(b"\n")
        for line in lines:
            if line.startswith(b":"):
                yield None
            elif line.startswith(b"data:"):
                self._data += line.removeprefix(b"data:")
            elif not line.strip() and self._data:
                yield _event_in(self._data)
                self._data.clear()
        if len(self._line) + len(self._data) > LONGEST_EVENT:
            raise UnreachableError(NO_SERVER)


def _event_in(data: bytearray) -> dict[str, Any]:
    try:
        return decode(bytes(data))
    except WalletError:
        raise UnreachableError(NO_SERVER) from None


class ProblemDetails(msgspec.Struct):
    """Why there are no events."""

    title: str
    detail: str
    code: str


def _error_in(problem: dict[str, Any]) -> Answer:
    found = read_as(ProblemDetails, problem)
    return {"failed": True, "code": found.code, "error": found.title, "warning": found.detail}


def _headers_of(subscription: Subscription) -> Headers:
    token = f"Bearer {subscription.client_id}.{subscription.session_token}"
    headers: Headers = {b"accept": b"text/event-stream", b"authorization": token.encode()}
    if subscription.since is not None:
        headers[b"last-event-id"] = str(subscription.since).encode()
    return headers


async def _body_of(response: httpcore.Response) -> bytes:
    body = bytearray()
    async with aclosing(_chunks_of(response)) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > LONGEST_ANSWER:
                raise UnreachableError(NO_SERVER)
    return bytes(body)


async def _chunks_of(response: httpcore.Response) -> AsyncGenerator[bytes, None]:
    """The chunks of the body as they arrive."""
    async for chunk in response.aiter_stream():
        yield chunk
