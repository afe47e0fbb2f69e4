"""What home and clock have in common: the timer is started, paused, resumed and stopped there."""

from __future__ import annotations

from textual import work
from textual.binding import Binding, BindingType

from ewallet_core.presentation.formatting import countdown, duration
from ewallet_tui.context import AppContext
from ewallet_tui.screens.converting import ConvertingScreen
from ewallet_tui.state import ClockState, TimerState
from ewallet_tui.widgets.result_line import ResultLine

# Space means the one of the three that is possible, and the footer names it.
TIMER_KEYS: tuple[BindingType, ...] = (
    Binding("space", "start", "Start", id="start"),
    Binding("space", "pause", "Pause", id="pause"),
    Binding("space", "resume", "Resume", id="resume"),
    Binding("x", "stop", "Stop", id="stop"),
)
"""The keys of what these screens have in common."""

TIMER_ACTIONS = ("start", "pause", "resume", "stop")
DOES = {
    TimerState.INACTIVE: frozenset({"start"}),
    TimerState.ACTIVE: frozenset({"pause", "stop"}),
    TimerState.PAUSED: frozenset({"resume", "stop"}),
}


def possible(clock: ClockState, now: float) -> frozenset[str]:
    """What the timer of `clock` can be told at `now`."""
    return DOES[clock.state] if clock.runs or not clock.is_out_of_time(now) else frozenset()


class TimingScreen(ConvertingScreen):
    """A screen on which the timer of the active clock can be told what to do."""

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._told: tuple[int, TimerState] | None = None
        """The clock and its state when it was told something that isn't answered yet."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let space be the one thing that is possible; grey the other keys that can't be used now."""
        state = self.context.state
        if action not in TIMER_ACTIONS:
            return super().check_action(action, parameters)
        if state is None:
            return None
        if action in possible(state.clock, self.context.now()):
            return True
        return None if action == "stop" or (action == "start" and not state.clock.runs) else False

    def action_start(self) -> None:
        """Start the timer."""
        self._tell("start")

    def action_pause(self) -> None:
        """Pause the timer."""
        self._tell("pause")

    def action_resume(self) -> None:
        """Let the paused timer go on."""
        self._tell("resume")

    def action_stop(self) -> None:
        """Stop the timer."""
        self._tell("stop")

    def _tell(self, action: str) -> None:
        if (state := self.context.state) is None:
            return
        at = (state.clock.id, state.clock.state)
        # As soon as it is seen in another state it can be told the next thing.
        if at != self._told:
            self._told = at
            self._await_timer(action, at)

    @work
    async def _await_timer(self, action: str, at: tuple[int, TimerState]) -> None:
        result = self.query_one(ResultLine)
        result.clear()
        try:
            answer = await self.context.act(action=action, **{action: "clock_timer"})
        finally:
            if self._told is at:
                self._told = None
        if action == "stop" and not answer["failed"]:
            used = duration(answer["minutes_spent_ms"])
            record = ("time", answer["time_record"])
            result.say(f"Used {used}. {countdown(self.left_ms())} left.", record)
