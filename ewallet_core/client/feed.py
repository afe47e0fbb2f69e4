"""One reader's events, gathered while it does something else, until it or the client has had enough."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from ewallet_core.client.protocol import Event


async def nothing() -> AsyncIterator[Event]:
    """The events of a client that is not open."""
    return
    yield


class Feed:
    """Gathers events from when it is made, and hands them on one by one.

    Where `gather` raises, whoever reads is told, after the events before it.
    """

    def __init__(self, gather: Callable[[], AsyncGenerator[Event, None]]) -> None:
        self._gather = gather
        # Who reads slowly leaves the rest on the wire, where it is kept until they have caught up.
        self._room: asyncio.Queue[Event] = asyncio.Queue(1)
        self._task = asyncio.create_task(self._run())

    @property
    def is_over(self) -> bool:
        """Whether it gathers no more."""
        return self._task.done()

    async def events(self) -> AsyncIterator[Event]:
        """The events, until the feed is stopped."""
        try:
            while (event := await self._next()) is not None:
                yield event
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Gather no more."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _next(self) -> Event | None:
        taking = asyncio.create_task(self._room.get())
        try:
            await asyncio.wait([taking, self._task], return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                return taking.result()
        finally:
            taking.cancel()
        return None if self._task.cancelled() else self._task.result()

    async def _run(self) -> None:
        async with aclosing(self._gather()) as gathered:
            async for event in gathered:
                await self._room.put(event)
