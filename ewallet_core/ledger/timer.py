"""The clock timer: inactive → start → active ⇄ paused → stop → inactive.

All instants are milliseconds UTC and all spans are milliseconds. A timer does not know its clock's balance:
the time left is the balance minus the time spent, and the balance changes only when the timer stops.
An instant before the last change counts as the instant of that change, so a wall clock that is set back
never takes time twice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from ewallet_core.errors.credits import NoTimeLeftError, WrongTimerStateError


class State(StrEnum):
    INACTIVE = "inactive"
    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class TimeSpent:
    """One finished run of a timer: `spent` is its active time, `pending` its paused time."""

    started_at: int
    stopped_at: int
    spent: int
    pending: int
    pauses: int


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer as of its last change; the current state began at `since`."""

    state: State = State.INACTIVE
    started_at: int | None = None
    since: int | None = None
    spent: int = 0
    pending: int = 0
    pauses: int = 0

    @property
    def has_started(self) -> bool:
        """Whether a run has started and not stopped; it may be paused."""
        return self.state is not State.INACTIVE

    def spent_at(self, now: int) -> int:
        """The active time of this run up to `now`."""
        return self.spent + self._time_in(State.ACTIVE, now)

    def pending_at(self, now: int) -> int:
        """The paused time of this run up to `now`."""
        return self.pending + self._time_in(State.PAUSED, now)

    def left_at(self, now: int, balance: int) -> int:
        """The time that a clock with that balance has left at `now`, never below zero."""
        return max(0, balance - self.spent_at(now))

    def runs_out_at(self, balance: int) -> int | None:
        """When a clock with that balance will be empty; None unless the timer is active."""
        if self.state is not State.ACTIVE or self.since is None:
            return None
        return self.since + max(0, balance - self.spent)

    def segment_until(self, at: int) -> tuple[int, int] | None:
        """The active stretch that ends at `at`, since the start or the last resume; None if there is none."""
        used = self._time_in(State.ACTIVE, at)
        return (self.since, self.since + used) if used and self.since is not None else None

    def start(self, at: int, balance: int) -> Timer:
        """Raises `WrongTimerStateError` unless inactive, and `NoTimeLeftError` if the clock is empty."""
        if self.state is State.ACTIVE:
            raise WrongTimerStateError("The timer runs already.", "Pause it or stop it.", self.state)
        if self.state is State.PAUSED:
            raise WrongTimerStateError("The timer is paused.", "Resume it or stop it.", self.state)
        if balance <= 0:
            raise NoTimeLeftError(self.state)
        return Timer(State.ACTIVE, started_at=at, since=at)

    def pause(self, at: int) -> Timer:
        """Raises `WrongTimerStateError` unless active."""
        if self.state is State.PAUSED:
            raise WrongTimerStateError("The timer is paused already.", "Resume it or stop it.", self.state)
        self._require_run()
        at = self._clamp(at)
        return replace(self, state=State.PAUSED, since=at, spent=self.spent_at(at), pauses=self.pauses + 1)

    def resume(self, at: int, balance: int) -> Timer:
        """Raises `WrongTimerStateError` unless paused, and `NoTimeLeftError` if the clock is empty."""
        if self.state is State.ACTIVE:
            raise WrongTimerStateError(
                "The timer runs, it is not paused.", "Pause it or stop it.", self.state
            )
        self._require_run()
        if self.left_at(at, balance) <= 0:
            raise NoTimeLeftError(self.state)
        at = self._clamp(at)
        return replace(self, state=State.ACTIVE, since=at, pending=self.pending_at(at))

    def stop(self, at: int) -> TimeSpent:
        """End the run; the next one starts with a new timer. Raises `WrongTimerStateError` if inactive."""
        self._require_run()
        at = self._clamp(at)
        return TimeSpent(
            started_at=self.started_at if self.started_at is not None else at,
            stopped_at=at,
            spent=self.spent_at(at),
            pending=self.pending_at(at),
            pauses=self.pauses,
        )

    def stoppable_between(self, now: int) -> tuple[int, int]:
        """The first and the last instant at which the run may be said to have ended.

        That is since the last start, resume or pause, because the spans before it are settled. Raises
        `WrongTimerStateError` if inactive.
        """
        self._require_run()
        now = self._clamp(now)
        return now if self.since is None else self.since, now

    def run_out(self, now: int, balance: int) -> TimeSpent | None:
        """The run that ended at the instant when the clock was empty; None while time is left."""
        end = self.runs_out_at(balance)
        if end is None or self._clamp(now) < end:
            return None
        return self.stop(end)

    def _time_in(self, state: State, now: int) -> int:
        if self.state is not state or self.since is None:
            return 0
        return max(0, now - self.since)

    def _clamp(self, at: int) -> int:
        return at if self.since is None else max(at, self.since)

    def _require_run(self) -> None:
        if self.state is State.INACTIVE:
            raise WrongTimerStateError("The timer does not run.", "Start it first.", self.state)
