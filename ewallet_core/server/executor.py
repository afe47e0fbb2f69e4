"""Carries out calls for the event loop, in threads by work class, each client's calls in order."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar, cast

from ewallet_core.engine.dispatcher import Dispatcher
from ewallet_core.engine.event_stream import EventSubscription
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import EngineClosedError, ServerBusyError
from ewallet_core.instructions.envelope import Answer, error_answer, in_reply_to
from ewallet_core.instructions.registry import WorkClass
from ewallet_core.operations.context import Call, InvalidCall
from ewallet_core.server.limits import Limits
from ewallet_core.storage.database import Finished
from ewallet_core.storage.transaction import Transaction

LONG_THREADS = 2
MOST_VIEWS_AT_ONCE = 16
"""How many views are read in one transaction, before the loop looks for other work."""
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


@dataclass(eq=False, slots=True)
class PendingCall:
    """A call that is under way, and what gets its answer."""

    call: Call | InvalidCall
    answered: Callable[[Answer], None]


@dataclass(eq=False, slots=True)
class Change:
    """A call as the work of the writer."""

    pending: PendingCall
    call: Call
    work: Callable[[Transaction], Answer]

    def __call__(self, transaction: Transaction) -> Answer:
        return self.work(transaction)


Answered = list[tuple[PendingCall, Answer]]


class Executor:
    """Runs the calls of the running event loop, which waits for no writer, no long view and no password.

    Views of a few rows run in the loop itself: to change to a thread and back costs as much as the view. All
    others run in threads, and what was carried out together comes back in one wake-up.
    """

    def __init__(self, dispatcher: Dispatcher, limits: Limits) -> None:
        self._dispatcher = dispatcher
        self._order = dispatcher.order
        self._most_passwords = limits.passwords_at_once + limits.passwords_waiting
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._under_way: dict[PendingCall, Callable[[], None]] = {}
        """The calls that are not answered yet, and what `KeyedLocks` calls when the turn of each comes."""
        self._passwords = 0
        self._views: deque[tuple[PendingCall, Call]] = deque()
        self._long = ThreadPoolExecutor(LONG_THREADS, "ewallet-long")
        self._hashing = ThreadPoolExecutor(limits.passwords_at_once, "ewallet-passwords")
        self._events = ThreadPoolExecutor(1, "ewallet-events")

    def run(self, call: Call | InvalidCall, answered: Callable[[Answer], None]) -> None:
        """Carry the call out after the earlier calls of its client, and call `answered` in the loop.

        While it waits for those it occupies no thread, and only one password of a client waits for a thread.
        """
        pending = PendingCall(call, answered)
        granted = self._under_way[pending] = partial(self._grant, pending)
        if self._order.acquire(call.order_key, granted):
            self._begin(pending)

    def read(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Read something for the event port."""
        return self._loop.run_in_executor(self._events, work)

    def shut_down(self) -> None:
        """Wait for the work that has begun, and end the threads; the loop no longer runs."""
        for threads in (self._long, self._hashing, self._events):
            threads.shutdown(cancel_futures=True)
        # A program in this process may go on with the same sessions.
        for pending, granted in reversed(self._under_way.items()):
            self._order.give_up(pending.call.order_key, granted)

    def _grant(self, pending: PendingCall) -> None:
        """Begin a call whose turn it is; the thread is that of the call before it."""
        if threading.get_ident() == self._loop_thread:
            self._loop.call_soon(self._begin, pending)
        else:
            self._in_loop(self._begin, pending)

    def _begin(self, pending: PendingCall) -> None:
        call, work_class = pending.call, pending.call.work_class
        if work_class is WorkClass.LONG or isinstance(call, InvalidCall):
            self._long.submit(self._run_apart, pending, self._finish)
        elif work_class is WorkClass.VIEW:
            if not self._views:
                self._loop.call_soon(self._run_views)
            self._views.append((pending, call))
        elif work_class is WorkClass.CHANGE:
            self._submit(pending, call)
        elif self._passwords < self._most_passwords:
            self._passwords += 1
            self._hashing.submit(self._run_apart, pending, self._finish_password)
        else:
            self._refuse(pending, ServerBusyError(BUSY_RETRY_MS))

    def _submit(self, pending: PendingCall, call: Call) -> None:
        try:
            change = Change(pending, call, self._dispatcher.work(call))
            self._dispatcher.database.submit(change, self._deliver)
        except EngineClosedError as error:
            self._refuse(pending, error)

    def _refuse(self, pending: PendingCall, error: WalletError) -> None:
        self._finish([(pending, in_reply_to(pending.call.reply_id, error_answer(error)))])

    def _run_views(self) -> None:
        """Carry out some of the views that wait, in the loop: they read a few rows, which no writer locks."""
        views = [self._views.popleft() for _ in range(min(MOST_VIEWS_AT_ONCE, len(self._views)))]
        if self._views:
            self._loop.call_soon(self._run_views)
        answers = self._dispatcher.view([call for _, call in views])
        for (pending, call), answer in zip(views, answers, strict=True):
            if answer is None:
                # It has to write something first, so it runs again as a change.
                self._submit(pending, call)
            else:
                self._finish([(pending, answer)])

    def _run_apart(self, pending: PendingCall, finish: Callable[[Answered], None]) -> None:
        self._in_loop(finish, [(pending, self._dispatcher.run_now(pending.call))])

    def _deliver(self, group: list[Finished]) -> None:
        """Take what the writer has committed together, in its thread."""
        self._in_loop(self._finish_changes, group)

    def _in_loop(self, callback: Callable[[T], None], argument: T) -> None:
        # When the server has stopped, the loop is closed, and the answers have no connection any longer.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback, argument)

    def _finish_changes(self, group: list[Finished]) -> None:
        self._dispatcher.notice_change()
        for finished in group:
            change = cast("Change", finished.work)
            self._finish([(change.pending, self._dispatcher.answer_to(change.call, finished))])

    def _finish_password(self, answered: Answered) -> None:
        self._passwords -= len(answered)
        self._finish(answered)

    def _finish(self, answered: Answered) -> None:
        for pending, answer in answered:
            del self._under_way[pending]
            self._order.release(pending.call.order_key)
            pending.answered(answer)
