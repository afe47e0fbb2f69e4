"""Which cleaners run, what of theirs is due, and when the next of it is; the waiting is somebody else's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable

from ewallet_core.instructions.envelope import Answer
from ewallet_core.refusals.refusal import Refusal
from ewallet_core.sessions.cleaners import Cleaner
from ewallet_core.storage.transaction import Transaction

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
        except Refusal as refusal:
            _log.warning("the cleaners could not look what is due: %s", refusal.error)
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
