"""Elapsed time that stays true when the computer sleeps, its clock is changed or the process is stopped."""

from __future__ import annotations

from collections.abc import Callable

TICK_SECONDS = 1.0
"""How often the two clocks are compared."""
MAX_DIFFERENCE_SECONDS = 2.0
"""By how much the two clocks may differ in a tick, or a tick may be late, before that counts as a jump."""


class ElapsedTime:
    """Seconds that have passed, by whichever of two clocks says more; called, it returns the instant now.

    `jumped` is called with the seconds that were missed, if the clocks differ in a tick, or one comes
    late: the computer slept, its clock was changed, or the process was stopped.
    """

    def __init__(self, monotonic: Callable[[], float], wall: Callable[[], float]) -> None:
        self.jumped: Callable[[float], None] = lambda _: None
        self._monotonic = monotonic
        self._wall = wall
        self._read_at = (monotonic(), wall())
        self._skipped = 0.0
        """The seconds that only the wall clock has counted."""
        self._ticked_at: float | None = None
        self._differ = False

    def __call__(self) -> float:
        monotonic, wall = self._monotonic(), self._wall()
        ahead = (wall - self._read_at[1]) - (monotonic - self._read_at[0])
        if abs(ahead) > MAX_DIFFERENCE_SECONDS:
            # Time never goes backwards: a wall clock that was set back has counted nothing.
            self._skipped += max(ahead, 0.0)
            self._differ = True
        self._read_at = (monotonic, wall)
        return monotonic + self._skipped

    def tick(self) -> float:
        """Compare the clocks, and return the instant now."""
        now = self()
        missed = 0.0 if self._ticked_at is None else max(now - self._ticked_at - TICK_SECONDS, 0.0)
        has_jumped = self._differ or missed > MAX_DIFFERENCE_SECONDS
        self._ticked_at, self._differ = now, False
        if has_jumped:
            self.jumped(missed)
        return now
