"""The one clock of a test: what the app reads as an instant and the engine as the time of day."""

from __future__ import annotations

import argon2

from ewallet_core.security.passwords import Passwords

# The afternoon of 20 November 2026, two minutes past two.
FRIDAY_AFTERNOON_MS = 1_795_183_320_000

CHEAP = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class Instant:
    """Stands still until it is moved; both readings move together, except in a sleep."""

    def __init__(self) -> None:
        self._passed_ms = self._slept_ms = 0

    def __call__(self) -> float:
        """Seconds, as the app reads them."""
        return self._passed_ms / 1_000

    def wall(self) -> int:
        """Milliseconds UTC, as the engine reads them."""
        return FRIDAY_AFTERNOON_MS + self._passed_ms + self._slept_ms

    def wall_seconds(self) -> float:
        """The same in seconds, as the app reads it to notice a sleep."""
        return self.wall() / 1_000

    def sleep(self, *, seconds: float = 0, minutes: float = 0) -> None:
        """Move the time of day only, as in suspend, or as if the clock was set; it may be set back."""
        self._slept_ms += round((seconds + minutes * 60) * 1_000)

    def pass_by(self, *, seconds: float = 0, minutes: float = 0) -> None:
        self._passed_ms += round((seconds + minutes * 60) * 1_000)
