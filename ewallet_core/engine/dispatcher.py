"""Parses requests, runs them in order for each client, and answers them."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any, TypeVar

import msgspec

from ewallet_core.engine.cleanup import (
    CLEANERS,
    LULL_SECONDS,
    REMOTE_LULL_SECONDS,
    CleanupThread,
    DueTimes,
    Scheduler,
    WakeUpEvent,
)
from ewallet_core.engine.execution import Execution, OpenContext
from ewallet_core.engine.wall_clock import WallClock
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.requests import ArgumentsClashError
from ewallet_core.errors.server import EngineFailedError, StorageFailedError
from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.envelope import (
    NO_CREDENTIALS,
    Answer,
    Credentials,
    error_answer,
    in_reply_to,
    outcome_of,
    parse_envelope,
    request_id_of,
)
from ewallet_core.instructions.registry import InstructionRegistry, Prepare, read_request
from ewallet_core.ledger.journal import Issuer
from ewallet_core.metrics import Metrics
from ewallet_core.operations.context import (
    INVALID,
    Call,
    Caller,
    ClockDoubt,
    Context,
    EngineConfig,
    Environment,
    InstructionListener,
    InvalidCall,
    Preparation,
    StalePreparationError,
)
from ewallet_core.security.passwords import Passwords
from ewallet_core.security.tokens import RandomBytes
from ewallet_core.storage.database import Database, Finished, Work
from ewallet_core.storage.transaction import NeedsWrite, Transaction

MOST_PREPARATIONS = 5

_log = logging.getLogger("ewallet_core")
# Without this, a program without logging would print tracebacks on its screen.
_log.addHandler(logging.NullHandler())

T = TypeVar("T")

IN_THIS_PROCESS = Caller()


class KeyedLocks:
    """A lock for each key, granted in the order of asking, to threads and to event loops alike."""

    def __init__(self) -> None:
        self._changing = threading.Lock()
        self._waiting: dict[Hashable, deque[Callable[[], None]]] = {}
        """What waits for each lock that is held."""

    def acquire(self, key: Hashable, granted: Callable[[], None]) -> bool:
        """Take the lock if it is free, and return whether it was; if not, wait for it without blocking.

        `release` then calls `granted`, in the thread that releases. The key None is no lock: always free.
        """
        if key is None:
            return True
        with self._changing:
            if key not in self._waiting:
                self._waiting[key] = deque()
                return True
            self._waiting[key].append(granted)
            return False

    def give_up(self, key: Hashable, granted: Callable[[], None]) -> None:
        """Stop waiting for the lock, or release it if it has been granted meanwhile."""
        if key is None:
            return
        with self._changing:
            if granted in self._waiting[key]:
                self._waiting[key].remove(granted)
                return
        self.release(key)

    def release(self, key: Hashable) -> None:
        """Grant the lock to the one that has waited longest."""
        if key is None:
            return
        with self._changing:
            if not self._waiting[key]:
                del self._waiting[key]
                return
            granted = self._waiting[key].popleft()
        granted()


@dataclass(frozen=True, slots=True)
class Dependencies:
    wall_clock: WallClock
    randomness: RandomBytes
    config: EngineConfig
    passwords: Passwords
    issuer: Issuer


def log_fault(error: WalletError, where: str) -> None:
    """Write the error to the log if its operator must learn of it; `where` says what it made fail."""
    if error.logged:
        # In one line, and without what a database adds to it, which may name values.
        cause = "" if error.__cause__ is None else str(error.__cause__).partition("\n")[0].rstrip(".")
        added = f" ({cause})" if cause and cause not in error.error else ""
        _log.error("%s: %s%s %s", where, error.error, added, error.warning, extra={"kind": error.code})


def _failure(error: BaseException, call: Call | InvalidCall) -> Answer:
    """The answer to a call that has raised this error, which is logged unless it is for the client alone."""
    if isinstance(error, WalletError):
        log_fault(error, call.name)
        return error_answer(error)
    _log.error("an instruction failed", exc_info=error)
    return error_answer(EngineFailedError())


def _refuse_ignored(beside: Credentials) -> None:
    """Refuse credentials that seem to name one item where all would be cleaned up."""
    ignored = tuple(beside.among(("client_id", "session_token")))
    if ignored:
        raise ArgumentsClashError(
            ignored,
            f"{' and '.join(f'`{name}`' for name in ignored)} would be ignored: this cleans up all of them.",
            "Leave it out, or send it in the `header`; name one item by the instruction's own argument.",
        )


class Dispatcher:
    """Takes requests, from several threads at once, and answers them; it never raises for a bad request."""

    def __init__(self, database: Database, dependencies: Dependencies) -> None:
        self.database = database
        self.clock = dependencies.wall_clock.now
        self.changed: Callable[[], None] = lambda: None
        """Called after something was changed, from the thread that notices it."""
        self.order = KeyedLocks()
        """The calls of one client run one after another, by their `order_key`."""
        self.metrics = Metrics()
        self._dependencies = dependencies
        self._environment = Environment(
            dependencies.config, dependencies.issuer, dependencies.randomness, REGISTRY, self.metrics
        )
        scheduler = Scheduler(
            CLEANERS,
            self._read_due_times,
            self._clean_up,
            self.clock,
            dependencies.config.retention,
            lambda: database.is_in_charge,
        )
        lull = REMOTE_LULL_SECONDS if database.is_remote else LULL_SECONDS
        self._cleanup_thread = CleanupThread(scheduler, WakeUpEvent(lull))
        database.on_foreign_change(self.notice_change)
        self.metrics.add_source(database.metrics)
        self.metrics.add_source(scheduler.metrics)
        self.metrics.add_source(dependencies.wall_clock.metrics)

    def listen_through(self, listener: InstructionListener | None) -> None:
        """Have that listener carry out the instructions about sockets; without one, they fail."""
        self._environment = msgspec.structs.replace(self._environment, listener=listener)

    def parse(
        self,
        request: Mapping[str, Any],
        caller: Caller = IN_THIS_PROCESS,
        registry: InstructionRegistry = REGISTRY,
    ) -> Call | InvalidCall:
        """Open the envelope, match the instruction and read its arguments, once for each request."""
        order_key, name = caller.connection, INVALID
        try:
            envelope = parse_envelope(request)
            credentials = envelope.credentials
            if caller.live_session_id is not None:
                order_key = caller.live_session_id
            elif credentials.client_id is not None:
                order_key = credentials
            if (found := registry.match(envelope.chain)) is None:
                unknown = partial(registry.unknown, envelope.chain)
                return InvalidCall(lambda: error_answer(unknown()), envelope.request_id, order_key)
            instruction, arguments = found
            name = instruction.name
            arguments |= envelope.named(instruction.arguments, is_remote=not caller.is_in_process)
            if caller.live_worker_id is not None:
                # A worker needs no credentials, so those in a header are arguments too.
                arguments = envelope.header.among(instruction.arguments) | arguments
            if caller.is_in_process and not arguments and instruction.request.sweeps:
                _refuse_ignored(envelope.beside)
            typed = read_request(instruction, arguments)
            credentials = envelope.credentials_beside(instruction.arguments)
        except WalletError as error:
            return InvalidCall(partial(error_answer, error), request_id_of(request), order_key, name)
        except Exception:  # noqa: BLE001 - whatever it is, the caller must get an answer
            _log.exception("a request could not be read")
            return InvalidCall(partial(error_answer, EngineFailedError()), request_id_of(request), order_key)
        return Call(instruction, typed, credentials, envelope.request_id, caller, order_key)

    def run(self, call: Call | InvalidCall) -> Answer:
        """Carry the call out after the earlier calls of its client, and answer it."""
        begun = perf_counter()
        answer = self.run_now(call) if isinstance(call, InvalidCall) else self._run_in_turn(call)
        self.metrics.count_request(call.name, outcome_of(answer), perf_counter() - begun)
        return answer

    def _run_in_turn(self, call: Call) -> Answer:
        # It is released once the turn comes. An event would do, but costs more to make.
        turn = threading.Lock()
        turn.acquire()
        granted = turn.release
        if not self.order.acquire(call.order_key, granted):
            try:
                turn.acquire()
            except BaseException:
                self.order.give_up(call.order_key, granted)
                raise
        try:
            return self.run_now(call)
        finally:
            self.order.release(call.order_key)

    def run_now(self, call: Call | InvalidCall) -> Answer:
        """As `run`, for a caller that holds the lock of the call's `order_key`."""
        try:
            answer = call.answer() if isinstance(call, InvalidCall) else self._carry_out(call)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller must get an answer
            answer = _failure(error, call)
        return in_reply_to(call.reply_id, answer)

    def view(self, calls: Sequence[Call]) -> list[Answer | None]:
        """As `run_now` for views, in one read transaction; None for one that has to write something first."""
        try:
            return self.database.read(partial(self._view_together, calls))
        except Exception as error:  # noqa: BLE001 - whatever it is, the callers must get their answers
            if len(calls) > 1 and not (self.database.is_remote and isinstance(error, StorageFailedError)):
                # One alone is at fault, and the others must not fail with it: the database does answer.
                return [answer for call in calls for answer in self.view([call])]
            return [in_reply_to(call.reply_id, _failure(error, call)) for call in calls]

    def work(self, call: Call) -> Work:
        """The call as work for `Database.submit`, to be answered by `answer_to`."""
        return Execution(call, self.context).run

    def answer_to(self, call: Call, finished: Finished) -> Answer:
        answer = finished.result if finished.error is None else _failure(finished.error, call)
        return in_reply_to(call.reply_id, answer)

    def notice_change(self) -> None:
        """Something was changed: wake what waits for changes."""
        self._cleanup_thread.notice_change()
        self.changed()

    def answer(
        self,
        request: Mapping[str, Any],
        caller: Caller = IN_THIS_PROCESS,
        registry: InstructionRegistry = REGISTRY,
    ) -> Answer:
        """Parse a request, flat or enveloped, carry it out and answer it."""
        return self.run(self.parse(request, caller, registry))

    def context(
        self,
        transaction: Transaction,
        caller: Caller = IN_THIS_PROCESS,
        credentials: Credentials = NO_CREDENTIALS,
        request_id: str | None = None,
        prepared: Any = None,
    ) -> Context:
        """A context for a caller who is not authenticated yet."""
        time = self._dependencies.wall_clock.read(transaction)
        return self._context_at(time, transaction, caller, credentials, request_id, prepared)

    def _context_at(
        self,
        time: tuple[int, ClockDoubt | None],
        transaction: Transaction,
        caller: Caller,
        credentials: Credentials,
        request_id: str | None,
        prepared: Any,
    ) -> Context:
        return Context(
            transaction,
            *time,
            self._environment,
            caller,
            credentials,
            request_id,
            prepared,
            transaction.changed_rows,
        )

    def close(self) -> None:
        """Stop the cleaners, finish what was begun, then close the database."""
        self._cleanup_thread.close()
        self.database.close()

    def _carry_out(self, call: Call) -> Answer:
        execution = Execution(call, self.context)
        if not call.instruction.changes:
            return self._read(execution.run)
        if call.instruction.prepare is None:
            answer = self.database.write(execution.run)
        else:
            # A repeated request must get its first answer even if its preparation would fail now.
            seen = self._read(execution.first_answer)
            answer = self._prepare_and_run(call.instruction.prepare, execution) if seen is None else seen
        self.notice_change()
        return answer

    def _view_together(self, calls: Sequence[Call], transaction: Transaction) -> list[Answer | None]:
        """The answers to the views, all of them as of now."""
        open_context = partial(self._context_at, self._dependencies.wall_clock.read(transaction))
        return transaction.run_together([partial(self._view, call, open_context) for call in calls])

    def _view(self, call: Call, open_context: OpenContext, transaction: Transaction) -> Answer | None:
        try:
            answer = Execution(call, open_context).run(transaction)
        except NeedsWrite:
            return None
        except WalletError as error:
            answer = error_answer(error)
        return in_reply_to(call.reply_id, answer)

    def _read(self, work: Callable[[Transaction], T]) -> T:
        """The result of `work`; if it must write something first, it runs again as a change."""
        try:
            return self.database.read(work)
        except NeedsWrite:
            return self.database.write(work)

    def _prepare_and_run(self, prepare: Prepare, execution: Execution) -> Answer:
        def look(seen: Callable[[Context], T]) -> T:
            return self.database.read(lambda transaction: seen(execution.context(transaction)))

        preparation = Preparation(
            look=look,
            passwords=self._dependencies.passwords,
            cleaners=self._cleanup_thread,
            listener=self._environment.listener,
        )
        for _ in range(MOST_PREPARATIONS):
            try:
                prepared = prepare(execution.call.request, preparation)
            except WalletError as error:
                return self._read(partial(execution.refuse, error))
            with contextlib.suppress(StalePreparationError):
                return self.database.write(partial(execution.run, prepared=prepared))
        raise StalePreparationError

    def _read_due_times(self, look: Callable[[Transaction], DueTimes]) -> DueTimes:
        """What `look` reads; nothing is due while the wall clock is in doubt."""

        def look_if_clock_is_right(transaction: Transaction) -> DueTimes:
            _, doubt = self._dependencies.wall_clock.read(transaction)
            return look(transaction) if doubt is None else {}

        return self.database.read(look_if_clock_is_right)

    def _clean_up(self, what: str) -> Answer:
        return self.answer({"controller": "system", "ctype": "action", "action": "cleanup", "cleanup": what})
