"""The app: builds the store and the services, and hands them to the screens."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import InputEvent, Key, Paste
from textual.signal import Signal
from textual.widgets import Input

from ewallet_core.client import ConnectionStatus
from ewallet_core.data_folder import data_folder
from ewallet_core.presentation.formatting import formats_of_system
from ewallet_core.protocol.address import ServerAddress
from ewallet_tui import lazy
from ewallet_tui.config.controller import SettingsController, StylesheetReadOnce
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.config.settings import THEMES
from ewallet_tui.connection import CONNECTING, NOT_ANSWERED, REFRESH, Backends, Connecting, ConnectionWatch
from ewallet_tui.context import AppContext
from ewallet_tui.elapsed import TICK_SECONDS, ElapsedTime, steady_time
from ewallet_tui.keyboard import OPENING, Keyboard
from ewallet_tui.lifecycle import QUIT, Heartbeat, IdleWatch, Lifecycle
from ewallet_tui.navigation import LOCK, LOGIN, SCREEN_MODES, Navigation
from ewallet_tui.notifications import (
    ENDS_SOON,
    FROZEN,
    USABLE_AGAIN,
    Notifier,
    desktop_sequence,
)
from ewallet_tui.screens.login import LoginScreen
from ewallet_tui.store import AccountStore, Backend
from ewallet_tui.terminal import Ending
from ewallet_tui.terminal_app import TerminalApp
from ewallet_tui.timer import Alarm, DayWatch, TimerWatch
from ewallet_tui.widgets.footer import keys_to_leave
from ewallet_tui.work import Workers

if TYPE_CHECKING:
    from pathlib import Path

    from textual.events import Event
    from textual.screen import Screen

    from ewallet_core.client import Event as AccountEvent
    from ewallet_tui.screens.modal import ConfirmModal
    from ewallet_tui.state import AccountState

IMPORT_AFTER_SECONDS = 0.3
"""How long after the first paint the screens are imported; the login's fields come first."""
LOCKING, END = "lock", "end"


def open_app(data_dir: Path | None, server: str | None, *, embedded: bool) -> EWalletApp:
    """The app at `server`; on this machine if `embedded`; otherwise where it was last.

    Raises `ValueError` with a sentence for the user if the address of the server can't be read.
    """
    chosen = None if server is None else ServerAddress.read(server)
    folder = data_folder(data_dir)
    preferences = Preferences.read(folder, formats_of_system())
    address = chosen if embedded or chosen is not None else preferences.last_server
    return EWalletApp(Backends.kept_in(folder), preferences, address)


