"""The client of a program that waits for each answer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ewallet_core.client.choosing import PATIENCE_SECONDS, Reached, client_of, complete
from ewallet_core.client.loop_thread import LoopThread
from ewallet_core.client.protocol import NOT_OPEN, Event, Unreachable
from ewallet_core.instructions.envelope import Answer


class EWalletClient(Reached):
    """A session at an engine, open inside `with`, to be used by any thread.

    It is the twin of `AsyncEWalletClient`, and is made like it.
    """

    def __init__(
        self,
        place: str | None = None,
        *,
        database_url: str | None = None,
        known_servers: Path | None = None,
        patience_seconds: float | None = PATIENCE_SECONDS,
    ) -> None:
        super().__init__(client_of(place, database_url, known_servers, patience_seconds))
        self._loop: LoopThread | None = None
        self._opening = threading.Lock()

    def open(self) -> None:
        """Reach the engine, as `with` does; raises `Unreachable` in words."""
        with self._opening:
            if self._loop is None:
                self._loop = LoopThread()
            loop = self._loop
        loop.run(self._client.open())

    def send(self, **instruction: Any) -> Answer:
        """As `AsyncEWalletClient.send`."""
        return self._opened().run(self._client.send(**complete(instruction)))

    def events(self, timeout: float | None = None, since: int | None = None) -> Iterator[Event]:
        """As `AsyncEWalletClient.events`; with a `timeout`, until nothing happens for so many seconds."""
        loop = self._loop
        if loop is None:
            return iter(())
        return _one_by_one(loop, loop.run(self._listen(since)), timeout)

    def close(self) -> None:
        """As `AsyncEWalletClient.close`; by several threads or twice it does no harm."""
        with self._opening:
            if self._loop is None:
                return
            try:
                self._loop.run(self._client.close())
            finally:
                self._loop.stop()
                self._loop = None

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _listen(self, since: int | None) -> AsyncIterator[Event]:
        return self._client.events(since)

    def _opened(self) -> LoopThread:
        loop = self._loop
        if loop is None:
            raise Unreachable(NOT_OPEN)
        return loop


def _one_by_one(loop: LoopThread, told: AsyncIterator[Event], timeout: float | None) -> Iterator[Event]:
    async def following() -> Event:
        async with asyncio.timeout(timeout):
            return await anext(told)

    while loop.is_running:
        try:
            event = loop.run(following())
        except (StopAsyncIteration, TimeoutError):
            return
        except Unreachable:
            if loop.is_running:
                raise
            return
        yield event
