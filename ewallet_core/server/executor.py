"""Runs calls for the event loop: in threads by work class, each client's calls in order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

from ewallet_core.engine.dispatcher import Dispatcher
from ewallet_core.engine.event_stream import EventSubscription
from ewallet_core.errors.server import ServerBusyError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import WorkClass
from ewallet_core.operations.context import Call, InvalidCall
from ewallet_core.server.limits import Limits

READERS, WRITERS = 6, 48
"""Threads for views, fewer than the storage has connections, and for changes, which commit in groups."""
BUSY_RETRY_MS = 500

T = TypeVar("T")


class Engine(Protocol):
    """What a server needs of an `EWalletSessionManager`."""

    @property
    def dispatcher(self) -> Dispatcher: ...

    @property
    def clock(self) -> Callable[[], int]: ...

    def follow(self, client_id: str, session_token: str) -> EventSubscription: ...

    def changed_accounts(self, after: int | None = None) -> tuple[int, set[int]]: ...

    def active_accounts(self) -> dict[int, int | None]: ...

    def on_change(self, changed: Callable[[], None]) -> None: ...


class Executor:
    """Threads that run the calls of one event loop, so that the loop never waits for the storage."""

    def __init__(self, dispatcher: Dispatcher, limits: Limits) -> None:
        self._dispatcher = dispatcher
        self._limits = limits
        self._threads = {
            WorkClass.VIEW: ThreadPoolExecutor(READERS, "ewallet-views"),
            WorkClass.CHANGE: ThreadPoolExecutor(WRITERS, "ewallet-changes"),
            WorkClass.PASSWORD: ThreadPoolExecutor(limits.passwords_at_once, "ewallet-passwords"),
        }
        self._passwords = 0

    async def run(self, call: Call | InvalidCall) -> Answer:
        """Carry the call out after the earlier calls of its client; raises `ServerBusyError`.

        While it waits for those it occupies no thread, and only one password of a client waits for a thread.
        """
        order, key = self._dispatcher.order, call.order_key
        turn = order.acquire(key)
        try:
            if not turn.done():
                await asyncio.wrap_future(turn)
        except asyncio.CancelledError:
            order.give_up(key, turn)
            raise
        try:
            work = self._submit(call)
        except BaseException:
            order.release(key)
            raise
        is_password = call.work_class is WorkClass.PASSWORD
        self._passwords += is_password
        try:
            answer = asyncio.wrap_future(work)
            # A cancelled task does not stop work that has begun: the next call still waits for that.
            work.add_done_callback(lambda _: order.release(key))
            return await answer
        finally:
            self._passwords -= is_password

    def _submit(self, call: Call | InvalidCall) -> Future[Answer]:
        most = self._limits.passwords_at_once + self._limits.passwords_waiting
        if call.work_class is WorkClass.PASSWORD and self._passwords >= most:
            raise ServerBusyError(BUSY_RETRY_MS)
        return self._threads[call.work_class].submit(self._dispatcher.run_now, call)

    async def read(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads[WorkClass.VIEW], work)

    def shut_down(self) -> None:
        """Wait for the work that has begun, and end the threads."""
        for threads in self._threads.values():
            threads.shutdown(cancel_futures=True)
