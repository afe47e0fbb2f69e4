"""Sessions and workers as Python objects for a program in the same process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ewallet_core.engine.dispatcher import Dispatcher
from ewallet_core.handlers import SESSION_REGISTRY
from ewallet_core.handlers.session_maps import WORKER_REGISTRY
from ewallet_core.instructions.envelope import Answer
from ewallet_core.operations.answer_data import WorkerData, worker_data
from ewallet_core.operations.context import Caller
from ewallet_core.storage.sessions import Session, logged_in, sessions, workers
from ewallet_core.storage.transaction import Transaction


class EWallet:
    """A session: the accounts that are logged in to it, and when it ends.

    Found as `manager.sessions[id]`. Its properties raise `LookupError` once the session has been removed.
    """

    def __init__(self, dispatcher: Dispatcher, session_id: int) -> None:
        self._dispatcher = dispatcher
        self._caller = Caller(live_session_id=session_id)
        self.id = session_id

    def ewallet_controller(self, /, **instruction: Any) -> Answer:
        """Carry out one of the session's own instructions, flat or enveloped; it never raises.

        They are `controller='user'` with `action='create', create='account'`; `action='login'`; and
        `action='create', create='transfer', ttype='supply'`. They need no client id and no session token.
        """
        return self._dispatcher.answer(instruction, self._caller, SESSION_REGISTRY)

    def is_at(self, dispatcher: Dispatcher) -> bool:
        return self._dispatcher is dispatcher

    @property
    def worker_id(self) -> int:
        return self._row.worker_id

    @property
    def account(self) -> str | None:
        """The active account's email, or None while no account is logged in."""
        active = self._row.account_id
        members = self._dispatcher.database.read(lambda transaction: logged_in(transaction, self.id))
        return next((member.email for member in members if member.id == active), None)

    @property
    def expires_at(self) -> int:
        """When it ends if it is not used before, in milliseconds UTC."""
        return self._row.expires_at

    @property
    def _row(self) -> Session:
        found = self._dispatcher.database.read(lambda transaction: sessions.find(transaction, id=self.id))
        if found is None:
            raise LookupError(f"the session {self.id} was removed")
        return found


class EWalletWorker:
    """A worker: the sessions it has, and whether it has room for more.

    Found as `manager.workers[id]`. Its properties raise `LookupError` once the worker has been removed.
    """

    def __init__(self, dispatcher: Dispatcher, worker_id: int) -> None:
        self._dispatcher = dispatcher
        self._caller = Caller(live_worker_id=worker_id)
        self.id = worker_id

    def main_controller(self, /, **instruction: Any) -> Answer:
        """Carry out one of the worker's own instructions, flat or enveloped; it never raises.

        They are `controller='system'` with `action='search', search='session'`; `action='add', add='session'`
        or `add='session_map'`; and `action='remove', remove='session_map'`. `session=` takes the live session
        or its id. To remove a session map ends its session for good.
        """
        instruction = self._with_ids(instruction)
        chain = instruction.get("command_chain")
        if isinstance(chain, Mapping):
            instruction["command_chain"] = self._with_ids(chain)
        return self._dispatcher.answer(instruction, self._caller, WORKER_REGISTRY)

    @property
    def state(self) -> str:
        """`vacant` without sessions, `full` at its limit, else `available`."""
        return str(self._data["state"])

    @property
    def session_limit(self) -> int:
        return int(self._data["session_limit"])

    @property
    def session_ids(self) -> tuple[int, ...]:
        """The ids of its sessions that have not ended."""
        held = self._dispatcher.database.read(
            lambda transaction: sessions.all(transaction, worker_id=self.id)
        )
        now = self._dispatcher.clock()
        return tuple(session.id for session in held if session.expires_at > now)

    def _with_ids(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with the id in place of a live session of this engine."""
        session = arguments.get("session")
        if isinstance(session, EWallet) and session.is_at(self._dispatcher):
            return {**arguments, "session": session.id}
        return dict(arguments)

    @property
    def _data(self) -> WorkerData:
        def look(transaction: Transaction) -> WorkerData | None:
            worker = workers.find(transaction, id=self.id)
            return None if worker is None else worker_data(transaction, worker, self._dispatcher.clock())

        if (found := self._dispatcher.database.read(look)) is None:
            raise LookupError(f"the worker {self.id} was removed")
        return found
