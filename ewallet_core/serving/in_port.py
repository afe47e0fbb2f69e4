"""The port on which instructions come in: a line each, and a line for each answer."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from ewallet_core.instructions.envelope import Answer, in_reply_to, nok, open_envelope
from ewallet_core.refusals.connections import ReaderTooSlow, TooManyRequests
from ewallet_core.refusals.frames import FrameTooLong, NotJson, NotUtf8, TooDeep
from ewallet_core.refusals.refusal import Refusal
from ewallet_core.refusals.requests import Malformed
from ewallet_core.serving.connection import Connection
from ewallet_core.serving.guests import Guests
from ewallet_core.serving.hands import Hands
from ewallet_core.serving.limits import Limits
from ewallet_core.serving.lines import Lines
from ewallet_core.serving.pace import Pace
from ewallet_core.wire.frames import decode

SECOND_MS = 1_000
UNREADABLE = (FrameTooLong, NotJson, NotUtf8, TooDeep, Malformed)

Request = Mapping[str, Any]


class InPort:
    """Takes instructions from connections, and sends each answer to where its instruction came from."""

    def __init__(self, hands: Hands, guests: Guests, limits: Limits) -> None:
        self._hands = hands
        self._guests = guests
        self._limits = limits
        self._of_sessions = Pace(limits.requests_per_second_per_session, _now_ms)
        self._of_addresses = Pace(limits.requests_per_second_per_address, _now_ms)

    async def attend(self, connection: Connection) -> None:
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

    async def _next_request(self, lines: Lines, connection: Connection) -> Request | None:
        """The next line that is a request; those that are none are answered on the way to it."""
        while True:
            try:
                if (line := await lines.next()) is None:
                    return None
                if line.strip():
                    return decode(line)
            except UNREADABLE as refusal:
                await connection.send(nok(refusal))
            # Who sends many lines at once, none of them a request, must not be read while others wait.
            await asyncio.sleep(0)

    async def _answer(self, request: Request, connection: Connection) -> None:
        answer = await self._answer_to(request, connection)
        # Whoever has gone, or doesn't read, asks again under the same request id.
        with contextlib.suppress(OSError, ReaderTooSlow):
            await connection.send(answer)

    async def _answer_to(self, request: Request, connection: Connection) -> Answer:
        whose = _asker_of(request) or connection
        try:
            self._must_not_hurry(whose, connection.address)
            return await self._hands.answer(request, whose, connection.address)
        except Refusal as refusal:
            return in_reply_to(request, nok(refusal))

    def _must_not_hurry(self, whose: object, address: str) -> None:
        """Raise `TooManyRequests` where the session, or the address, has asked enough for now."""
        paces = {"session": (self._of_sessions, whose)}
        if not self._guests.is_exempt(address):
            paces["address"] = (self._of_addresses, address)
        for name, (pace, whom) in paces.items():
            if wait := pace.wait(whom):
                raise TooManyRequests(name, pace.per_second, wait)


def _asker_of(request: Request) -> object:
    """Whose turn and whose pace it takes, as the engine has it; nobody's where it can't be read."""
    with contextlib.suppress(Refusal):
        return open_envelope(request).asker
    return None


def _now_ms() -> float:
    return asyncio.get_running_loop().time() * SECOND_MS
