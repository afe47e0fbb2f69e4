"""The timer's seconds and its alarms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from textual.timer import Timer

from ewallet_core.presentation.formatting import SECOND, countdown, until_next_second
from ewallet_tui.state import AccountState, ClockState, TimerState

if TYPE_CHECKING:
    from ewallet_tui.work import SetTimer


class SecondTick:
    """Calls `passed` at each of the countdown's own seconds, or of the pause's while it is paused."""

    def __init__(self, now: Callable[[], float], set_timer: SetTimer, passed: Callable[[], None]) -> None:
        self._now = now
        self._set_timer = set_timer
        self._passed = passed
        self._clock: ClockState | None = None
        self._timer: Timer | None = None

    def follow(self, clock: ClockState) -> None:
        self.stop()
        self._clock = clock
        if clock.runs:
            self._timer = self._set_timer(self._until_next(clock) / SECOND, self._tick)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def _tick(self) -> None:
        clock = self._clock
        if clock is not None:
            self.follow(clock)
            self._passed()

    def _until_next(self, clock: ClockState) -> int:
        now = self._now()
        if clock.state is TimerState.ACTIVE and not clock.is_out_of_time(now):
            return until_next_second(clock.left_ms(now))
        return SECOND - clock.pending_ms(now) % SECOND


class Alarm(Struct, frozen=True):
    title: str
    words: str
    severity: Literal["warning", "error"]


OUT_OF_TIME = Alarm("■ Out of time", "The timer has stopped. Convert credits to start it again.", "error")


class Alarms:
    """Each alarm once in a run, however often the run is looked at."""

    def __init__(self) -> None:
        self._clock: ClockState | None = None
        self._warned: tuple[int, datetime | None] | None = None

    def changed_to(self, state: AccountState, now: float) -> Alarm | None:
        """The alarm that a new picture raises."""
        before, self._clock = self._clock, state.clock
        if before is not None and _ran_out(before, state.clock, now):
            return OUT_OF_TIME
        return self.passed(state, now)

    def passed(self, state: AccountState, now: float) -> Alarm | None:
        """The alarm that the time itself raises."""
        clock = state.clock
        run = (clock.id, clock.started)
        if not clock.is_soon_over(now) or run == self._warned:
            return None
        self._warned = run
        left = countdown(clock.left_ms(now))
        return Alarm(f"! {left} left", "The timer stops when no time is left.", "warning")


def _ran_out(before: ClockState, after: ClockState, now: float) -> bool:
    same = before.id == after.id and before.state is TimerState.ACTIVE
    return same and not after.runs and after.is_out_of_time(now)


class TimerWatch:
    """Follows the timer of each new state: its seconds and its alarms."""

    def __init__(
        self,
        now: Callable[[], float],
        set_timer: SetTimer,
        *,
        alarm: Callable[[Alarm], None],
        second_passed: Callable[[float], None],
        out_of_time: Callable[[], None],
        left_behind: Callable[[str], None],
    ) -> None:
        """`out_of_time` is called each second while the timer runs with nothing left, for the engine to be asked.

        `left_behind` is called with a sentence about a clock whose timer goes on though another is now active.
        """
        self._now = now
        self._alarm = alarm
        self._second_passed = second_passed
        self._out_of_time = out_of_time
        self._left_behind = left_behind
        self._state: AccountState | None = None
        self._command: tuple[int, TimerState] | None = None
        """The clock and its state when it was given a command that isn't answered yet."""
        self._alarms = Alarms()
        self._tick = SecondTick(now, set_timer, self.pass_second)

    def follow(self, state: AccountState) -> None:
        before, self._state = self._state, state
        if before is not None and before.account.id == state.account.id and before.clock.id != state.clock.id:
            left = next((clock for clock in state.timers if clock.id == before.clock.id), None)
            if left is not None:
                what = "stays paused" if left.state is TimerState.PAUSED else "goes on running"
                self._left_behind(f"{left.reference} {what}.")
        self._sound(self._alarms.changed_to(state, self._now()))
        self._tick.follow(state.clock)

    def stop(self) -> None:
        self._state = None
        self._alarms = Alarms()
        self._tick.stop()

    def begin_command(self, clock: ClockState) -> bool:
        """Whether the timer can be given a command: not while one that was given in the same state is unanswered."""
        before, self._command = self._command, (clock.id, clock.state)
        return before != self._command

    def end_command(self, clock: ClockState) -> None:
        """Note that the command given to `clock` is answered."""
        if self._command == (clock.id, clock.state):
            self._command = None

    def pass_second(self) -> None:
        if (state := self._state) is None:
            return
        now = self._now()
        self._sound(self._alarms.passed(state, now))
        self._second_passed(now)
        if state.clock.runs and state.clock.is_out_of_time(now):
            self._out_of_time()

    def _sound(self, alarm: Alarm | None) -> None:
        if alarm is not None:
            self._alarm(alarm)
