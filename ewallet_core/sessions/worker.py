"""A session worker as a Python program sees it: alive, and read anew whenever it is looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ewallet_core.actions.sessions import worker_data
from ewallet_core.storage.sessions import sessions, workers

if TYPE_CHECKING:
    from ewallet_core.actions.data import Data
    from ewallet_core.storage.database import Database
    from ewallet_core.storage.transaction import Transaction


class EWalletWorker:
    """A worker of the document: the sessions it has, and whether it has room for more."""

    def __init__(self, database: Database, clock: Callable[[], int], worker_id: int) -> None:
        self._database = database
        self._clock = clock
        self.id = worker_id

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
        held = self._database.read(lambda transaction: sessions.all(transaction, worker_id=self.id))
        now = self._clock()
        return tuple(session.id for session in held if session.expires_at > now)

    @property
    def _data(self) -> Data:
        def look(transaction: Transaction) -> Data:
            return worker_data(transaction, workers.require(transaction, id=self.id), self._clock())

        return self._database.read(look)
