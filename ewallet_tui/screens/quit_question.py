"""What quitting asks: while a timer has begun, and while something is not answered that can't be now."""

from __future__ import annotations

from ewallet_tui.picture import TimerState
from ewallet_tui.screens.question import Choice, Question

STOP, LEAVE = "stop", "leave"
UNANSWERED = (
    "What was asked last is not answered, and the connection is gone. "
    "Whether it was done shows when you log in again."
)
GOES_ON = {
    TimerState.ACTIVE: "The timer is running, and goes on without the app.",
    TimerState.PAUSED: "The timer is paused, and stays paused without the app.",
}


def timer_question(state: TimerState, *, may_stop: bool) -> Question:
    """Whether to stop the timer first, where that may be done, or to leave it as it is."""
    left = "Leave it paused" if state is TimerState.PAUSED else "Leave it running"
    stop = [Choice(STOP, "s", "Stop it")] if may_stop else []
    return Question("Quit", GOES_ON[state], [*stop, Choice(LEAVE, "l", left)])


def unanswered_question(state: TimerState) -> Question:
    """Whether to go without knowing what came of what was asked last."""
    words = " ".join(filter(None, (UNANSWERED, GOES_ON.get(state))))
    return Question("Quit", words, [Choice(LEAVE, "q", "Quit without it")])
