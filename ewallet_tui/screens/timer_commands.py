"""The actions on the active clock's timer, which every screen has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from textual import work

from ewallet_core.presentation.formatting import countdown, duration
from ewallet_tui.actions import START, TIMER, Action
from ewallet_tui.screens.run_forms import start_form
from ewallet_tui.widgets.footer import FollowUp, ResultLine

if TYPE_CHECKING:
    from textual.screen import Screen

    from ewallet_tui.context import AppContext
    from ewallet_tui.widgets.form import Answer


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
        show_stopped(context, result, answer, showing)


def show_stopped(
    context: AppContext, result: ResultLine, answer: Answer, showing: Callable[[str, int], FollowUp]
) -> None:
    left = context.state.clock.left_ms(context.now()) if context.state else 0
    used = duration(answer["minutes_spent_ms"])
    result.say(f"Used {used}. {countdown(left)} left.", showing("time", answer["time_record"]))


def _command(action: Action) -> Callable[[Any], object]:
    return lambda screen: command_timer(screen, screen.context, action.id, screen.showing)


def _start(screen: Any) -> None:
    """Start the timer, and ask what the run is for if the user wants that."""
    context: AppContext = screen.context
    state = context.state
    if state is None or not context.preferences.note_at_start:
        command_timer(screen, context, START.id, screen.showing)
        return

    async def send(values: dict[str, Any]) -> Answer:
        return await context.send(action="start", start="clock_timer", **values)

    screen.query_one(ResultLine).clear()
    screen.ask_with(start_form(state), send)


TIMER_ACTIONS: Mapping[Action, Callable[[Any], object]] = {
    START: _start,
    **{action: _command(action) for action in TIMER if action is not START},
}
