"""A lane for each client, so that its instructions run one after another while others go on."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from ewallet_core.engine.cleanup import CLEANERS, CleanupThread, Scheduler, WakeUpEvent
from ewallet_core.engine.execution import Execution
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import EngineFailedError
from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.envelope import Answer, Call, error_answer, in_reply_to, parse_envelope
from ewallet_core.instructions.registry import (
    Instruction,
    InstructionRegistry,
    Prepare,
    WorkClass,
    read_request,
)
from ewallet_core.ledger.journal import Issuer
from ewallet_core.operations.context import (
    IN_PROCESS,
    Context,
    EngineConfig,
    Listener,
    Preparation,
    StalePreparationError,
)
from ewallet_core.security.passwords import Passwords
from ewallet_core.security.tokens import RandomBytes
from ewallet_core.storage.database import Database
from ewallet_core.storage.transaction import NeedsWrite, Transaction


class _KeyedLock:
    """A lock that can be referred to weakly."""

    def __init__(self) -> None:
        self.turn = threading.Lock()


class KeyedLocks:
    """The lanes of the clients whose instructions are under way."""

    def __init__(self) -> None:
        self._opening = threading.Lock()
        self._locks: WeakValueDictionary[Hashable, _KeyedLock] = WeakValueDictionary()

    @contextmanager
    def turn(self, whose: Hashable) -> Iterator[None]:
        """Wait until what the same client sent before is done; who has no lane waits for nobody."""
        if whose is None:
            yield
            return
        with self._opening:
            lock_key = self._locks.setdefault(whose, _KeyedLock())
        with lock_key.turn:
            yield


MOST_PREPARATIONS = 5

_log = logging.getLogger("ewallet_core")
# A program that has set up no logging must not find a traceback on its screen.
_log.addHandler(logging.NullHandler())

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whence an instruction comes: what can be asked there, and for which live object, if for one."""

    registry: InstructionRegistry = REGISTRY
    address: str = IN_PROCESS
    live_session_id: int | None = None
    live_worker_id: int | None = None

    def lock_key(self, call: Call) -> Hashable:
        """Whose instructions run one after another."""
        return call.caller if self.live_session_id is None else self.live_session_id


THE_PROGRAM = Caller()


def _no_listener() -> None:
    """Nobody is to be told that something has changed."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What every instruction is carried out with."""

    clock: Callable[[], int]
    randomness: RandomBytes
    config: EngineConfig
    passwords: Passwords
    issuer: Issuer


class Dispatcher:
    """Takes instructions from several threads at once; it never raises for what was asked."""

    def __init__(self, database: Database, dependencies: Dependencies) -> None:
        self.database = database
        self.clock = dependencies.clock
        self.listener: Listener | None = None
        self.changed: Callable[[], None] = _no_listener
        self._dependencies = dependencies
        self._locks = KeyedLocks()
        scheduler = Scheduler(CLEANERS, database.read, self._clean_up, dependencies.clock)
        self._cleanup_thread = CleanupThread(scheduler, WakeUpEvent())

    def answer(self, request: Mapping[str, Any], caller: Caller = THE_PROGRAM) -> Answer:
        """Carry out an instruction, flat or enveloped, and answer it."""
        try:
            answer = self._carry_out(parse_envelope(request), caller)
        except WalletError as error:
            answer = error_answer(error)
        except Exception:  # noqa: BLE001 - whatever it is, the caller is owed an answer
            _log.exception("an instruction failed")
            answer = error_answer(EngineFailedError())
        return in_reply_to(request, answer)

    def work_class(self, request: Mapping[str, Any]) -> WorkClass:
        """How much work it is to answer that; what can't be read is refused at a look."""
        with contextlib.suppress(WalletError):
            found = REGISTRY.picked_by(parse_envelope(request).chain)
            return found.work_class if found is not None else WorkClass.LOOK
        return WorkClass.LOOK

    def context(self, transaction: Transaction, call: Call, caller: Caller = THE_PROGRAM) -> Context:
        """The circumstances of an instruction, before it is known who asks."""
        return Context(
            transaction=transaction,
            now=self.clock(),
            config=self._dependencies.config,
            issuer=self._dependencies.issuer,
            randomness=self._dependencies.randomness,
            call=call,
            address=caller.address,
            registry=REGISTRY,
            listener=self.listener,
            live_session_id=caller.live_session_id,
            live_worker_id=caller.live_worker_id,
        )

    def close(self) -> None:
        """Stop the cleaners, finish what was begun, then let go of the database."""
        self._cleanup_thread.close()
        self.database.close()

    def _carry_out(self, call: Call, caller: Caller) -> Answer:
        found, arguments = caller.registry.find(call.chain)
        execution = Execution(
            found,
            read_request(found, {**arguments, **call.credentials_among(found.arguments)}),
            call,
            lambda transaction, call: self.context(transaction, call, caller),
        )
        with self._locks.turn(caller.lock_key(call)):
            answer = self._run(found, execution)
        if found.changes:
            self._cleanup_thread.notice()
            self.changed()
        return answer

    def _run(self, found: Instruction, execution: Execution) -> Answer:
        if not found.changes:
            return self._read(execution.run)
        if found.prepare is not None:
            # A repeated request must get its first answer even where its slow work would now refuse it.
            seen = self._read(execution.first_answer)
            if seen is not None:
                return seen
            return self._prepare_and_run(found.prepare, execution)
        return self.database.write(execution.run)

    def _read(self, work: Callable[[Transaction], T]) -> T:
        """What `work` finds; where it must first write something down, it is done again as a change."""
        try:
            return self.database.read(work)
        except NeedsWrite:
            return self.database.write(work)

    def _prepare_and_run(self, prepare: Prepare, execution: Execution) -> Answer:
        preparation = self._preparation(execution)
        for _ in range(MOST_PREPARATIONS):
            with contextlib.suppress(StalePreparationError):
                try:
                    prepared = prepare(execution.request, preparation)
                except WalletError as error:
                    return self._read(partial(execution.refuse, error))
                return self.database.write(execution.prepared_with(prepared).run)
        raise StalePreparationError

    def _preparation(self, execution: Execution) -> Preparation:
        def look(seen: Callable[[Context], T]) -> T:
            return self.database.read(lambda transaction: seen(execution.context(transaction)))

        return Preparation(
            look=look,
            passwords=self._dependencies.passwords,
            cleaners=self._cleanup_thread,
            listener=self.listener,
        )

    def _clean_up(self, what: str) -> Answer:
        return self.answer({"controller": "system", "ctype": "action", "action": "cleanup", "cleanup": what})
