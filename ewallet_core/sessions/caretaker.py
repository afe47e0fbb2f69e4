"""The thread that gives the cleaners their turns, and wakes when the next of them is due."""

from __future__ import annotations

import logging
import threading

from ewallet_core.sessions.scheduler import RETRY_MS, Scheduler

LULL_SECONDS = 0.02

_log = logging.getLogger("ewallet_core")


class Bell:
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


class Caretaker:
    """Starts and stops cleaners; its thread begins with the first, and keeps no program alive."""

    def __init__(self, scheduler: Scheduler, bell: Bell) -> None:
        self._scheduler = scheduler
        self._bell = bell
        self._beginning = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self, name: str) -> list[str]:
        """As `Cleaners.start`; a caretaker that was closed starts nothing."""
        if self._bell.is_over:
            return []
        running = self._scheduler.start(name)
        with self._beginning:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="ewallet-cleaners", daemon=True)
                self._thread.start()
        self._bell.ring()
        return running

    def stop(self, name: str) -> list[str]:
        """As `Cleaners.stop`."""
        return self._scheduler.stop(name)

    def notice(self) -> None:
        """Something has changed, so something may come due earlier than it was."""
        if self._thread is not None:
            self._bell.ring()

    def close(self) -> None:
        """Stop all cleaners and wait for the one that is at work; closing twice does no harm."""
        self._scheduler.stop("all")
        self._bell.end()
        with self._beginning:
            if self._thread is not None:
                self._thread.join()

    def _run(self) -> None:
        while not self._bell.is_over:
            self._bell.wait(self._turn())

    def _turn(self) -> int:
        try:
            return self._scheduler.turn()
        except Exception:  # noqa: BLE001 - timers must stop tomorrow too, whatever went wrong today
            _log.exception("the cleaners failed")
            return RETRY_MS
