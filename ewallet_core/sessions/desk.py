"""The desk at which every instruction is taken, carried out and answered, whoever asks it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from ewallet_core.actions import CATALOGUE
from ewallet_core.actions.context import IN_PROCESS, Context, Listener, Preparation, PreparationStale, Rules
from ewallet_core.credentials.passwords import Passwords
from ewallet_core.credentials.tokens import RandomBytes
from ewallet_core.instructions.catalogue import Catalogue, Instruction, Prepare, read_request
from ewallet_core.instructions.envelope import Answer, Call, in_reply_to, nok, open_envelope
from ewallet_core.instructions.weight import Weight
from ewallet_core.ledger.journal import Issuer
from ewallet_core.refusals.engine import EngineFailed
from ewallet_core.refusals.refusal import Refusal
from ewallet_core.sessions.caretaker import Bell, Caretaker
from ewallet_core.sessions.cleaners import CLEANERS
from ewallet_core.sessions.errand import Errand
from ewallet_core.sessions.lanes import Lanes
from ewallet_core.sessions.scheduler import Scheduler
from ewallet_core.storage.database import Database
from ewallet_core.storage.transaction import BookkeepingDue, Transaction

MOST_PREPARATIONS = 5

_log = logging.getLogger("ewallet_core")
# A program that has set up no logging must not find a traceback on its screen.
_log.addHandler(logging.NullHandler())

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asker:
    """Whence an instruction comes: what can be asked there, and for which live object, if for one."""

    catalogue: Catalogue = CATALOGUE
    address: str = IN_PROCESS
    live_session_id: int | None = None
    live_worker_id: int | None = None

    def lane(self, call: Call) -> Hashable:
        """Whose instructions run one after another."""
        return call.asker if self.live_session_id is None else self.live_session_id


THE_PROGRAM = Asker()


def _nobody_listens() -> None:
    """Nobody is to be told that something has changed."""


@dataclass(frozen=True, slots=True)
class Furnishings:
    """What every instruction is carried out with."""

    clock: Callable[[], int]
    randomness: RandomBytes
    rules: Rules
    passwords: Passwords
    issuer: Issuer


class Desk:
    """Takes instructions from several threads at once; it never raises for what was asked."""

    def __init__(self, database: Database, furnishings: Furnishings) -> None:
        self.database = database
        self.clock = furnishings.clock
        self.listener: Listener | None = None
        self.changed: Callable[[], None] = _nobody_listens
        self._furnishings = furnishings
        self._lanes = Lanes()
        scheduler = Scheduler(CLEANERS, database.read, self._clean_up, furnishings.clock)
        self._caretaker = Caretaker(scheduler, Bell())

    def answer(self, request: Mapping[str, Any], asker: Asker = THE_PROGRAM) -> Answer:
        """Carry out an instruction, flat or enveloped, and answer it."""
        try:
            answer = self._carry_out(open_envelope(request), asker)
        except Refusal as refusal:
            answer = nok(refusal)
        except Exception:  # noqa: BLE001 - whatever it is, the caller is owed an answer
            _log.exception("an instruction failed")
            answer = nok(EngineFailed())
        return in_reply_to(request, answer)

    def weight(self, request: Mapping[str, Any]) -> Weight:
        """How much work it is to answer that; what can't be read is refused at a look."""
        with contextlib.suppress(Refusal):
            found = CATALOGUE.picked_by(open_envelope(request).chain)
            return found.weight if found is not None else Weight.LOOK
        return Weight.LOOK

    def context(self, transaction: Transaction, call: Call, asker: Asker = THE_PROGRAM) -> Context:
        """The circumstances of an instruction, before it is known who asks."""
        return Context(
            transaction=transaction,
            now=self.clock(),
            rules=self._furnishings.rules,
            issuer=self._furnishings.issuer,
            randomness=self._furnishings.randomness,
            call=call,
            address=asker.address,
            catalogue=CATALOGUE,
            listener=self.listener,
            live_session_id=asker.live_session_id,
            live_worker_id=asker.live_worker_id,
        )

    def close(self) -> None:
        """Stop the cleaners, finish what was begun, then let go of the database."""
        self._caretaker.close()
        self.database.close()

    def _carry_out(self, call: Call, asker: Asker) -> Answer:
        found, arguments = asker.catalogue.find(call.chain)
        errand = Errand(
            found,
            read_request(found, {**arguments, **call.credentials_among(found.arguments)}),
            call,
            lambda transaction, call: self.context(transaction, call, asker),
        )
        with self._lanes.turn(asker.lane(call)):
            answer = self._run(found, errand)
        if found.changes:
            self._caretaker.notice()
            self.changed()
        return answer

    def _run(self, found: Instruction, errand: Errand) -> Answer:
        if not found.changes:
            return self._read(errand.run)
        if found.prepare is not None:
            # A repeated request must get its first answer even where its slow work would now refuse it.
            seen = self._read(errand.first_answer)
            if seen is not None:
                return seen
            return self._prepare_and_run(found.prepare, errand)
        return self.database.write(errand.run)

    def _read(self, work: Callable[[Transaction], T]) -> T:
        """What `work` finds; where it must first write something down, it is done again as a change."""
        try:
            return self.database.read(work)
        except BookkeepingDue:
            return self.database.write(work)

    def _prepare_and_run(self, prepare: Prepare, errand: Errand) -> Answer:
        preparation = self._preparation(errand)
        for _ in range(MOST_PREPARATIONS):
            with contextlib.suppress(PreparationStale):
                return self.database.write(errand.prepared_with(prepare(errand.request, preparation)).run)
        raise PreparationStale

    def _preparation(self, errand: Errand) -> Preparation:
        def look(seen: Callable[[Context], T]) -> T:
            return self.database.read(lambda transaction: seen(errand.context(transaction)))

        return Preparation(
            look=look,
            passwords=self._furnishings.passwords,
            cleaners=self._caretaker,
            listener=self.listener,
        )

    def _clean_up(self, what: str) -> Answer:
        return self.answer({"controller": "system", "ctype": "action", "action": "cleanup", "cleanup": what})
