"""The actions on the active clock's timer, which every screen has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from textual import work

from ewallet_core.presentation.formatting import countdown, duration
from ewallet_tui.actions import TIMER, Action
from ewallet_tui.widgets.footer import FollowUp, ResultLine

if TYPE_CHECKING:
    from textual.screen import Screen

    from ewallet_tui.context import AppContext


@work
async def command_timer(
    screen: Screen[None], context: AppContext, command: str, showing: Callable[[str, int], FollowUp]
) -> None:
    """Start, pause, resume or stop the timer, unless an earlier command is not answered yet."""
    state, result = context.state, screen.query_one(ResultLine)
    # The next command is possible once the timer's state has changed.
    if state is None or not context.timers.begin_command(state.clock):
        return
    result.clear()
    try:
        answer = await context.act(action=command, **{command: "clock_timer"})
    finally:
        context.timers.end_command(state.clock)
    if command == "stop" and not answer["failed"]:
        left = context.state.clock.left_ms(context.now()) if context.state else 0
        used = duration(answer["minutes_spent_ms"])
        result.say(f"Used {used}. {countdown(left)} left.", showing("time", answer["time_record"]))


def _command(action: Action) -> Callable[[Any], object]:
    return lambda screen: command_timer(screen, screen.context, action.id, screen.showing)


TIMER_ACTIONS: Mapping[Action, Callable[[Any], object]] = {action: _command(action) for action in TIMER}
