"""A clock for what has passed, which can't be set."""

from __future__ import annotations

import sys
import time


def steady_time() -> float:
    """Seconds on a clock that can't be set, and that goes on in sleep where the system has such a clock."""
    return time.clock_gettime(_STEADY_CLOCK) if _STEADY_CLOCK is not None else time.monotonic()


def _find_steady_clock() -> int | None:
    if sys.platform == "linux":
        # The monotonic clock of Linux stands still in suspend.
        return time.CLOCK_BOOTTIME
    if sys.platform == "darwin":
        # `time.monotonic` stands still in sleep there; the POSIX clock of that name does not.
        return time.CLOCK_MONOTONIC
    return None


_STEADY_CLOCK = _find_steady_clock()
