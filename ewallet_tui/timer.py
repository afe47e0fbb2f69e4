"""The seconds and the alarms of the active clock's timer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Literal

from msgspec import Struct
from textual.timer import Timer

from ewallet_core.presentation.formatting import SECOND, countdown, until_next_second
from ewallet_tui.elapsed import ElapsedTime
from ewallet_tui.state import AccountState, ClockState, TimerState
from ewallet_tui.work import SetTimer


class Alarm(Struct, frozen=True):
    title: str
    words: str
    severity: Literal["warning", "error"]


OUT_OF_TIME = Alarm("■ Out of time", "The timer has stopped. Convert credits to start it again.", "error")


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
        self._warned: tuple[int, datetime | None] | None = None
        """The clock and the start of the run of the last warning."""
        self._next_second: Timer | None = None
        self._held_until = 0.0

    def follow(self, state: AccountState) -> None:
        before, self._state = self._state, state
        self._held_until = 0.0
        if before is not None and before.account.id == state.account.id and before.clock.id != state.clock.id:
            left = next((clock for clock in state.timers if clock.id == before.clock.id), None)
            if left is not None:
                what = "stays paused" if left.state is TimerState.PAUSED else "goes on running"
                self._left_behind(f"{left.reference} {what}.")
        if before is not None and _ran_out(before.clock, state.clock, self._now()):
            self._alarm(OUT_OF_TIME)
        else:
            self._warn_if_soon_over(state.clock)
        self._wait_for_next_second(state.clock)

    def stop(self) -> None:
        self._state = self._warned = None
        self._stop_waiting()

    def begin_command(self, clock: ClockState) -> bool:
        """Whether the timer can be given a command: not while one given in the same state is unanswered."""
        before, self._command = self._command, (clock.id, clock.state)
        return before != self._command

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
        self._warn_if_soon_over(state.clock)
        self._second_passed(now)
        if state.clock.runs and state.clock.is_out_of_time(now):
            self._read_again()

    def _warn_if_soon_over(self, clock: ClockState) -> None:
        now, run = self._now(), (clock.id, clock.started)
        if clock.is_soon_over(now) and run != self._warned:
            self._warned = run
            left = countdown(clock.left_ms(now))
            self._alarm(Alarm(f"! {left} left", "The timer stops when no time is left.", "warning"))

    def _wait_for_next_second(self, clock: ClockState) -> None:
        """Wait until the countdown shows its next second, or the pause while the timer is paused."""
        self._stop_waiting()
        if clock.runs:
            now = self._now()
            is_counting = clock.state is TimerState.ACTIVE and not clock.is_out_of_time(now)
            passed_ms = clock.pending_ms(now) % SECOND
            wait_ms = until_next_second(clock.left_ms(now)) if is_counting else SECOND - passed_ms
            self._next_second = self._set_timer(wait_ms / SECOND, self._begin_second)

    def _begin_second(self) -> None:
        if self._state is not None:
            self._wait_for_next_second(self._state.clock)
            self.pass_second()

    def _stop_waiting(self) -> None:
        if self._next_second is not None:
            self._next_second.stop()
            self._next_second = None


def _ran_out(before: ClockState, after: ClockState, now: float) -> bool:
    same = before.id == after.id and before.state is TimerState.ACTIVE
    return same and not after.runs and after.is_out_of_time(now)
