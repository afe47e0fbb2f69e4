"""The port on which instructions come in: a line each, and a line for each answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import (
    FrameTooLongError,
    MalformedError,
    NotJsonError,
    NotUtf8Error,
    TooDeepError,
)
from ewallet_core.errors.server import ReaderTooSlowError, TooManyRequestsError
from ewallet_core.instructions.envelope import Answer, error_answer, in_reply_to, parse_envelope
from ewallet_core.protocol.frames import decode
from ewallet_core.server.connection import Connection, LineReader
from ewallet_core.server.executor import Executor
from ewallet_core.server.limits import ConnectionLimiter, Limits, RateLimiter

SECOND_MS = 1_000
UNREADABLE = (FrameTooLongError, NotJsonError, NotUtf8Error, TooDeepError, MalformedError)

Request = Mapping[str, Any]


class InPort:
    """Takes instructions from connections, and sends each answer to where its instruction came from."""

    def __init__(self, executor: Executor, limiter: ConnectionLimiter, limits: Limits) -> None:
        self._executor = executor
        self._limiter = limiter
        self._limits = limits
        self._of_sessions = RateLimiter(limits.requests_per_second_per_session, _now_ms)
        self._of_addresses = RateLimiter(limits.requests_per_second_per_address, _now_ms)

    async def handle(self, connection: Connection) -> None:
        """Answer until there is nothing more to be read, and all that was read is answered.

        Raises the refusal for which the connection is to be cut. Where it is cancelled it reads no more, and
        answers what was begun.
        """
        lines = connection.lines(self._limits.idle_seconds)
        room = asyncio.Semaphore(self._limits.requests_at_once_per_connection)
        under_way: set[asyncio.Task[None]] = set()

        def done(task: asyncio.Task[None]) -> None:
            under_way.discard(task)
            room.release()

        try:
            while (request := await self._next_request(lines, connection)) is not None:
                await room.acquire()
                task = asyncio.create_task(self._answer(request, connection))
                under_way.add(task)
                task.add_done_callback(done)
        finally:
            if under_way:
                await asyncio.wait(under_way)

    async def _next_request(self, lines: LineReader, connection: Connection) -> Request | None:
        """The next line that is a request; those that are none are answered on the way to it."""
        while True:
            try:
                if (line := await lines.next()) is None:
                    return None
                if line.strip():
                    return decode(line)
            except UNREADABLE as error:
                await connection.send(error_answer(error))
            # Who sends many lines at once, none of them a request, must not be read while others wait.
            await asyncio.sleep(0)

    async def _answer(self, request: Request, connection: Connection) -> None:
        answer = await self._answer_to(request, connection)
        # Whoever has gone, or doesn't read, asks again under the same request id.
        with contextlib.suppress(OSError, ReaderTooSlowError):
            await connection.send(answer)

    async def _answer_to(self, request: Request, connection: Connection) -> Answer:
        whose = _caller_of(request) or connection
        try:
            self._must_not_hurry(whose, connection.address)
            return await self._executor.answer(request, whose, connection.address)
        except WalletError as error:
            return in_reply_to(request, error_answer(error))

    def _must_not_hurry(self, whose: object, address: str) -> None:
        """Raise `TooManyRequestsError` where the session, or the address, has asked enough for now."""
        paces = {"session": (self._of_sessions, whose)}
        if not self._limiter.is_exempt(address):
            paces["address"] = (self._of_addresses, address)
        for name, (pace, whom) in paces.items():
            if wait := pace.wait(whom):
                raise TooManyRequestsError(name, pace.per_second, wait)


def _caller_of(request: Request) -> object:
    """Whose turn and whose pace it takes, as the engine has it; nobody's where it can't be read."""
    with contextlib.suppress(WalletError):
        return parse_envelope(request).caller
    return None


def _now_ms() -> float:
    return asyncio.get_running_loop().time() * SECOND_MS
