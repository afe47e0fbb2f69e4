"""Where events begin that somebody wants to be told: asked of the server when they say so."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from ewallet_core.client.lines import Lines
from ewallet_core.client.messages import LISTENING, NO_SERVER, Told, read_as, reason_of
from ewallet_core.client.protocol import Unreachable
from ewallet_core.wire.frames import encode

ASKED_WITHIN_SECONDS = 5.0
"""For how long nothing else is asked at most; whoever listens then is told what happens after that."""

Beginning = asyncio.Task[int | None]
"""The sequence after which events are told, once it is known; None where it could not be had."""


class Beginnings:
    """Asks where the events of the active account stand.

    `dial` connects to where the server tells events, `credentials` are those of the session just then.
    """

    def __init__(
        self, dial: Callable[[], Awaitable[Lines]], credentials: Callable[[], Mapping[str, str]]
    ) -> None:
        self._dial = dial
        self._credentials = credentials
        self._asked: set[Beginning] = set()

    def ask(self) -> Beginning:
        """Where they stand now."""
        beginning = asyncio.create_task(self._ask())
        self._asked.add(beginning)
        beginning.add_done_callback(self._asked.discard)
        return beginning

    async def all_known(self) -> None:
        """Wait until nothing is being asked, so that what is done next comes after all of it."""
        while self._asked:
            await asyncio.wait(self._asked)

    async def stop(self) -> None:
        """Ask no more."""
        for beginning in self._asked:
            beginning.cancel()
        await self.all_known()

    async def _ask(self) -> int | None:
        try:
            async with asyncio.timeout(ASKED_WITHIN_SECONDS):
                return await self._stands_at(await self._dial())
        except (EOFError, OSError, TimeoutError, Unreachable):
            return None

    async def _stands_at(self, lines: Lines) -> int:
        try:
            lines.write(encode(self._credentials()))
            while (message := await lines.read()) is None:
                pass
        finally:
            await lines.close()
        if message.get("failed"):
            raise Unreachable(reason_of(message))
        told = read_as(Told, message)
        if told.event != LISTENING:
            raise Unreachable(NO_SERVER)
        return told.sequence
