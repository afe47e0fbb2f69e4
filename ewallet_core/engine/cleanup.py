"""Cleaners: what each removes, when it is due, and the thread that runs them."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import Select

from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import Answer, outcome_of
from ewallet_core.metrics import Metric, MetricKind
from ewallet_core.storage import cleanup
from ewallet_core.storage.retention import HISTORY_IS_DUE, Retention, due_parameters
from ewallet_core.storage.transaction import Transaction

SECOND, HOUR = 1_000, 3_600_000
WORKER_SPARED_MS = HOUR // 2
LONGEST_WAIT_MS = 60_000
NOT_IN_CHARGE_MS = SECOND
"""When to look again whether this process is in charge."""
RETRY_MS = 1_000
LULL_SECONDS, REMOTE_LULL_SECONDS = 0.05, 0.2
"""How long to wait after a change for others; of a remote database, each look takes longer."""
BETWEEN_SLICES_MS = 50
"""How long a cleaner that has more to remove lets others write."""

_log = logging.getLogger("ewallet_core")


@dataclass(frozen=True, slots=True)
class Cleaner:
    """Runs `cleanup=<cleans>` once the earliest time that its `queries` find was `after_ms` ago.

    A run removes a slice of what is due. Once all is removed, it rests for `rest_ms`, so that items that
    expire one after another are removed together.
    """

    name: str
    cleans: str
    queries: tuple[Select[tuple[int]], ...]
    after_ms: int = 0
    rest_ms: int = SECOND

    def next_due(self, transaction: Transaction, now: int, retention: Retention) -> int | None:
        """When it must run, in milliseconds UTC; None if there is nothing to remove."""
        values = due_parameters(retention, now)
        earliest = cleanup.find_earliest(transaction, self.queries, **values)
        return None if earliest is None else earliest + self.after_ms


CLEANERS = (
    # First, because a timer must stop on time.
    Cleaner("clock", "clocks", (cleanup.TIMER_RUNS_OUT,), rest_ms=10),
    Cleaner("session", "sessions", (cleanup.SESSION_ENDS,)),
    Cleaner("stoken", "stokens", (cleanup.SESSION_TOKEN_ENDS,)),
    Cleaner("ctoken", "ctokens", (cleanup.CLIENT_ID_ENDS,)),
    # All vacant workers are removed half an hour after the oldest was created: a new one is cheap.
    Cleaner("worker", "workers", (cleanup.VACANT_WORKER_SINCE,), after_ms=WORKER_SPARED_MS),
    Cleaner("account", "accounts", (cleanup.ACCOUNT_IS_ERASED, cleanup.EMAIL_IS_FREE)),
    Cleaner("history", "history", HISTORY_IS_DUE, rest_ms=HOUR),
)

DueTimes = dict[Cleaner, int]
Read = Callable[[Callable[[Transaction], DueTimes]], DueTimes]


class Scheduler:
    """Runs the started cleaners that are due.

    `read` reads the database, `clean_up` carries out the instruction `cleanup=<cleans>`, and `clock` returns
    the time in milliseconds UTC. Of the processes that share the database, it runs cleaners only in the one
    that `is_in_charge`. Any thread may start and stop cleaners; one thread calls `turn`.
    """

    def __init__(
        self,
        cleaners: Iterable[Cleaner],
        read: Read,
        clean_up: Callable[[str], Answer],
        clock: Callable[[], int],
        retention: Retention | None = None,
        is_in_charge: Callable[[], bool] = lambda: True,
    ) -> None:
        self._cleaners = tuple(cleaners)
        self._read = read
        self._clean_up = clean_up
        self._clock = clock
        self._retention = retention or Retention()
        self._is_in_charge = is_in_charge
        self._changing = threading.Lock()
        self._started: frozenset[str] = frozenset()
        self._not_before: dict[str, int] = {}
        self._runs: Counter[tuple[str, str]] = Counter()

    @property
    def running(self) -> list[str]:
        return [cleaner.name for cleaner in self._cleaners if cleaner.name in self._started]

    def start(self, name: str) -> list[str]:
        """Start that cleaner, or `all`; returns the names of the started ones."""
        with self._changing:
            self._started |= self._named(name)
            return self.running

    def stop(self, name: str) -> list[str]:
        """Stop that cleaner, or `all`; returns the names of those still running."""
        with self._changing:
            self._started -= self._named(name)
            return self.running

    def metrics(self) -> Iterator[Metric]:
        runs = [({"cleaner": name, "code": code}, count) for (name, code), count in list(self._runs.items())]
        yield Metric("ewallet_cleaner_runs", MetricKind.COUNTER, "Runs of the cleaners.", runs)

    def turn(self) -> int:
        """Run the cleaners that are due; returns the milliseconds until the next is.

        One that fails, because of the storage, is tried again a little later.
        """
        if not self._is_in_charge():
            return NOT_IN_CHARGE_MS
        try:
            cleaned, due_times = [], self._read_due_times()
            for cleaner, due_at in self._after_rests(due_times).items():
                # It may have been stopped meanwhile: the one before it can wait long for the storage.
                if due_at <= self._clock() and cleaner.name in self._started and self._clean(cleaner):
                    cleaned.append(cleaner)
            if cleaned:
                due_times = self._read_due_times()
            for cleaner in cleaned:
                if due_times.get(cleaner, self._clock() + 1) <= self._clock():
                    self._not_before[cleaner.name] = self._clock() + min(BETWEEN_SLICES_MS, cleaner.rest_ms)
            next_at = min(self._after_rests(due_times).values(), default=None)
        except WalletError as error:
            _log.warning("the cleaners could not read what is due: %s", error.error)
            return RETRY_MS
        if next_at is None:
            return LONGEST_WAIT_MS
        return min(max(0, next_at - self._clock()), LONGEST_WAIT_MS)

    def _named(self, name: str) -> frozenset[str]:
        return frozenset(cleaner.name for cleaner in self._cleaners if name in (cleaner.name, "all"))

    def _read_due_times(self) -> DueTimes:
        """When each started cleaner must run."""
        started = [cleaner for cleaner in self._cleaners if cleaner.name in self._started]

        def look(transaction: Transaction) -> DueTimes:
            now = self._clock()
            found = ((cleaner, cleaner.next_due(transaction, now, self._retention)) for cleaner in started)
            return {cleaner: due_at for cleaner, due_at in found if due_at is not None}

        return self._read(look) if started else {}

    def _after_rests(self, due: DueTimes) -> DueTimes:
        return {cleaner: max(due_at, self._rests_until(cleaner)) for cleaner, due_at in due.items()}

    def _rests_until(self, cleaner: Cleaner) -> int:
        until = self._not_before.get(cleaner.name, 0)
        # A rest that seems longer than any means that the wall clock was set back.
        longest = self._clock() + max(cleaner.rest_ms, RETRY_MS)
        return until if until <= longest else 0

    def _clean(self, cleaner: Cleaner) -> bool:
        """Run the cleaner; returns whether it succeeded."""
        answer = self._clean_up(cleaner.cleans)
        self._runs[cleaner.name, outcome_of(answer)] += 1
        rest = cleaner.rest_ms
        if answer["failed"]:
            _log.warning("the %s cleaner failed: %s", cleaner.name, answer["error"])
            rest = max(rest, RETRY_MS)
        self._not_before[cleaner.name] = self._clock() + rest
        return not answer["failed"]


class WakeUpEvent:
    """What the cleanup thread waits for: a time, or a change that may make something due earlier."""

    def __init__(self, lull_seconds: float = LULL_SECONDS) -> None:
        self._lull_seconds = lull_seconds
        self._set = threading.Event()
        self._closed = threading.Event()

    @property
    def is_closed(self) -> bool:
        return self._closed.is_set()

    def set(self) -> None:
        """End the wait: something may be due earlier than it was."""
        self._set.set()

    def close(self) -> None:
        self._closed.set()
        self._set.set()

    def wait(self, milliseconds: int) -> None:
        if self._set.wait(milliseconds / 1_000):
            # Every instruction sets it; reading the database after each would cost too much.
            self._closed.wait(self._lull_seconds)
        self._set.clear()


class CleanupThread:
    """Starts and stops cleaners. Its daemon thread starts with the first of them."""

    def __init__(self, scheduler: Scheduler, wake_up: WakeUpEvent) -> None:
        self._scheduler = scheduler
        self._wake_up = wake_up
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, name: str) -> list[str]:
        """As `Scheduler.start`; once closed, it starts nothing."""
        if self._wake_up.is_closed:
            return []
        running = self._scheduler.start(name)
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ewallet-cleaners", daemon=True)
                self._thread.start()
        self._wake_up.set()
        return running

    def stop(self, name: str) -> list[str]:
        return self._scheduler.stop(name)

    def notice_change(self) -> None:
        if self._thread is not None:
            self._wake_up.set()

    def close(self) -> None:
        """Stop all cleaners and wait for the running one; a second call does nothing."""
        self._scheduler.stop("all")
        self._wake_up.close()
        with self._starting:
            if self._thread is not None:
                self._thread.join()

    def _run(self) -> None:
        while not self._wake_up.is_closed:
            try:
                wait_ms = self._scheduler.turn()
            except Exception:  # noqa: BLE001 - timers must still stop later
                _log.exception("the cleaners failed")
                wait_ms = RETRY_MS
            self._wake_up.wait(wait_ms)
