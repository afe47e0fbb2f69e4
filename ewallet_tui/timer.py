"""The seconds and the alarms of every begun timer of the account, and the beginning of another day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Literal

from msgspec import Struct
from textual.timer import Timer

from ewallet_core.presentation.clock_state import ClockState, TimerState
from ewallet_core.presentation.formatting import SECOND, countdown, local, until_next_second
from ewallet_tui.elapsed import ElapsedTime
from ewallet_tui.state import AccountState
from ewallet_tui.work import SetTimer


class Alarm(Struct, frozen=True):
    title: str
    words: str
    severity: Literal["warning", "error"]


LONGEST_WAIT = timedelta(hours=1)
CONVERT_AGAIN = "The timer has stopped. Convert credits to start it again."


MAX_HOLD_SECONDS = 2.0
"""How long no second is shown while the account is read; the connection may be broken unnoticed."""


class TimerWatch:
    """Follows the timer of each new state: its seconds, and its alarms, each once in a run."""

    def __init__(
        self,
        now: ElapsedTime,
        set_timer: SetTimer,
        *,
        alarm: Callable[[Alarm], None],
        second_passed: Callable[[float], None],
        read_again: Callable[[], None],
        left_behind: Callable[[str], None],
    ) -> None:
        """`read_again` reads the account: once after a jump of time, and each second while a timer runs with
        no time left.

        `left_behind` is called with a sentence about a clock whose timer goes on after another became active.
        """
        self._now = now
        self._set_timer = set_timer
        self._alarm = alarm
        self._second_passed = second_passed
        self._read_again = read_again
        self._left_behind = left_behind
        self._state: AccountState | None = None
        self._command: tuple[int, TimerState] | None = None
        """The clock and its state when it was given a command that isn't answered yet."""
        self._warned: set[tuple[int, datetime | None]] = set()
        """The clocks and starts of the runs that were warned of."""
        self._next_second: Timer | None = None
        self._held_until = 0.0

    def follow(self, state: AccountState) -> None:
        before, self._state = self._state, state
        self._held_until = 0.0
        if before is not None and before.account.id == state.account.id and before.clock.id != state.clock.id:
            left = next((clock for clock in state.timers if clock.id == before.clock.id), None)
            if left is not None:
                what = "stays paused" if left.state is TimerState.PAUSED else "goes on running"
                self._left_behind(f"{state.name_of(left)} {what}.")
        if before is not None and before.account.id == state.account.id:
            self._tell_what_ran_out(before, state)
        self._warn_if_soon_over(state)
        self._wait_for_next_second(state)

    def stop(self) -> None:
        self._state = None
        self._warned.clear()
        self._stop_waiting()

    def begin_command(self, clock: ClockState) -> bool:
        """Whether the timer can be given a command that was chosen for the clock in that state.

        It can't if the state has changed since, or while a command given in the same state is unanswered.
        """
        chosen_for = (clock.id, clock.state)
        state = self._state
        if state is None or chosen_for != (state.clock.id, state.clock.state) or chosen_for == self._command:
            return False
        self._command = chosen_for
        return True

    def end_command(self, clock: ClockState) -> None:
        if self._command == (clock.id, clock.state):
            self._command = None

    def catch_up(self, *, is_connected: bool) -> None:
        """Read the account again; with a connection no further second is shown before its answer."""
        if self._state is not None:
            self._held_until = self._now() + MAX_HOLD_SECONDS if is_connected else 0.0
            self._read_again()

    def pass_second(self) -> None:
        now = self._now.tick()
        if (state := self._state) is None or now < self._held_until:
            return
        self._warn_if_soon_over(state)
        self._second_passed(now)
        if any(clock.is_out_of_time(now) for clock in state.with_begun_timer):
            self._read_again()

    def _tell_what_ran_out(self, before: AccountState, after: AccountState) -> None:
        now, begun = self._now(), {clock.id for clock in after.with_begun_timer}
        for clock in before.with_begun_timer:
            has_stopped = clock.id not in begun and clock.state is TimerState.ACTIVE
            if has_stopped and clock.is_out_of_time(now):
                of_which = "" if clock.id == after.clock.id else f": {after.name_of(clock)}"
                self._alarm(Alarm(f"■ Out of time{of_which}", CONVERT_AGAIN, "error"))

    def _warn_if_soon_over(self, state: AccountState) -> None:
        now = self._now()
        for clock in state.with_begun_timer:
            run = (clock.id, clock.started)
            if clock.is_soon_over(now) and run not in self._warned:
                self._warned.add(run)
                of_which = "" if clock is state.clock else f" on {state.name_of(clock)}"
                title = f"! {countdown(clock.left_ms(now))} left{of_which}"
                self._alarm(Alarm(title, "The timer stops when no time is left.", "warning"))

    def _wait_for_next_second(self, state: AccountState) -> None:
        """Wait until a countdown shows its next second, or the pause while the active timer is paused."""
        self._stop_waiting()
        now = self._now()
        waits_ms = [_until_next_second_of(clock, now) for clock in state.with_begun_timer]
        if waits_ms:
            self._next_second = self._set_timer(min(waits_ms) / SECOND, self._begin_second)

    def _begin_second(self) -> None:
        if self._state is not None:
            self._wait_for_next_second(self._state)
            self.pass_second()

    def _stop_waiting(self) -> None:
        if self._next_second is not None:
            self._next_second.stop()
            self._next_second = None


def _until_next_second_of(clock: ClockState, now: float) -> int:
    """The milliseconds until its countdown or the length of its pause changes."""
    if clock.state is TimerState.ACTIVE and not clock.is_out_of_time(now):
        return until_next_second(clock.left_ms(now))
    return SECOND - clock.pending_ms(now) % SECOND


class DayWatch:
    """Calls `changed` when another day begins in the user's time zone."""

    today: Callable[[], datetime] = staticmethod(partial(datetime.now, UTC))

    def __init__(self, set_timer: SetTimer, changed: Callable[[], None]) -> None:
        self._set_timer = set_timer
        self._changed = changed
        self._next_look: Timer | None = None
        self._day: date | None = None

    def look(self) -> None:
        """Compare the day, now and from then on."""
        now = local(self.today())
        before, self._day = self._day, now.date()
        if before not in (None, self._day):
            self._changed()
        passed = now - now.replace(hour=0, minute=0, second=0, microsecond=0)
        # Not longer, because the computer may sleep, and its clock or the zone's may be changed.
        wait = min(timedelta(days=1) - passed, LONGEST_WAIT)
        if self._next_look is not None:
            self._next_look.stop()
        self._next_look = self._set_timer(wait.total_seconds(), self.look)
