"""The actions on the active clock's timer, which every screen has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from textual import work

from ewallet_core.presentation.formatting import countdown, duration
from ewallet_tui.actions import EDIT_RUN, START, STOP_AT, TIMER, Action
from ewallet_tui.screens.run_forms import EarlierStop, run_form, start_form
from ewallet_tui.widgets.footer import FollowUp, ResultLine

if TYPE_CHECKING:
    from textual.screen import Screen

    from ewallet_tui.context import AppContext
    from ewallet_tui.screens.base import BaseScreen
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
        _show_stopped(context, result, answer, showing)


def _show_stopped(
    context: AppContext, result: ResultLine, answer: Answer, showing: Callable[[str, int], FollowUp]
) -> None:
    left = context.state.clock.left_ms(context.now()) if context.state else 0
    used = duration(answer["minutes_spent_ms"])
    result.say(f"Used {used}. {countdown(left)} left.", showing("time", answer["time_record"]))


def _command(action: Action) -> Callable[[Any], object]:
    return lambda screen: command_timer(screen, screen.context, action.id, screen.showing)


def start(screen: BaseScreen) -> None:
    """Start the timer, and ask what the run is for if the user wants that."""
    context, state = screen.context, screen.context.state
    if state is None or not context.preferences.note_at_start:
        command_timer(screen, context, START.id, screen.showing)
        return

    async def send(values: dict[str, Any]) -> Answer:
        return await context.send(action="start", start="clock_timer", **values)

    screen.query_one(ResultLine).clear()
    screen.ask_with(start_form(state), send)


def edit_run(screen: BaseScreen) -> None:
    if state := screen.context.state:
        instruction: dict[str, Any] = {"action": "edit", "edit": "clock_timer"}
        screen.fill_in(run_form(state.clock), lambda _: "Saved.", only_changed=True, **instruction)


def stop_at(screen: BaseScreen) -> None:
    """Stop the timer at an earlier moment that the user types."""
    context, result = screen.context, screen.query_one(ResultLine)
    stop = EarlierStop(lambda: context.state.clock if context.state else None, context.now, screen.today)

    async def send(values: dict[str, Any]) -> Answer:
        return await context.send(action="stop", stop="clock_timer", **stop.argument(values))

    def show(answer: Answer | None) -> None:
        if answer is not None:
            _show_stopped(context, result, answer, screen.showing)

    screen.ask_with(stop.form, send, show)


TIMER_ACTIONS: Mapping[Action, Callable[[Any], object]] = {
    START: start,
    **{action: _command(action) for action in TIMER if action is not START},
}
RUN_ACTIONS: Mapping[Action, Callable[[Any], object]] = {STOP_AT: stop_at, EDIT_RUN: edit_run}
