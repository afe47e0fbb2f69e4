"""The one clock of a test: what the app reads as an instant and the engine as the time of day."""

from __future__ import annotations

FRIDAY_NOON_MS = 1_795_176_000_000


class Instant:
    """Stands still until it is moved; both readings move together."""

    def __init__(self) -> None:
        self._passed_ms = 0

    def __call__(self) -> float:
        """Seconds, as the app reads them."""
        return self._passed_ms / 1_000

    def wall(self) -> int:
        """Milliseconds UTC, as the engine reads them."""
        return FRIDAY_NOON_MS + self._passed_ms

    def pass_by(self, *, seconds: float = 0, minutes: float = 0) -> None:
        self._passed_ms += round((seconds + minutes * 60) * 1_000)
