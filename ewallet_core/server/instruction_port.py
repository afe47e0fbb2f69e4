"""The instruction port: reads one request a line, and sends one line for each answer."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from ewallet_core.engine.dispatcher import Dispatcher
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import (
    FrameTooLongError,
    MalformedError,
    NotJsonError,
    NotUtf8Error,
    TooDeepError,
)
from ewallet_core.errors.server import ReaderTooSlowError, TooManyRequestsError
from ewallet_core.instructions.envelope import error_answer, in_reply_to
from ewallet_core.operations.context import Caller
from ewallet_core.protocol.frames import decode
from ewallet_core.server.connection import Connection, LineReader
from ewallet_core.server.executor import Executor
from ewallet_core.server.limits import ConnectionLimiter, Limits, RateLimiter

SECOND_MS = 1_000
UNREADABLE = (FrameTooLongError, NotJsonError, NotUtf8Error, TooDeepError, MalformedError)


class InPort:
    """Takes requests from connections, and sends each answer to the connection of its request."""

    def __init__(
        self, dispatcher: Dispatcher, executor: Executor, limiter: ConnectionLimiter, limits: Limits
    ) -> None:
        self._dispatcher = dispatcher
        self._executor = executor
        self._limiter = limiter
        self._limits = limits
        self._of_sessions = RateLimiter(limits.requests_per_second_per_session, _now_ms)
        self._of_addresses = RateLimiter(limits.requests_per_second_per_address, _now_ms)

    async def handle(self, connection: Connection) -> None:
        """Answer requests until the connection ends and all of them are answered.

        Raises the error with which the connection must be closed. If cancelled, it reads no more and answers
        the requests that it has read.
        """
        caller = Caller(connection.address, connection)
        lines = connection.lines(self._limits.idle_seconds)
        room = asyncio.Semaphore(self._limits.requests_at_once_per_connection)
        under_way: set[asyncio.Task[None]] = set()

        def done(task: asyncio.Task[None]) -> None:
            under_way.discard(task)
            room.release()

        try:
            while (request := await self._next_request(lines, connection)) is not None:
                await room.acquire()
                task = asyncio.create_task(self._answer(request, caller, connection))
                under_way.add(task)
                task.add_done_callback(done)
        finally:
            if under_way:
                await asyncio.wait(under_way)

    async def _next_request(self, lines: LineReader, connection: Connection) -> dict[str, Any] | None:
        """The next line that is a request; lines before it that are none are answered."""
        while True:
            try:
                if (line := await lines.next()) is None:
                    return None
                if line.strip():
                    return decode(line)
            except UNREADABLE as error:
                await connection.send(error_answer(error))
            # A client that sends many such lines at once must not keep the loop from the others.
            await asyncio.sleep(0)

    async def _answer(self, request: dict[str, Any], caller: Caller, connection: Connection) -> None:
        call = self._dispatcher.parse(request, caller)
        try:
            self._limit_rate(call.order_key, caller.address)
            answer = await self._executor.run(call)
        except WalletError as error:
            answer = in_reply_to(call.reply_id, error_answer(error))
        # A client that has disconnected or does not read sends the request again with the same request id.
        with contextlib.suppress(OSError, ReaderTooSlowError):
            await connection.send(answer)

    def _limit_rate(self, session: object, address: str) -> None:
        """Raise `TooManyRequestsError` if the session, or the address, has sent enough for now."""
        limited = {"session": (self._of_sessions, session)}
        if not self._limiter.is_exempt(address):
            limited["address"] = (self._of_addresses, address)
        for name, (limiter, key) in limited.items():
            if wait := limiter.acquire(key):
                raise TooManyRequestsError(name, limiter.per_second, wait)


def _now_ms() -> float:
    return asyncio.get_running_loop().time() * SECOND_MS