class EWalletApp(TerminalApp):
    """Builds the store and the services; only `__main__` imports it."""

    TITLE = "EWallet"
    CSS_PATH = "app.tcss"
    DEFAULT_MODE = LOGIN
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "quit", "Quit", show=False, priority=True),
        # Ahead of the widgets, so that the next key goes to the widget that has the focus then.
        Binding("tab", "app.focus_next", "Next field", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", "Previous field", show=False, priority=True),
        Binding("ctrl+c", "help_quit", show=False, system=True),
        # Also over a form: the shell's own key.
        Binding("ctrl+z", "suspend_process", "Suspend", show=False, priority=True),
    ]

    def __init__(
        self,
        backends: Backends,
        preferences: Preferences,
        server: ServerAddress | None = None,
        now: Callable[[], float] = steady_time,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """The app at `server`, or on this machine; the user can choose another of `backends`.

        `now` is the instant, in seconds, on a clock that never goes backwards, `wall` on one that can be set.
        """
        self._elapsed = ElapsedTime(now, wall)
        super().__init__(self._elapsed)
        self._ending = Ending(self._end)
        self.stylesheet = StylesheetReadOnce(variables=self.get_css_variables())
        for theme in THEMES:
            self.register_theme(theme)
        self._idle = IdleWatch(self._elapsed, self.set_timer, self.action_lock)
        self._keyboard = Keyboard(self, super().on_event, self._is_opening)
        self._is_asked_to_quit = False
        self._notifier = Notifier(
            lambda: self.context.state,
            lambda: self.is_in_view,
            self.set_timer,
            self.say,
            self._notify_desktop,
        )
        self.context = self._make_context(backends, preferences, server, self._elapsed)
        made = self.context
        services = (made.store, made.connection, made.timers, self._days, made.workers)
        toasts = self._refresh_notifications
        self._heartbeat = Heartbeat(self._elapsed, self._idle, self._ending, toasts, *services)

    def _make_context(
        self,
        backends: Backends,
        preferences: Preferences,
        server: ServerAddress | None,
        now: ElapsedTime,
    ) -> AppContext:
        workers = Workers(self)
        connection_changed: Signal[ConnectionStatus] = Signal(self, "connection changed")
        second_passed: Signal[float] = Signal(self, "second passed")
        store = AccountStore(
            Backend(backends.client_at(server)),
            now,
            changed=self._show_change,
            ended=lambda maybe_done: workers.run(partial(lifecycle.end_session, maybe_done=maybe_done)),
            noticed=self._handle_event,
            froze=lambda is_frozen: self._notifier.tell(FROZEN if is_frozen else USABLE_AGAIN),
            time_zone=lambda: settings.time_zone,
        )

        def refresh() -> None:
            workers.run(store.refresh, REFRESH, exclusive=True)

        self._days = DayWatch(self.set_timer, refresh)
        timers = TimerWatch(
            now,
            self.set_timer,
            alarm=self._sound,
            second_passed=second_passed.publish,
            read_again=refresh,
            left_behind=self.say,
        )

        def handle_connection(before: ConnectionStatus, after: ConnectionStatus) -> None:
            connection_changed.publish(after)
            connecting.handle(before, after)

        connection = ConnectionWatch(store.client.place, now, self.set_interval, handle_connection)
        navigation = Navigation(
            self, {mode: partial(self._make_screen, mode) for mode in (LOGIN, LOCK, *SCREEN_MODES)}
        )
        lifecycle = Lifecycle(
            store=store,
            navigation=navigation,
            connection=connection,
            timers=timers,
            notifier=self._notifier,
            workers=workers,
            notify=self.say,
            ask_about_timers=lambda account, at, may_stop: self._ask(
                lazy.timer_question(account, at, may_stop=may_stop)
            ),
            ask_about_unanswered=lambda account, at: self._ask(lazy.unanswered_question(account, at)),
            forget_clipboard=self.forget_clipboard,
            now=now,
            timer_on_quit=lambda: self.context.preferences.timer_on_quit,
        )
        settings = SettingsController(
            preferences,
            self,
            warn=lambda words: self.say(words, severity="warning"),
            watch_idle=self._idle.begin,
            rewrite_screens=lambda: workers.run(self._rewrite_screens),
            scopes=lambda: lazy.key_scopes(EWalletApp),
        )
        connecting = Connecting(
            server=server,
            backends=backends,
            store=store,
            watch=connection,
            workers=workers,
            set_timer=self.set_timer,
            notify=self.say,
            is_in_view=lambda: self.is_in_view,
            is_typing=lambda: any(field.value for field in self.screen.query(Input)),
            trusts=self._trusts,
            choose=self._choose_server,
            leave=lifecycle.leave,
            start_over=self._start_login_over,
            used=lambda used: settings.keep(settings.preferences.with_server_used(used)),
            exit_because=lambda reason: self.exit(return_code=1, message=Text(reason)),
        )
        return AppContext(
            store=store,
            settings=settings,
            connection=connection,
            connecting=connecting,
            timers=timers,
            lifecycle=lifecycle,
            navigation=navigation,
            workers=workers,
            notify=self.say,
            now=now,
            state_changed=Signal(self, "state changed"),
            second_passed=second_passed,
            connection_changed=connection_changed,
            make_screen=self._make_screen,
            put_on_clipboard=self.copy,
            choose_server=self._choose_server,
        )

    @property
    def is_in_view(self) -> bool:
        """Whether an account is logged in and the screen is not locked."""
        return self.context.state is not None and self.current_mode != LOCK

    def on_mount(self) -> None:
        """Connect to the engine once the first screen has been painted."""
        if not self.is_headless:
            self._ending.listen()
        self.context.connection.follow(self.context.store.client)
        self.call_after_refresh(self._begin)

    def action_lock(self) -> None:
        if self.is_in_view and not self.context.workers.has_begun(LOCKING):
            self.context.workers.run(self.context.navigation.lock, LOCKING)

    def _is_opening(self) -> bool:
        """Whether the lock or a form is about to open."""
        workers, is_connected = self.context.workers, self.context.connection.is_connected
        return workers.has_begun(LOCKING) or (is_connected and workers.has_begun(OPENING))

    def action_help(self) -> None:
        self.push_screen(lazy.help_screen(self.screen))

    def action_help_quit(self) -> None:
        """Say which keys close and quit: ctrl+c copies selected text, and nothing is selected."""
        self.say(keys_to_leave(self.screen), title="Nothing is selected to copy.")

    def action_command_palette(self) -> None:
        if self.is_in_view:
            lazy.open_palette(self, self.context)

    async def action_quit(self) -> None:
        """Quit when everything sent is answered; ask first about begun timers and missing answers.

        A second call quits without the answers that are still missing.
        """
        if self.context.store.backend.is_closing:
            self.exit(message=Text(NOT_ANSWERED))
        elif not self._is_asked_to_quit:
            # Quitting again replaces a quit that still waits for the timer to stop.
            self.context.workers.run(self._quit, QUIT, exclusive=True)

    async def on_event(self, event: Event) -> None:
        if isinstance(event, InputEvent | Paste):
            was_locking = self.context.workers.has_begun(LOCKING)
            self._elapsed.tick()
            self._idle.notice()
            if not was_locking and self.context.workers.has_begun(LOCKING):
                # The time was over before: this must reach neither the screen nor the password.
                return
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._keyboard.take(event)
        else:
            await super().on_event(event)

    def _end(self, code: int) -> None:
        """End as if the user quit, without a question; a second call doesn't wait for missing answers."""
        if self.context.workers.has_begun(END):
            self.exit(return_code=code)
        else:
            self.context.workers.run(partial(self._end_in_order, code), END)

    async def _end_in_order(self, code: int) -> None:
        await self.context.lifecycle.end()
        self.exit(return_code=code)

    async def on_unmount(self) -> None:
        if not self.context.store.backend.is_closing:
            await self.context.lifecycle.close()

    def _begin(self) -> None:
        self.context.settings.begin()
        self._heartbeat.begin()
        self.set_interval(TICK_SECONDS, self._heartbeat.tick)
        self._days.look()
        self.set_timer(
            IMPORT_AFTER_SECONDS, lambda: asyncio.get_running_loop().run_in_executor(None, lazy.screens)
        )
        self.context.workers.run(self.context.connecting.begin, CONNECTING)

    def _make_screen(self, name: str) -> Screen[Any]:
        if name == LOGIN:
            return LoginScreen(self.context, lambda: lazy.login_forms(self.context))
        return lazy.screens()[name](self.context)

    async def _start_login_over(self) -> None:
        login = self.screen_stack[0]
        if isinstance(login, LoginScreen):
            await login.start_over()

    def _choose_server(self, reason: str = "") -> None:
        lazy.show_connection_screen(self, self.context, reason)

    async def _trusts(self, server: str, fingerprint: str) -> bool:
        return await self.push_screen_wait(lazy.certificate_question(server, fingerprint)) is not None

    async def _ask(self, question: ConfirmModal) -> str | None:
        self._is_asked_to_quit = True
        try:
            return await self.push_screen_wait(question)
        finally:
            self._is_asked_to_quit = False

    async def _quit(self) -> None:
        store, lifecycle = self.context.store, self.context.lifecycle
        if await lifecycle.may_quit(is_in_view=self.is_in_view):
            if store.client.unanswered:
                self.say("Press ctrl+q again to quit now.", title="Waiting for the last answer…")
            self.exit(message=None if await lifecycle.close() else Text(NOT_ANSWERED))

    async def _rewrite_screens(self) -> None:
        await self.context.lifecycle.rewrite_screens()
        if self.context.state is not None:
            self._show_change(self.context.state)
            # In another time zone, the days are others.
            await self.context.store.refresh()

    def _handle_event(self, event: AccountEvent) -> None:
        if event["event"] == ENDS_SOON:
            self._heartbeat.keep_alive()
        else:
            self._notifier.notice(event)

    def _show_change(self, state: AccountState) -> None:
        self.context.timers.follow(state)
        if self.context.lifecycle.is_same_account(state.account.id):
            self.context.state_changed.publish(state)
        else:
            self.context.workers.run(self.context.lifecycle.show_other_account)

    def _sound(self, alarm: Alarm) -> None:
        if self.context.preferences.bell:
            self.bell()
        self._notify_desktop(alarm.title, alarm.words)
        self.say(alarm.words, title=alarm.title, severity=alarm.severity)

    def _notify_desktop(self, title: str, words: str) -> None:
        if self.context.preferences.desktop_notifications and self._driver is not None:
            self._driver.write(desktop_sequence(title, words, os.environ))
