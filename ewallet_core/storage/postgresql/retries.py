"""When work is run again: how often, how soon, and how long to wait for a database that is away."""

from __future__ import annotations

import time
from collections import Counter

import psycopg

from ewallet_core.errors.server import StorageFailedError
from ewallet_core.storage.postgresql.errors import Remedy, remedy_for
from ewallet_core.storage.postgresql.pipeline import LateAnswerError, Patience
from ewallet_core.storage.postgresql.transaction import NeedsLocks

MOST_RUNS = 10
"""How often work is run again because others wrote at the same time."""
RECONNECT_SECONDS = 20.0
"""How long to try again after the connection was lost: a standby that takes over needs some seconds."""
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.05, 0.5


class NoConnectionError(psycopg.OperationalError):
    """No connection could be opened."""


class Outage:
    """Since when the database does not answer; several threads note it."""

    def __init__(self) -> None:
        self._begun_at: float | None = None

    @property
    def goes_on(self) -> bool:
        """Whether the database did not answer when it was last asked."""
        return self._begun_at is not None

    def note_unreachable(self) -> float:
        """Returns when the first attempt failed since a transaction has ended well."""
        begun_at = self._begun_at = self._begun_at or time.monotonic()
        return begun_at

    def end(self) -> None:
        """A transaction has ended well."""
        self._begun_at = None


class Runs:
    """How often a piece of work was run, and what its next run needs."""

    def __init__(self, counts: Counter[str], outage: Outage, patience: Patience) -> None:
        self._counts = counts
        self._outage = outage
        self._patience = patience
        self._left = MOST_RUNS
        self._wait = FIRST_WAIT_SECONDS
        self._until = time.monotonic() + RECONNECT_SECONDS
        self.locked: set[int] = set()
        self.savepoints = False

    def lock_first(self, needed: NeedsLocks) -> None:
        self.locked |= set(needed.account_ids)
        self._count_run("locks", needed)

    def prepare_next(self, reason: psycopg.Error) -> None:
        """Prepare the next run, after some time if need be; raises `reason` if there is none."""
        if isinstance(reason, NoConnectionError | LateAnswerError):
            # In a long outage only the first wait for its end: else those behind them would wait for hours.
            self._until = min(self._until, self._outage.note_unreachable() + RECONNECT_SECONDS)
        match remedy_for(reason):
            case Remedy.RUN_AGAIN if not self._is_too_late:
                self._count_run(reason.sqlstate or "", reason)
            case Remedy.CONNECT_AGAIN if not (self._is_too_late or self._patience.is_ending):
                self._counts["connection"] += 1
                time.sleep(self._wait)
                self._wait = min(2 * self._wait, LONGEST_WAIT_SECONDS)
            case _:
                raise reason

    @property
    def _is_too_late(self) -> bool:
        return time.monotonic() >= self._until

    def _count_run(self, cause: str, reason: Exception) -> None:
        self._counts[cause] += 1
        self._left -= 1
        if self._left == 0:
            raise StorageFailedError("others change the same accounts all the time") from reason
