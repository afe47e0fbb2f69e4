"""Logging out, switching accounts, locking and quitting."""

from __future__ import annotations

import asyncio
from asyncio import gather
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.events import Event, InputEvent, Paste
from textual.screen import Screen
from textual.timer import Timer

from ewallet_tui.connection import NOT_ANSWERED
from ewallet_tui.navigation import LOCK, SCREEN_MODES, destinations_for, screen_of
from ewallet_tui.screens.quit_question import LEAVE, STOP, timer_confirmation, unanswered_confirmation
from ewallet_tui.state import TimerState

if TYPE_CHECKING:
    from textual.await_complete import AwaitComplete

    from ewallet_tui.app import EWalletApp
    from ewallet_tui.state import ClockState


SECONDS_A_MINUTE = 60


class IdleWatch:
    """Calls `gone` once no key, mouse or paste has come for the chosen time."""

    def __init__(self, app: EWalletApp, gone: Callable[[], None]) -> None:
        self._app = app
        self._gone = gone
        self._limit = 0.0
        self._last = 0.0
        self._timer: Timer | None = None

    def begin(self, minutes: int) -> None:
        """Watch for `minutes` without anybody from now on; 0 is not at all."""
        self._limit, self._last = minutes * SECONDS_A_MINUTE, self._app.now()
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        if self._limit:
            self._timer = self._app.set_timer(self._limit, self.look)

    def notice(self, event: Event) -> None:
        """Take an event of the person's as a sign that somebody is there."""
        if isinstance(event, InputEvent | Paste):
            self._last = self._app.now()

    def look(self) -> None:
        """Say that nobody is there, or look again when that could be so."""
        rest = self._last + self._limit - self._app.now()
        if rest <= 0:
            self._gone()
            rest = self._limit
        self._timer = self._app.set_timer(max(rest, 1), self.look)


GROUP = "account"
ENDED = "The session has ended. Log in to go on; a running timer goes on by itself."
LOOK = "Look then whether what you asked last was done."


def log_out(app: EWalletApp, *, of_all: bool) -> None:
    """Log out of the active account, and the session's next goes on; or `of_all` of them."""
    # The screen that asks for it is among those removed, and must not wait for its own end.
    if of_all:
        app.run_worker(_log_out(app, of_all), group=GROUP)
    else:
        _change(app, _log_out(app, of_all))


def switch_account(app: EWalletApp, email: str) -> None:
    """Go on as another account of the session."""
    _change(app, app.act(action="switch", switch="account", account=email))


async def end_session(app: EWalletApp, *, of_a_change: bool) -> None:
    """Go back to the login because the session is over, and say so; `of_a_change`: to what was asked."""
    await app.leave()
    app.say(f"{ENDED} {LOOK}" if of_a_change else ENDED, severity="warning")


def _change(app: EWalletApp, change: Coroutine[Any, Any, object]) -> None:
    # A key pressed twice means one account, and the second is not pressed for the next.
    if app.has_begun(GROUP):
        change.close()
    else:
        app.run_worker(change, group=GROUP)


async def _log_out(app: EWalletApp, of_all: bool) -> None:
    while app.state is not None and not (await app.act(action="logout"))["failed"]:
        if app.state is not None and not of_all:
            return
    if app.state is None:
        await app.leave()


NOWHERE = "nowhere"
"""Where the app is while the place in view is forgotten; nobody sees it."""


async def forget_places_out_of_view(app: EWalletApp) -> None:
    """Have every place but the one in view made anew when it is gone to."""
    await gather(*_removed(app))


async def begin_afresh(app: EWalletApp, role: str) -> None:
    """Forget every place, and stay at the one in view as long as `role` may be there."""
    app.event_watch.forget_notifications()
    may_be_at = {LOCK, *(place.mode for place in destinations_for(role))}
    goes_on_at = app.current_mode if app.current_mode in may_be_at else SCREEN_MODES[0]
    app.mode_to_return_to = SCREEN_MODES[0]
    # All at once: nobody is to go anywhere before it is forgotten.
    app.add_mode(NOWHERE, Screen)
    app.switch_mode(NOWHERE)
    gone = _removed(app)
    come = app.switch_mode(goes_on_at)
    gone.append(app.remove_mode(NOWHERE))
    await come
    await gather(*gone)


def _removed(app: EWalletApp) -> list[AwaitComplete]:
    _stop_work_out_of_view(app)
    others = {LOCK, *SCREEN_MODES} - {app.current_mode}
    gone = [app.remove_mode(mode) for mode in others]
    for mode in others:
        app.add_mode(mode, screen_of(mode))
    return gone


def _stop_work_out_of_view(app: EWalletApp) -> None:
    """Have nothing read on for a screen whose parts are taken away one after another."""
    for worker in list(app.workers):
        nodes = worker.node.ancestors_with_self
        if worker.node is not app and not any(node in app.screen_stack for node in nodes):
            worker.cancel()


MOST_SECONDS = 5
MOST_SECONDS_TO_LOOK = 2


async def quit_when_answered(app: EWalletApp) -> None:
    """Quit, unless the person stays."""
    if await _may_go(app):
        if app.store.client.unanswered:
            app.say("ctrl+q again doesn't wait for it.", title="Waiting for the last answer…")
        app.exit(message=None if await let_go(app) else Text(NOT_ANSWERED))


async def let_go(app: EWalletApp) -> bool:
    """Let go of the engine; whether everything asked was answered within what a person waits."""
    app.event_watch.stop()
    app.connection_watch.stop()
    try:
        async with asyncio.timeout(MOST_SECONDS):
            await app.store.close()
    except TimeoutError:
        return False
    return True


async def _may_go(app: EWalletApp) -> bool:
    state = app.state.clock.state if app.state else TimerState.INACTIVE
    if app.store.client.unanswered and not app.is_connected:
        others = app.timer_watch.left.begun()
        return await app.push_screen_wait(unanswered_confirmation(state, others)) == LEAVE
    others = await _others_begun(app)
    if state is TimerState.INACTIVE and not others:
        return True
    # Behind the lock nobody has said who they are: the timer is not theirs to stop.
    may_stop = app.is_in_view and app.is_connected
    choice = await app.push_screen_wait(timer_confirmation(state, others, may_stop=may_stop))
    if choice == STOP:
        return not (await app.act(action="stop", stop="clock_timer"))["failed"]
    return choice == LEAVE


async def _others_begun(app: EWalletApp) -> tuple[ClockState, ...]:
    """The clocks besides the active one whose timers have begun, also those begun elsewhere."""
    left = app.timer_watch.left
    # Whoever waits for answers already is not to wait for one more.
    if app.state is not None and app.is_connected and not app.store.client.unanswered:
        with suppress(TimeoutError):
            async with asyncio.timeout(MOST_SECONDS_TO_LOOK):
                answer = await app.ask(action="view", view="credit", credit="clocks")
                left.learn(answer.get("clocks", ()))
    return left.begun()
