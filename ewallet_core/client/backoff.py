"""How long to wait before trying again: longer each time, and never in step with everybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count

FIRST_SECONDS = 0.1
LONGEST_SECONDS = 5.0


def delays(randomness: Callable[[], float]) -> Iterator[float]:
    """Seconds to wait before each try, without end: doubling up to 5 s, each cut by up to a half.

    `randomness` brings a number from 0 to 1 at each call.
    """
    for tries in count():
        # Any more doublings are beyond the longest wait, and in the end beyond what a float holds.
        doubled = FIRST_SECONDS * 2 ** min(tries, 10)
        yield min(doubled, LONGEST_SECONDS) * (1 - randomness() / 2)
