"""A clock on the wall that a test moves."""

from __future__ import annotations

from dataclasses import dataclass

SECOND, MINUTE, HOUR, DAY = 1_000, 60_000, 3_600_000, 86_400_000

FRIDAY_NOON = 1_795_176_000_000


@dataclass
class Wallclock:
    """Tells the time in milliseconds UTC; only a test moves it."""

    now: int = FRIDAY_NOON

    def __call__(self) -> int:
        return self.now

    def forward(self, milliseconds: int) -> None:
        self.now += milliseconds
