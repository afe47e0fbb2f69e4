"""Carries out calls for the event loop, in threads by work class, each client's calls in order."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Protocol, TypeVar, cast

import msgspec

from ewallet_core.engine.dispatcher import Dispatcher
from ewallet_core.engine.event_stream import EventSubscription
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import EngineClosedError, ReaderTooSlowError, ServerBusyError
from ewallet_core.instructions.envelope import Answer, error_answer, in_reply_to
from ewallet_core.instructions.registry import WorkClass
from ewallet_core.metrics import Metric, MetricKind, gauge
from ewallet_core.operations.context import Call, InvalidCall
from ewallet_core.server.fair_threads import FairThreads
from ewallet_core.server.limits import Limits
from ewallet_core.server.log import NumberedConnection, RequestMonitor
from ewallet_core.storage.database import Finished
from ewallet_core.storage.events import EventCursor
from ewallet_core.storage.transaction import Transaction

LONG_THREADS = 2
VIEW_THREADS, EVENT_THREADS = 2, 4
"""Of a database that is on another machine."""
MOST_VIEWS_AT_ONCE = 16
"""How many views are read in one transaction, before the loop or the thread looks for other work."""
BUSY_RETRY_MS = 500

T = TypeVar("T")


class Engine(Protocol):
    """What a server needs of an `EWalletSessionManager`."""

    @property
    def dispatcher(self) -> Dispatcher: ...

    @property
    def clock(self) -> Callable[[], int]: ...

    def follow(self, client_id: str, session_token: str) -> EventSubscription: ...

    def changed_accounts(self, after: EventCursor | None = None) -> tuple[EventCursor, set[int] | None]: ...

    def active_accounts(self, session_ids: Sequence[int]) -> dict[int, int | None]: ...

    def on_change(self, changed: Callable[[], None]) -> None: ...


class Requester(NumberedConnection, Protocol):
    """The connection of a call."""

    @property
    def network(self) -> str: ...

    @property
    def is_limited(self) -> bool:
        """Whether the limits per address apply to it."""

    @property
    def is_lost(self) -> bool: ...

    @property
    def is_ready(self) -> bool:
        """Whether a call may begin, because not too much is waiting to be read by the client.

        When that becomes true again, and when the connection is lost, it calls `Executor.resume`.
        """

    def answer(self, message: Answer) -> None: ...


class PendingCall(msgspec.Struct, eq=False):
    """A call that is not answered yet, and the connection that gets its answer."""

    call: Call | InvalidCall
    requester: Requester
    received_at: float
    """When it was received, by `perf_counter`."""

    @property
    def only_reads(self) -> bool:
        return isinstance(self.call, InvalidCall) or not self.call.instruction.changes


@dataclass(eq=False, slots=True)
class Change:
    """A call as the work of the writer."""

    pending: PendingCall
    call: Call
    work: Callable[[Transaction], Answer]

    def __call__(self, transaction: Transaction) -> Answer:
        return self.work(transaction)


Answered = tuple[PendingCall, Answer]
Viewed = tuple[PendingCall, Answer | None]
"""A view, and its answer unless it has to write something first."""


class Executor:
    """Runs the calls of the running event loop, which waits for no writer, no long view and no password.

    Views of a few rows run in the loop itself, unless the database is remote: to change to a thread and back
    costs as much as the view. All others run in threads, and what was carried out together comes back in one
    wake-up.

    A call of a client that does not read its answers is held until it does. When its connection is lost,
    calls that only read are dropped.
    """

    def __init__(self, dispatcher: Dispatcher, limits: Limits, monitor: RequestMonitor) -> None:
        self._dispatcher = dispatcher
        self._monitor = monitor
        self._order = dispatcher.order
        self._limits = limits
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._under_way: dict[PendingCall, Callable[[], None]] = {}
        """The calls that are not answered yet, and what `KeyedLocks` calls when the turn of each comes."""
        self._held: dict[Requester, list[PendingCall]] = {}
        """The calls of clients that do not read. Only the calls of the same session wait for them."""
        self._views: deque[PendingCall] = deque()
        self._remote_views = FairThreads[PendingCall](
            VIEW_THREADS,
            "ewallet-views",
            self._run_remote_views,
            self._may_begin,
            most_at_once=MOST_VIEWS_AT_ONCE,
            call_soon=self._loop.call_soon,
        )
        self._long = FairThreads(LONG_THREADS, "ewallet-long", self._run_long, self._may_begin)
        self._hashing = FairThreads(
            limits.passwords_at_once,
            "ewallet-passwords",
            self._run_hashing,
            self._may_begin,
            yielding=True,
        )
        self._is_remote = dispatcher.database.is_remote
        self._events = ThreadPoolExecutor(EVENT_THREADS if self._is_remote else 1, "ewallet-events")

    def run(self, call: Call | InvalidCall, requester: Requester) -> None:
        """Carry the call out after the earlier calls of its client, and give `requester` the answer.

        While it waits for those it occupies no thread, and only one password of a client waits for a thread.
        """
        pending = PendingCall(call, requester, perf_counter())
        granted = self._under_way[pending] = partial(self._grant, pending)
        if self._order.acquire(call.order_key, granted):
            self._begin(pending)

    def metrics(self) -> Iterator[Metric]:
        yield gauge("ewallet_requests_under_way", "Requests not answered yet.", len(self._under_way))
        waiting = {
            "view": len(self._views) + len(self._remote_views.waiting),
            "long": len(self._long.waiting),
            "password": len(self._hashing.waiting),
            "unread": sum(map(len, list(self._held.values()))),
        }
        yield Metric(
            "ewallet_requests_waiting",
            MetricKind.GAUGE,
            "Requests that wait for a thread, or until their client has read its answers.",
            [({"for": kind}, count) for kind, count in waiting.items()],
        )

    def read(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Read something for the event port."""
        return self._loop.run_in_executor(self._events, work)

    def resume(self, network: str) -> None:
        """Look again at the calls that are held for connections of that network."""
        if self._held:
            for requester in [held for held in self._held if held.network == network]:
                for pending in self._held.pop(requester):
                    self._begin(pending)

    def shut_down(self) -> None:
        """Wait for the work that has begun, and end the threads; the loop no longer runs."""
        self._remote_views.shut_down()
        self._long.shut_down()
        self._hashing.shut_down()
        self._events.shutdown(cancel_futures=True)
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
        if work_class is WorkClass.VIEW and not self._is_remote:
            if not self._views:
                self._loop.call_soon(self._run_views)
            self._views.append(pending)
        elif not self._may_begin(pending):
            return
        elif work_class is WorkClass.LONG or isinstance(call, InvalidCall):
            self._long.add(pending.requester.network, pending)
        elif work_class is WorkClass.VIEW:
            self._remote_views.add(pending.requester.network, pending)
        elif work_class is WorkClass.CHANGE:
            self._submit(pending, call)
        else:
            self._queue_password(pending)

    def _may_begin(self, pending: PendingCall) -> bool:
        """Whether the call may begin now. If not, it is held, or dropped if its connection is lost."""
        requester = pending.requester
        if requester.is_lost:
            if pending.only_reads:
                self._refuse(pending, ReaderTooSlowError(self._limits.unread_seconds))
            return not pending.only_reads
        if not requester.is_ready:
            self._held.setdefault(requester, []).append(pending)
            return False
        return True

    def _queue_password(self, pending: PendingCall) -> None:
        """Let the call wait for a thread, unless too many of its network do, or too many in all.

        If too many wait in all, the network with most of them gives a place to a network with fewer.
        """
        limits, waiting, requester = self._limits, self._hashing.waiting, pending.requester
        of_network = waiting.count_of(requester.network)
        if requester.is_limited and of_network >= limits.passwords_waiting_per_address:
            self._refuse(pending, ServerBusyError(BUSY_RETRY_MS))
            return
        if len(waiting) >= limits.passwords_waiting:
            if waiting.longest() <= of_network + 1:
                self._refuse(pending, ServerBusyError(BUSY_RETRY_MS))
                return
            self._refuse(waiting.pop_longest(), ServerBusyError(BUSY_RETRY_MS))
        self._hashing.add(requester.network, pending)

    def _submit(self, pending: PendingCall, call: Call) -> None:
        try:
            change = Change(pending, call, self._dispatcher.work(call))
            self._dispatcher.database.submit(change, self._deliver)
        except EngineClosedError as error:
            self._refuse(pending, error)

    def _refuse(self, pending: PendingCall, error: WalletError) -> None:
        self._finish(pending, in_reply_to(pending.call.reply_id, error_answer(error)))

    def _run_views(self) -> None:
        """Carry out some of the views that wait, in the loop: they read a few rows, which no writer locks."""
        waiting = self._views
        taken = [waiting.popleft() for _ in range(min(MOST_VIEWS_AT_ONCE, len(waiting)))]
        if waiting:
            self._loop.call_soon(self._run_views)
        self._finish_views(self._view([pending for pending in taken if self._may_begin(pending)]))

    def _run_remote_views(self, views: list[PendingCall]) -> None:
        self._in_loop(self._finish_remote_views, self._view(views))

    def _view(self, views: list[PendingCall]) -> list[Viewed]:
        calls = [cast("Call", pending.call) for pending in views]
        return list(zip(views, self._dispatcher.view(calls), strict=True))

    def _run_long(self, calls: list[PendingCall]) -> None:
        self._in_loop(self._finish_long, self._run_now(calls))

    def _run_hashing(self, calls: list[PendingCall]) -> None:
        self._in_loop(self._finish_hashing, self._run_now(calls))

    def _run_now(self, calls: list[PendingCall]) -> list[Answered]:
        return [(pending, self._dispatcher.run_now(pending.call)) for pending in calls]

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
            self._finish(change.pending, self._dispatcher.answer_to(change.call, finished))

    def _finish_remote_views(self, done: list[Viewed]) -> None:
        self._finish_views(done)
        self._remote_views.finish()

    def _finish_views(self, done: list[Viewed]) -> None:
        for pending, answer in done:
            if answer is None:
                # It has to write something first, so it runs again as a change.
                self._submit(pending, cast("Call", pending.call))
            else:
                self._finish(pending, answer)

    def _finish_long(self, answers: list[Answered]) -> None:
        for pending, answer in answers:
            self._finish(pending, answer)
        self._long.finish()

    def _finish_hashing(self, answers: list[Answered]) -> None:
        for pending, answer in answers:
            self._finish(pending, answer)
        self._hashing.finish()

    def _finish(self, pending: PendingCall, answer: Answer) -> None:
        call, requester = pending.call, pending.requester
        del self._under_way[pending]
        self._order.release(call.order_key)
        self._monitor.note(call, requester, answer, pending.received_at)
        requester.answer(answer)
