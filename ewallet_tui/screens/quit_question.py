"""What quitting asks: while a timer has begun, and while something is not answered that can't be now."""

from __future__ import annotations

from collections.abc import Sequence

from ewallet_core.presentation.formatting import one_line
from ewallet_tui.lifecycle import LEAVE, STOP
from ewallet_tui.screens.modal import Choice, ConfirmModal
from ewallet_tui.state import ClockState, TimerState

UNANSWERED = (
    "What was asked last is not answered, and the connection is gone. "
    "Whether it was done shows when you log in again."
)
GOES_ON = {
    TimerState.ACTIVE: "is running, and goes on without the app.",
    TimerState.PAUSED: "is paused, and stays paused without the app.",
}


def timer_confirmation(state: TimerState, others: Sequence[ClockState], *, may_stop: bool) -> ConfirmModal:
    """Whether to stop the active timer first, where that may be done, or to leave all as they are."""
    runs = state is not TimerState.INACTIVE
    stop = [Choice(STOP, "s", "Stop the active one" if others else "Stop it")] if runs and may_stop else []
    states = [state] * runs + [clock.state for clock in others]
    return ConfirmModal("Quit", _going_on(state, others), [*stop, Choice(LEAVE, "l", _leave(states))])


def unanswered_confirmation(state: TimerState, others: Sequence[ClockState]) -> ConfirmModal:
    """Whether to go without knowing what came of what was asked last."""
    words = " ".join(filter(None, (UNANSWERED, _going_on(state, others))))
    return ConfirmModal("Quit", words, [Choice(LEAVE, "q", "Quit without it")])


def _going_on(state: TimerState, others: Sequence[ClockState]) -> str:
    active = [f"The timer {GOES_ON[state]}"] if state in GOES_ON else []
    return " ".join([*active, *(f"{one_line(clock.reference)} {GOES_ON[clock.state]}" for clock in others)])


def _leave(states: Sequence[TimerState]) -> str:
    if len(states) > 1:
        return "Leave them"
    return "Leave it paused" if states[0] is TimerState.PAUSED else "Leave it running"
