"""Cleaners: what each removes, when it is due, and the thread that runs them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sqlalchemy import Select

from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.storage import due_times
from ewallet_core.storage.seen_requests import KEPT_MILLISECONDS
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
        moment = due_times.find_earliest(transaction, *self.moments)
        return None if moment is None else moment + self.after_ms


CLEANERS = (
    # First, because a timer is to stop at its moment.
    Cleaner("clock", "clocks", (due_times.TIMER_RUNS_OUT,), rest_ms=10),
    Cleaner("session", "sessions", (due_times.SESSION_ENDS,)),
    Cleaner("stoken", "stokens", (due_times.SESSION_TOKEN_ENDS,)),
    Cleaner("ctoken", "ctokens", (due_times.CLIENT_ID_ENDS,)),
    # Half an hour after the oldest vacant one was made all vacant ones go: a new one costs nothing.
    Cleaner("worker", "workers", (due_times.VACANT_WORKER_SINCE,), after_ms=WORKER_SPARED_MS),
    Cleaner("account", "accounts", (due_times.ACCOUNT_IS_ERASED,)),
    Cleaner("history", "history", due_times.OLDEST_HISTORY, after_ms=KEPT_MILLISECONDS, rest_ms=HOUR),
)


LONGEST_WAIT_MS = 60_000
RETRY_MS = 1_000

Moments = dict[Cleaner, int]
Look = Callable[[Callable[[Transaction], Moments]], Moments]

_log = logging.getLogger("ewallet_core")


class Scheduler:
    """Carries out what is due of the cleaners that were started, a turn at a time.

    `look` reads what is kept, `clean_up` carries out the instruction `cleanup=<cleans>` and answers it, and
    `clock` tells the time in milliseconds UTC. Cleaners may be started and stopped from any thread; turns
    are one thread's.
    """

    def __init__(
        self,
        cleaners: Iterable[Cleaner],
        look: Look,
        clean_up: Callable[[str], Answer],
        clock: Callable[[], int],
    ) -> None:
        self._cleaners = tuple(cleaners)
        self._look = look
        self._clean_up = clean_up
        self._clock = clock
        self._choosing = threading.Lock()
        self._chosen: frozenset[str] = frozenset()
        self._not_before: dict[str, int] = {}

    @property
    def running(self) -> list[str]:
        """The names of the cleaners that were started."""
        return [cleaner.name for cleaner in self._cleaners if cleaner.name in self._chosen]

    def start(self, name: str) -> list[str]:
        """Start that cleaner, or `all`; returns the names of those that run."""
        with self._choosing:
            self._chosen |= self._named(name)
            return self.running

    def stop(self, name: str) -> list[str]:
        """Stop that cleaner, or `all`; returns the names of those that run on."""
        with self._choosing:
            self._chosen -= self._named(name)
            return self.running

    def turn(self) -> int:
        """Carry out what is due; returns for how many milliseconds nothing more is.

        What fails, because the storage is at fault, is tried again a little later.
        """
        try:
            for cleaner, moment in self._moments().items():
                # It may have been stopped meanwhile: the storage can keep one of them waiting for long.
                if moment <= self._clock() and cleaner.name in self._chosen:
                    self._clean(cleaner)
            return self._until(self._moments().values())
        except WalletError as error:
            _log.warning("the cleaners could not look what is due: %s", error.error)
            return RETRY_MS

    def _named(self, name: str) -> frozenset[str]:
        return frozenset(cleaner.name for cleaner in self._cleaners if name in (cleaner.name, "all"))

    def _moments(self) -> Moments:
        """When each cleaner that runs has something to do, and may."""
        chosen = [cleaner for cleaner in self._cleaners if cleaner.name in self._chosen]

        def look(transaction: Transaction) -> Moments:
            found = ((cleaner, cleaner.next_due(transaction)) for cleaner in chosen)
            return {cleaner: due for cleaner, due in found if due is not None}

        due = self._look(look) if chosen else {}
        return {cleaner: max(moment, self._rests_until(cleaner)) for cleaner, moment in due.items()}

    def _rests_until(self, cleaner: Cleaner) -> int:
        """Until when it rests; one that would rest longer than any does has seen the wall clock set back."""
        until = self._not_before.get(cleaner.name, 0)
        longest = self._clock() + max(cleaner.rest_ms, RETRY_MS)
        return until if until <= longest else 0

    def _clean(self, cleaner: Cleaner) -> None:
        answer = self._clean_up(cleaner.cleans)
        rest = cleaner.rest_ms
        if answer["failed"]:
            _log.warning("the %s cleaner failed: %s", cleaner.name, answer["error"])
            rest = max(rest, RETRY_MS)
        self._not_before[cleaner.name] = self._clock() + rest

    def _until(self, moments: Iterable[int]) -> int:
        next_moment = min(moments, default=None)
        if next_moment is None:
            return LONGEST_WAIT_MS
        return min(max(0, next_moment - self._clock()), LONGEST_WAIT_MS)


LULL_SECONDS = 0.02


class WakeUpEvent:
    """What the caretaker waits for: a time, or that somebody rings."""

    def __init__(self) -> None:
        self._rung = threading.Event()
        self._closing = threading.Event()

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self._closing.is_set()

    def ring(self) -> None:
        """Let who waits look again: something may come due earlier than it was."""
        self._rung.set()

    def end(self) -> None:
        """Let who waits go home."""
        self._closing.set()
        self._rung.set()

    def wait(self, milliseconds: int) -> None:
        """Wait so long, or until it is rung."""
        if self._rung.wait(milliseconds / 1_000):
            # Where every instruction rings, looking after each would cost more than it is worth.
            self._closing.wait(LULL_SECONDS)
        self._rung.clear()


class CleanupThread:
    """Starts and stops cleaners; its thread begins with the first, and keeps no program alive."""

    def __init__(self, scheduler: Scheduler, wake_up: WakeUpEvent) -> None:
        self._scheduler = scheduler
        self._wake_up = wake_up
        self._beginning = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, name: str) -> list[str]:
        """As `Cleaners.start`; a caretaker that was closed starts nothing."""
        if self._wake_up.is_over:
            return []
        running = self._scheduler.start(name)
        with self._beginning:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ewallet-cleaners", daemon=True)
                self._thread.start()
        self._wake_up.ring()
        return running

    def stop(self, name: str) -> list[str]:
        """As `Cleaners.stop`."""
        return self._scheduler.stop(name)

    def notice(self) -> None:
        """Something has changed, so something may come due earlier than it was."""
        if self._thread is not None:
            self._wake_up.ring()

    def close(self) -> None:
        """Stop all cleaners and wait for the one that is at work; closing twice does no harm."""
        self._scheduler.stop("all")
        self._wake_up.end()
        with self._beginning:
            if self._thread is not None:
                self._thread.join()

    def _run(self) -> None:
        while not self._wake_up.is_over:
            self._wake_up.wait(self._turn())

    def _turn(self) -> int:
        try:
            return self._scheduler.turn()
        except Exception:  # noqa: BLE001 - timers must stop tomorrow too, whatever went wrong today
            _log.exception("the cleaners failed")
            return RETRY_MS
