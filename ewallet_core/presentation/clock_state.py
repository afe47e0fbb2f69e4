"""A clock with its timer at one instant, and what it will show at any later one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from msgspec import Struct

from ewallet_core.presentation.formatting import MINUTE, parse_timestamp

SOON_OVER = 5 * MINUTE


class TimerState(StrEnum):
    INACTIVE = "inactive"
    ACTIVE = "active"
    PAUSED = "paused"


BEGUN = {TimerState.ACTIVE: "running", TimerState.PAUSED: "paused"}
"""What a timer with a run is doing, in words."""


class ClockState(Struct, frozen=True):
    """A clock at one instant, from which its figures at any later instant follow.

    Instants are in seconds on a monotonic clock.
    """

    id: int
    reference: str
    state: TimerState
    credit_clock_ms: int
    minutes_spent_ms: int
    pending_time_ms: int
    pending_count: int
    started: datetime | None
    is_new: bool
    milliseconds_per_credit: int
    read_at: float
    wallet_id: int = 0
    since: datetime | None = None
    """When the timer was last started, resumed or paused."""
    notes: str = ""
    tags: tuple[str, ...] = ()
    """What the run is for."""
    may_stop_in_the_past: bool = False
    """Whether the server lets its users stop a timer at an earlier moment."""

    @classmethod
    def read(cls, data: Mapping[str, Any], read_at: float) -> Self:
        return cls(
            id=data["id"],
            reference=data["reference"] or "",
            state=TimerState(data["clock_state"]),
            credit_clock_ms=data["credit_clock_ms"],
            minutes_spent_ms=data["minutes_spent_ms"],
            pending_time_ms=data["pending_time_ms"],
            pending_count=data["pending_count"],
            started=instant_in(data["start_timestamp"]),
            # A clock is written when its time changes, so one that was never written never had any.
            is_new=data["write_date"] == data["create_date"],
            milliseconds_per_credit=data["milliseconds_per_credit"],
            read_at=read_at,
            wallet_id=data["ewallet"],
            since=instant_in(data["since_timestamp"]),
            notes=data["timer_notes"],
            tags=tuple(data["timer_tags"]),
            may_stop_in_the_past=data["may_stop_in_the_past"],
        )

    def left_ms(self, now: float) -> int:
        """The time left at `now`; never below zero."""
        return max(self.credit_clock_ms - self._passed_ms(TimerState.ACTIVE, now), 0)

    def spent_ms(self, now: float) -> int:
        """The time this run has used at `now`; never more than there was to use."""
        used = min(self._passed_ms(TimerState.ACTIVE, now), self.credit_clock_ms)
        return self.minutes_spent_ms + used

    def pending_ms(self, now: float) -> int:
        """The time this run has been paused for at `now`."""
        return self.pending_time_ms + self._passed_ms(TimerState.PAUSED, now)

    def total_ms(self, now: float) -> int:
        """The time left and the time used by this run: the full length of the bar."""
        return self.left_ms(now) + (self.spent_ms(now) if self.runs else 0)

    @property
    def runs(self) -> bool:
        """Whether a run has begun and not been stopped: the timer is active or paused."""
        return self.state is not TimerState.INACTIVE

    @property
    def is_paused(self) -> bool:
        return self.state is TimerState.PAUSED

    def is_out_of_time(self, now: float) -> bool:
        return self.left_ms(now) == 0

    def is_soon_over(self, now: float) -> bool:
        """Whether the timer is active and its last minutes have begun."""
        return self.state is TimerState.ACTIVE and 0 < self.left_ms(now) < SOON_OVER

    def _passed_ms(self, state: TimerState, now: float) -> int:
        return round(max(now - self.read_at, 0) * 1_000) if self.state is state else 0


def instant_in(text: str | None) -> datetime | None:
    """The instant of an answer's timestamp, which may be null."""
    return parse_timestamp(text) if text else None
