"""The session manager: takes instructions, has them carried out, and answers."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

from ewallet_core.actions import CATALOGUE
from ewallet_core.actions.context import IN_PROCESS, Context, Preparation, PreparationStale, Rules
from ewallet_core.actions.opening import found_system_core
from ewallet_core.credentials.passwords import Passwords
from ewallet_core.credentials.tokens import RandomBytes, system_randomness
from ewallet_core.data_folder import data_folder, database_url
from ewallet_core.instructions.catalogue import Access, Instruction, Prepare, read_request
from ewallet_core.instructions.envelope import Answer, Call, nok, open_envelope, request_id_of
from ewallet_core.ledger.journal import Issuer
from ewallet_core.refusals.engine import EngineFailed, StorageFailed, StorageUnavailable
from ewallet_core.refusals.refusal import Refusal
from ewallet_core.sessions.errand import Errand
from ewallet_core.sessions.happenings import EventPage, event_page
from ewallet_core.sessions.lanes import Lanes
from ewallet_core.sessions.recognition import recognise
from ewallet_core.sessions.session import EWallet
from ewallet_core.sessions.worker import EWalletWorker
from ewallet_core.storage.database import open_database
from ewallet_core.storage.journal import issuer
from ewallet_core.storage.requests import forget_old_requests
from ewallet_core.storage.sessions import sessions, workers
from ewallet_core.storage.transaction import BookkeepingDue, Transaction

MOST_PREPARATIONS = 5

_log = logging.getLogger("ewallet_core")
# A program that has set up no logging must not find a traceback on its screen.
_log.addHandler(logging.NullHandler())

T = TypeVar("T")


def system_clock() -> int:
    """The machine's time, in milliseconds UTC."""
    return time.time_ns() // 1_000_000


class EWalletSessionManager:
    """The engine's public door, safe to be called from several threads.

    `database_url` is an SQLAlchemy URL (`sqlite:///…`, or `sqlite://` for one in memory); absent, the
    database in the user's data folder. `clock` tells the time in milliseconds UTC. Raises
    `StorageUnavailable` when the database can't be opened.
    """

    def __init__(
        self,
        database_url: str | None = None,
        *,
        clock: Callable[[], int] = system_clock,
        randomness: RandomBytes = system_randomness,
        rules: Rules | None = None,
        passwords: Passwords | None = None,
    ) -> None:
        self._clock = clock
        self._randomness = randomness
        self._rules = rules or Rules()
        self._passwords = passwords or Passwords()
        self._lanes = Lanes()
        self._database = open_database(database_url or _default_url())
        try:
            self._issuer = self._database.write(self._found)
        except StorageFailed as reason:
            self._database.close()
            raise StorageUnavailable(reason.reason) from reason

    def session_manager_controller(self, /, **instruction: Any) -> Answer:
        """Carry out an instruction, flat or enveloped, and answer it; it never raises for what was asked."""
        return self.answer(instruction)

    def answer(self, request: Mapping[str, Any], address: str = IN_PROCESS) -> Answer:
        """As `session_manager_controller`, for a caller at that address."""
        try:
            answer = self._carry_out(open_envelope(request), address)
        except Refusal as refusal:
            answer = nok(refusal)
        except Exception:  # noqa: BLE001 - whatever it is, the caller is owed an answer
            _log.exception("an instruction failed")
            answer = nok(EngineFailed())
        request_id = request_id_of(request)
        return answer if request_id is None else {**answer, "request_id": request_id}

    def events(self, client_id: str, session_token: str, since: int | None = None) -> EventPage:
        """What has happened to the session's account after event `since`, or nothing yet without it.

        Raises a `Refusal` when nobody is logged in to that session.
        """
        call = Call({}, client_id=client_id, session_token=session_token)

        def look(transaction: Transaction) -> EventPage:
            account = recognise(self._context(transaction, call, IN_PROCESS), Access.ACCOUNT).account
            return event_page(transaction, account, since)

        return self._database.read(look)

    @property
    def workers(self) -> dict[int, EWalletWorker]:
        """The session workers, by id."""
        found = self._database.read(workers.all)
        return {worker.id: EWalletWorker(self._database, self._clock, worker.id) for worker in found}

    @property
    def sessions(self) -> dict[int, EWallet]:
        """The sessions that have not ended, by id."""
        found = self._database.read(sessions.all)
        now = self._clock()
        return {
            session.id: EWallet(self._database, session.id) for session in found if session.expires_at > now
        }

    def close(self) -> None:
        """Finish what was begun, then let go of the database; closing twice does no harm."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _found(self, transaction: Transaction) -> Issuer:
        now = self._clock()
        found_system_core(transaction, now)
        forget_old_requests(transaction, now)
        return issuer(transaction)

    def _context(self, transaction: Transaction, call: Call, address: str) -> Context:
        return Context(
            transaction=transaction,
            now=self._clock(),
            rules=self._rules,
            issuer=self._issuer,
            randomness=self._randomness,
            call=call,
            address=address,
            catalogue=CATALOGUE,
        )

    def _carry_out(self, call: Call, address: str) -> Answer:
        found, arguments = CATALOGUE.find(call.chain)
        errand = Errand(
            found,
            read_request(found, arguments),
            call,
            lambda transaction, call: self._context(transaction, call, address),
        )
        with self._lanes.turn(call.client_id):
            return self._run(found, errand)

    def _run(self, found: Instruction, errand: Errand) -> Answer:
        if not found.changes:
            return self._read(errand.run)
        if found.prepare is not None:
            # A repeated request must get its first answer even where its slow work would now refuse it.
            seen = self._read(errand.first_answer)
            if seen is not None:
                return seen
            return self._prepare_and_run(found.prepare, errand)
        return self._database.write(errand.run)

    def _read(self, work: Callable[[Transaction], T]) -> T:
        """What `work` finds; where it must first write something down, it is done again as a change."""
        try:
            return self._database.read(work)
        except BookkeepingDue:
            return self._database.write(work)

    def _prepare_and_run(self, prepare: Prepare, errand: Errand) -> Answer:
        preparation = self._preparation(errand)
        for _ in range(MOST_PREPARATIONS):
            with contextlib.suppress(PreparationStale):
                return self._database.write(errand.prepared_with(prepare(errand.request, preparation)).run)
        raise PreparationStale

    def _preparation(self, errand: Errand) -> Preparation:
        def look(seen: Callable[[Context], T]) -> T:
            return self._database.read(lambda transaction: seen(errand.context(transaction)))

        return Preparation(look=look, passwords=self._passwords)


def _default_url() -> str:
    return database_url(data_folder())
