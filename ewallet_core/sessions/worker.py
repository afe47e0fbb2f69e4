"""A session worker as a Python program sees it: alive, and read anew whenever it is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ewallet_core.actions.sessions.session_maps import WORKER_CATALOGUE
from ewallet_core.actions.sessions.workers import worker_data
from ewallet_core.sessions.desk import Asker
from ewallet_core.sessions.session import EWallet
from ewallet_core.storage.sessions import sessions, workers

if TYPE_CHECKING:
    from ewallet_core.actions.data import Data
    from ewallet_core.instructions.envelope import Answer
    from ewallet_core.sessions.desk import Desk
    from ewallet_core.storage.transaction import Transaction


class EWalletWorker:
    """A worker of the document: the sessions it has, and whether it has room for more.

    Found as `manager.workers[id]`. Its properties raise `LookupError` once the worker has been removed.
    """

    def __init__(self, desk: Desk, worker_id: int) -> None:
        self._desk = desk
        self._asker = Asker(WORKER_CATALOGUE, live_worker_id=worker_id)
        self.id = worker_id

    def main_controller(self, /, **instruction: Any) -> Answer:
        """Carry out one of the worker's own instructions, flat or enveloped; it never raises for it.

        They are `controller='system'` with `action='search', search='session'`; `action='add', add='session'`
        or `add='session_map'`; and `action='remove', remove='session_map'`. `session=` takes the live session
        or its id. Removing a session map ends its session: what opened it is gone for good.
        """
        instruction = self._with_ids(instruction)
        chain = instruction.get("command_chain")
        if isinstance(chain, Mapping):
            instruction["command_chain"] = self._with_ids(chain)
        return self._desk.answer(instruction, self._asker)

    @property
    def state(self) -> str:
        """`vacant` without sessions, `full` at its limit, else `available`."""
        return str(self._data["state"])

    @property
    def session_limit(self) -> int:
        """How many sessions it takes."""
        return int(self._data["session_limit"])

    @property
    def session_ids(self) -> tuple[int, ...]:
        """The live sessions it has."""
        held = self._desk.database.read(lambda transaction: sessions.all(transaction, worker_id=self.id))
        now = self._desk.clock()
        return tuple(session.id for session in held if session.expires_at > now)

    def _with_ids(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments with the number of a live session of this engine's in its place."""
        session = arguments.get("session")
        if isinstance(session, EWallet) and session.is_at(self._desk):
            return {**arguments, "session": session.id}
        return dict(arguments)

    @property
    def _data(self) -> Data:
        def look(transaction: Transaction) -> Data:
            return worker_data(transaction, workers.require(transaction, id=self.id), self._desk.clock())

        return self._desk.database.read(look)
