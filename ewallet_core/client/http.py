"""A server over HTTP: each request is posted, and events are one stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, suppress
from functools import partial
from typing import Any

import h11
import msgspec

from ewallet_core.client.connect import Connector, Waits
from ewallet_core.client.connection import UnreachableError
from ewallet_core.client.connection_pool import ConnectionPool
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

_INSTRUCTIONS, _EVENTS = "/ewallet/instruction-set", "/v1/events"
_OK, _REDIRECTS, _TOO_MANY, _SERVER_ERRORS = 200, range(300, 400), 429, 500
_PROXY_ERRORS = frozenset({502, 503, 504})

MOST_CONNECTIONS = 8
"""How many requests are under way at once; further ones wait for a connection."""

_LATER = "Try again later."
_IS_IT_TLS = "If it uses TLS, write https:// before its address; otherwise try again later."

Headers = dict[str, str]
Messages = AsyncGenerator[dict[str, Any] | None, None]


class HttpStream:
    """A message stream in which each frame is an HTTP request, and all messages of its answer arrive.

    `exchange` sends one and yields its messages. At most `room` of them are read ahead; 0 means no limit.
    """

    def __init__(self, pool: ConnectionPool, exchange: Callable[[bytes], Messages], room: int) -> None:
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
        await self._pool.close()

    async def _carry_out(self, frame: bytes) -> None:
        try:
            async with aclosing(self._exchange(frame)) as messages:
                async for message in messages:
                    await self._arrived.put(message)
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
        self._connector = connector
        self._within = within
        self._waits = waits
        host = server.shown.partition("://")[2].encode("idna")
        self._headers = {"host": host.decode(), "user-agent": "ewallet"}
        self._requests: HttpStream | None = None

    async def open_requests(self) -> MessageStream:
        pool = self._new_pool(MOST_CONNECTIONS)
        stream = HttpStream(pool, partial(self._ask, pool), room=0)
        try:
            if_closed = _LATER if self._server.tls else _IS_IT_TLS
            await handshake(stream, self._within, self._waits, if_closed)
        except BaseException:
            await stream.close()
            raise
        self._requests = stream
        return stream

    async def open_events(self) -> MessageStream:
        pool = self._new_pool(1)
        return HttpStream(pool, lambda frame: self._watched(self._follow(pool, frame)), room=1)

    def _new_pool(self, most: int) -> ConnectionPool:
        return ConnectionPool(partial(self._connector.connect, self._server.in_port, LONGEST_EVENT), most)

    async def _ask(self, pool: ConnectionPool, frame: bytes) -> Messages:
        headers = {"content-type": "application/json", "content-length": str(len(frame))}
        request = self._request("POST", _INSTRUCTIONS, headers)
        async with pool.exchange(request, frame) as (status, body):
            answer = await _whole(body)
        yield self._answer_to(frame, status, answer)

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

    async def _follow(self, pool: ConnectionPool, frame: bytes) -> Messages:
        headers = _headers_of(msgspec.json.decode(frame, type=Subscription))
        async with pool.exchange(self._request("GET", _EVENTS, headers)) as (status, body):
            if status != _OK:
                yield _error_in(self._message_in(status, await _whole(body)))
                return
            events = ServerSentEvents()
            async with aclosing(body):
                async for piece in body:
                    for event in events.received(piece):
                        yield event
        raise EOFError

    def _request(self, method: str, path: str, headers: Headers) -> h11.Request:
        return h11.Request(method=method, target=path, headers=[*self._headers.items(), *headers.items()])

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
    headers = {"accept": "text/event-stream", "authorization": token}
    if subscription.since is not None:
        headers["last-event-id"] = str(subscription.since)
    return headers


async def _whole(body: AsyncGenerator[bytes, None]) -> bytes:
    whole = bytearray()
    async with aclosing(body):
        async for piece in body:
            whole += piece
            if len(whole) > LONGEST_ANSWER:
                raise UnreachableError(NO_SERVER)
    return bytes(whole)
