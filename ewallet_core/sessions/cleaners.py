"""The cleaners: what each removes, and when it next has something to remove."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select

from ewallet_core.storage import coming_due
from ewallet_core.storage.requests import KEPT_MILLISECONDS
from ewallet_core.storage.transaction import Transaction

SECOND, HOUR = 1_000, 3_600_000
WORKER_SPARED_MS = HOUR // 2


@dataclass(frozen=True, slots=True)
class Cleaner:
    """What does `cleanup=<cleans>` by itself: when the earliest of `moments` was `after_ms` ago.

    It rests for `rest_ms` after each time, so that what comes due bit by bit is not cleaned bit by bit.
    """

    name: str
    cleans: str
    moments: tuple[Select[tuple[int]], ...]
    after_ms: int = 0
    rest_ms: int = SECOND

    def next_due(self, transaction: Transaction) -> int | None:
        """When there is something to be cleaned, in milliseconds UTC; None while there is nothing at all."""
        moment = coming_due.earliest(transaction, *self.moments)
        return None if moment is None else moment + self.after_ms


CLEANERS = (
    # First, because a timer is to stop at its moment.
    Cleaner("clock", "clocks", (coming_due.TIMER_RUNS_OUT,), rest_ms=10),
    Cleaner("session", "sessions", (coming_due.SESSION_ENDS,)),
    Cleaner("stoken", "stokens", (coming_due.SESSION_TOKEN_ENDS,)),
    Cleaner("ctoken", "ctokens", (coming_due.CLIENT_ID_ENDS,)),
    # Half an hour after the oldest vacant one was made all vacant ones go: a new one costs nothing.
    Cleaner("worker", "workers", (coming_due.VACANT_WORKER_SINCE,), after_ms=WORKER_SPARED_MS),
    Cleaner("account", "accounts", (coming_due.ACCOUNT_IS_ERASED,)),
    Cleaner("history", "history", coming_due.OLDEST_HISTORY, after_ms=KEPT_MILLISECONDS, rest_ms=HOUR),
)
