"""The way out: it asks where something would be left behind, waits for answers, and never for ever."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from rich.text import Text

from ewallet_tui.connecting import NOT_ANSWERED
from ewallet_tui.picture import TimerState
from ewallet_tui.screens.quit_question import LEAVE, STOP, timer_question, unanswered_question

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp
    from ewallet_tui.picture import Clock

MOST_SECONDS = 5
MOST_SECONDS_TO_LOOK = 2


async def quit_when_answered(app: EWalletApp) -> None:
    """Quit, unless the person stays."""
    if await _may_go(app):
        if app.conversation.client.unanswered:
            app.say("ctrl+q again doesn't wait for it.", title="Waiting for the last answer…")
        app.exit(message=None if await let_go(app) else Text(NOT_ANSWERED))


async def let_go(app: EWalletApp) -> bool:
    """Let go of the engine; whether everything asked was answered within what a person waits."""
    app.event_watch.stop()
    app.connection_watch.stop()
    try:
        async with asyncio.timeout(MOST_SECONDS):
            await app.conversation.close()
    except TimeoutError:
        return False
    return True


async def _may_go(app: EWalletApp) -> bool:
    state = app.picture.clock.state if app.picture else TimerState.INACTIVE
    if app.conversation.client.unanswered and not app.is_connected:
        others = app.timer_watch.left.begun()
        return await app.push_screen_wait(unanswered_question(state, others)) == LEAVE
    others = await _others_begun(app)
    if state is TimerState.INACTIVE and not others:
        return True
    # Behind the lock nobody has said who they are: the timer is not theirs to stop.
    may_stop = app.is_in_view and app.is_connected
    choice = await app.push_screen_wait(timer_question(state, others, may_stop=may_stop))
    if choice == STOP:
        return not (await app.act(action="stop", stop="clock_timer"))["failed"]
    return choice == LEAVE


async def _others_begun(app: EWalletApp) -> tuple[Clock, ...]:
    """The clocks besides the active one whose timers have begun, also those begun elsewhere."""
    left = app.timer_watch.left
    # Whoever waits for answers already is not to wait for one more.
    if app.picture is not None and app.is_connected and not app.conversation.client.unanswered:
        with suppress(TimeoutError):
            async with asyncio.timeout(MOST_SECONDS_TO_LOOK):
                answer = await app.ask(action="view", view="credit", credit="clocks")
                left.learn(answer.get("clocks", ()))
    return left.begun()
