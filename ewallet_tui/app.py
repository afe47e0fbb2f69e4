"""The app: engines go in, screens come out."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType
from textual.signal import Signal

from ewallet_core.client import ConnectionStatus
from ewallet_core.presentation.formatting import one_line
from ewallet_tui.config.controller import SettingsController
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.connection import CONNECTING, NOT_ANSWERED, Connecting, ConnectionWatch
from ewallet_tui.lifecycle import (
    IdleWatch,
    begin_afresh,
    end_session,
    forget_places_out_of_view,
    log_out,
    switch_account,
)
from ewallet_tui.navigation import LOCK, LOGIN, SCREEN_MODES, screen_of
from ewallet_tui.palette import Everything, open_palette
from ewallet_tui.status import is_connected
from ewallet_tui.store import AccountStore
from ewallet_tui.themes import THEMES, StylesheetReadOnce

if TYPE_CHECKING:
    from textual.events import Event

    from ewallet_core.client import Answer
    from ewallet_core.protocol.address import ServerAddress
    from ewallet_tui.config.keymap import Scope
    from ewallet_tui.connection import Backends
    from ewallet_tui.event_watch import EventWatch
    from ewallet_tui.screens.login import LoginScreen
    from ewallet_tui.state import AccountState
    from ewallet_tui.timer import TimerWatch

KEEP_ALIVE_SECONDS = 600


class EWalletApp(App[None]):
    """Screens over one conversation with the engine."""

    TITLE = "EWallet"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[Any]] = {Everything}
    DEFAULT_MODE = LOGIN
    MODES: ClassVar[dict[str, Any]] = {mode: screen_of(mode) for mode in (LOGIN, LOCK, *SCREEN_MODES)}
    action_command_palette = open_palette
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        # Ahead of the widgets, so that what is typed right after it goes where it moved to.
        Binding("tab", "app.focus_next", "Next field", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous field", show=False, priority=True),
        Binding("ctrl+c", "help_quit", show=False, system=True),
    ]

    def __init__(
        self,
        backends: Backends,
        preferences: Preferences,
        server: ServerAddress | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """The app at `server`, or on this machine; another of `backends` can be chosen."""
        super().__init__()
        self.stylesheet = StylesheetReadOnce(variables=self.get_css_variables())
        self.backends = backends
        self.now = now
        """The instant, in seconds, on a clock that never goes backwards."""
        self.state_changed: Signal[AccountState] = Signal(self, "picture changed")
        """Every new picture of the account that is logged in."""
        self.second_passed: Signal[float] = Signal(self, "second passed")
        """The instants at which a begun timer's figures move on."""
        self.connection_changed: Signal[ConnectionStatus] = Signal(self, "connection changed")
        """Every new state of the connection to the engine, each second until its next try included."""
        self.connecting = Connecting(self, server)
        self.connection_watch = ConnectionWatch(self, self.connecting.handle)
        self.store = self.store_at(server)
        self.mode_to_return_to = SCREEN_MODES[0]
        """The place that the lock hides."""
        self._idle = IdleWatch(self, self.action_lock)
        self._account: int | None = None
        """Whose the places are that are open."""
        self._leave_lock = asyncio.Lock()
        for theme in THEMES:
            self.register_theme(theme)
        self.settings = SettingsController(
            preferences,
            self,
            warn=lambda words: self.say(words, severity="warning"),
            watch_idle=self._idle.begin,
            rewrite_screens=self.write_anew,
            scopes=self._key_scopes,
        )

    @cached_property
    def event_watch(self) -> EventWatch:
        """Who watches what happens to the account; nothing does before the first paint."""
        from ewallet_tui.event_watch import EventWatch  # noqa: PLC0415

        return EventWatch(self)

    @cached_property
    def timer_watch(self) -> TimerWatch:
        """Who watches the timer, from the first picture on."""
        from ewallet_tui.timer import TimerWatch  # noqa: PLC0415

        return TimerWatch(self)

    @property
    def preferences(self) -> Preferences:
        """What the person likes."""
        return self.settings.preferences

    @property
    def state(self) -> AccountState | None:
        """What is known of the account that is logged in, `None` where nobody is."""
        return self.store.state

    @property
    def place(self) -> str:
        """Where the engine is, in a word."""
        return self.store.client.place

    @property
    def connection(self) -> ConnectionStatus:
        """How the engine can be reached just now."""
        return self.connection_watch.connection

    @property
    def is_connected(self) -> bool:
        """Whether what is asked now is answered at once."""
        return is_connected(self.connection, self.place)

    @property
    def is_in_view(self) -> bool:
        """Whether somebody is logged in and the screen is not locked."""
        return self.state is not None and self.current_mode != LOCK

    def on_mount(self) -> None:
        """Reach the engine once the first screen has been painted."""
        self.connection_watch.follow(self.store.client)
        self.call_after_refresh(self._begin)

    async def ask(self, **instruction: Any) -> Answer:
        """Have an action of the client carried out; the picture is true again when the answer is there."""
        return await self.event_watch.ask(**instruction)

    async def act(self, **instruction: Any) -> Answer:
        """As `ask`, and a refusal is shown as a toast."""
        answer = await self.ask(**instruction)
        if answer["failed"]:
            self.say(answer.get("warning") or "", title=answer["error"], severity="error")
        return answer

    def say(self, words: str, *, title: str = "", severity: Any = "information") -> None:
        """Say something in passing, in words that can only be read."""
        self.notify(one_line(words), title=one_line(title), severity=severity, markup=False)

    def tell_desktop(self, title: str, words: str) -> None:
        """Have the desktop say something too, where the person wants that and the terminal can."""
        if self.preferences.desktop_notifications and self._driver is not None:
            from ewallet_tui.notifications import notification  # noqa: PLC0415

            self._driver.write(notification(title, words, os.environ))

    def store_at(self, server: ServerAddress | None) -> AccountStore:
        """A conversation with the engine there, not opened yet."""
        client = self.backends.client_at(server)
        return AccountStore(client, self.now, self._show_change, self._say_session_ended)

    async def converse(self, store: AccountStore) -> None:
        """Go on with another conversation, which has been opened; nobody is logged in there."""
        await self.leave()
        self.store = store
        self.connection_watch.follow(store.client)
        # What was typed was meant for the one before.
        await cast("LoginScreen", self.screen_stack[0]).start_over()

    async def enter(self) -> None:
        """Go on as the account that is logged in now."""
        self.event_watch.follow()
        if self.current_mode not in SCREEN_MODES:
            await self.switch_mode(SCREEN_MODES[0])

    async def leave(self) -> None:
        """Go back to the login, keeping nothing of anybody."""
        self.event_watch.stop()
        self.workers.cancel_group(self, "quit")
        self.store.forget()
        self._account = None
        self.timer_watch.stop()
        # Not `copy_to_clipboard`: what was copied elsewhere meanwhile is not the app's to take away.
        self._clipboard = ""
        # There may be several reasons to leave at once.
        async with self._leave_lock:
            await self.switch_mode(LOGIN)
            while len(self.screen_stack) > 1:
                await self.pop_screen()
            await forget_places_out_of_view(self)

    def log_out(self, *, of_all: bool = False) -> None:
        """Log out of the active account, and the session's next goes on; or `of_all` of them."""
        log_out(self, of_all=of_all)

    def switch_account(self, email: str) -> None:
        """Go on as another account of this session."""
        switch_account(self, email)

    def choose(self, **choice: Any) -> None:
        """Keep a choice of the person's, and act on it."""
        self.settings.choose(**choice)

    def keep(self, preferences: Preferences) -> None:
        """Go by these preferences from now on, and say where they could not be kept."""
        self.settings.keep(preferences)

    def write_anew(self) -> None:
        """Have every place write its numbers, times and dates in the forms of now."""
        self.run_worker(self._write_anew())

    def action_lock(self) -> None:
        """Hide everything behind the password."""
        if self.is_in_view and not self.has_begun("lock"):
            self.run_worker(self._lock(), group="lock")

    def action_help(self) -> None:
        """Show every key that works here."""
        from ewallet_tui.screens.overlays import HelpScreen  # noqa: PLC0415

        self.push_screen(HelpScreen(self.screen))

    async def action_quit(self) -> None:
        """Quit, when everything asked is answered; asks first where something would be left behind.

        Asked again while answers are waited for, it waits for none.
        """
        if self.store.is_closing:
            self.exit(message=Text(NOT_ANSWERED))
            return
        from ewallet_tui.lifecycle import quit_when_answered  # noqa: PLC0415
        from ewallet_tui.screens.modal import ConfirmModal  # noqa: PLC0415

        is_asked = self.has_begun("quit") and isinstance(self.screen, ConfirmModal)
        if not is_asked:
            # Whoever waits in vain for the timer to be stopped first can change their mind.
            self.run_worker(quit_when_answered(self), group="quit", exclusive=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing of an account can be reached before the login or behind the lock."""
        if action == "command_palette":
            return self.is_in_view
        return super().check_action(action, parameters)

    async def on_event(self, event: Event) -> None:
        """Notice that somebody is there."""
        self._idle.notice(event)
        await super().on_event(event)

    async def on_unmount(self) -> None:
        """Let go of the engine, however the app ends."""
        from ewallet_tui.lifecycle import let_go  # noqa: PLC0415

        if not self.store.is_closing:
            await let_go(self)

    def _key_scopes(self) -> tuple[Scope, ...]:
        from ewallet_tui.key_scopes import key_scopes  # noqa: PLC0415 - it imports every screen

        return key_scopes(EWalletApp)

    def _begin(self) -> None:
        self.settings.begin()
        self.set_interval(KEEP_ALIVE_SECONDS, self.event_watch.keep_alive)
        self.run_worker(self.connecting.begin(), group=CONNECTING)

    async def _write_anew(self) -> None:
        async with self._leave_lock:
            await forget_places_out_of_view(self)
        if self.state is not None:
            self._show_change(self.state)

    def has_begun(self, group: str) -> bool:
        """Whether a worker of that group is at work."""
        return any(worker.group == group and not worker.is_finished for worker in self.workers)

    async def _lock(self) -> None:
        self.mode_to_return_to = self.current_mode
        await self.switch_mode(LOCK)

    def _show_change(self, state: AccountState) -> None:
        self.timer_watch.follow(state)
        before, self._account = self._account, state.account.id
        if before in (None, self._account):
            self.state_changed.publish(state)
        else:
            self.run_worker(self._begin_afresh())

    async def _begin_afresh(self) -> None:
        async with self._leave_lock:
            if self.state is not None:
                await begin_afresh(self, self.state.account.role)

    def _say_session_ended(self, of_a_change: bool) -> None:
        self.run_worker(end_session(self, of_a_change=of_a_change))
