"""The hands that do the work: threads for each weight of it, and each client's in the order it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, Protocol, TypeVar
from weakref import WeakValueDictionary

from ewallet_core.engine.event_stream import EventSubscription
from ewallet_core.errors.server import ServerBusyError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import WorkClass
from ewallet_core.server.limits import Limits

LOOKING, CHANGING = 6, 48
"""Threads that read, below what the storage has connections for; and that wait for a commit together."""
BUSY_RETRY_MS = 500

T = TypeVar("T")


class Engine(Protocol):
    """What is served: a session manager."""

    @property
    def clock(self) -> Callable[[], int]:
        """What tells the time, in milliseconds UTC."""
        ...

    def answer(self, request: Mapping[str, Any], address: str) -> Answer:
        """Carry an instruction out for a caller at that address."""
        ...

    def work_class_of(self, request: Mapping[str, Any]) -> WorkClass:
        """How much work it is."""
        ...

    def follow(self, client_id: str, session_token: str) -> EventSubscription:
        """What follows the account that is active in that session."""
        ...

    def news(self, after: int | None = None) -> tuple[int, set[int]]:
        """The latest event, and the accounts to which something happened after that one."""
        ...

    def active_accounts(self) -> dict[int, int | None]:
        """The account that is active in each session, by the sessions' ids."""
        ...

    def tell_changes(self, changed: Callable[[], None]) -> None:
        """Call that after each change, from whichever thread."""
        ...


class Executor:
    """Carries out, off the loop, what `engine` is asked on it."""

    def __init__(self, engine: Engine, limits: Limits) -> None:
        self._engine = engine
        self._limits = limits
        self._threads = {
            WorkClass.LOOK: ThreadPoolExecutor(LOOKING, "ewallet-looks"),
            WorkClass.CHANGE: ThreadPoolExecutor(CHANGING, "ewallet-changes"),
            WorkClass.PASSWORD: ThreadPoolExecutor(limits.passwords_at_once, "ewallet-passwords"),
        }
        self._passwords = 0
        self._turns: WeakValueDictionary[object, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, request: Mapping[str, Any], whose: object, address: str) -> Answer:
        """Carry it out after everything of `whose` that was asked before; raises `ServerBusyError`."""
        work_class = self._engine.work_class_of(request)
        work = partial(self._engine.answer, request, address)
        turn = self._turns.setdefault(whose, asyncio.Lock())
        # The turn comes first, so that each has no more than one password among those that wait.
        async with turn:
            if work_class is not WorkClass.PASSWORD:
                return await self._do(work_class, work)
            with self._one_more_password():
                return await self._do(work_class, work)

    async def look(self, work: Callable[[], T]) -> T:
        """What `work`, which only reads, finds."""
        return await self._do(WorkClass.LOOK, work)

    def rest(self) -> None:
        """Wait for what was begun, and let the threads go."""
        for threads in self._threads.values():
            threads.shutdown(cancel_futures=True)

    @contextmanager
    def _one_more_password(self) -> Iterator[None]:
        if self._passwords >= self._limits.passwords_at_once + self._limits.passwords_waiting:
            raise ServerBusyError(BUSY_RETRY_MS)
        self._passwords += 1
        try:
            yield
        finally:
            self._passwords -= 1

    async def _do(self, work_class: WorkClass, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads[work_class], work)
