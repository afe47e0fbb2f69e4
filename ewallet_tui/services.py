"""The store and the services, made and joined after the first paint, which needs none of them."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.signal import Signal
from textual.widgets import Input

from ewallet_core.client import Reach
from ewallet_tui import lazy
from ewallet_tui.backups import ScheduledBackups
from ewallet_tui.config.controller import SettingsController
from ewallet_tui.connection import (
    CONNECTING,
    NOT_ANSWERED,
    REFRESH,
    Backends,
    Connecting,
    ConnectionWatch,
)
from ewallet_tui.context import AppContext
from ewallet_tui.elapsed import TICK_SECONDS, ElapsedTime
from ewallet_tui.keyboard import OPENING
from ewallet_tui.lifecycle import QUIT, Heartbeat, IdleWatch, Lifecycle
from ewallet_tui.navigation import LOCK, LOGIN, SCREEN_MODES, Navigation
from ewallet_tui.notifications import ENDS_SOON, FROZEN, USABLE_AGAIN, Notifier, desktop_sequence
from ewallet_tui.screens.login import LoginScreen
from ewallet_tui.store import AccountStore, Backend
from ewallet_tui.timer import Alarm, DayWatch, TimerWatch
from ewallet_tui.work import Workers

if TYPE_CHECKING:
    from textual.screen import Screen

    from ewallet_core.client import ConnectionStatus, Event
    from ewallet_core.protocol.address import Servers
    from ewallet_tui.config.preferences import Preferences
    from ewallet_tui.screens.modal import ConfirmModal
    from ewallet_tui.state import AccountState
    from ewallet_tui.terminal import Ending
    from ewallet_tui.terminal_app import TerminalApp

IMPORT_AFTER_SECONDS = 0.3
"""How long after the first paint the screens are imported; the login's fields come first."""
LOCKING, END = "lock", "end"
"""The groups of workers that lock the screen and that end the app."""


class Services:
    """What works behind the screens; `context` is what each screen gets of it."""

    def __init__(
        self,
        app: TerminalApp,
        backends: Backends,
        preferences: Preferences,
        server: Servers | None,
        elapsed: ElapsedTime,
        ending: Ending,
    ) -> None:
        self._app = app
        self._is_asked_to_quit = False
        self._connection_changed: Signal[ConnectionStatus] = Signal(app, "connection changed")
        second_passed: Signal[float] = Signal(app, "second passed")
        self._workers = workers = Workers(app)
        self._store = store = self._make_store(Backend(backends.client_at(server)), elapsed)
        self._days = DayWatch(app.set_timer, self._refresh)
        self._timers = timers = TimerWatch(
            elapsed,
            app.set_timer,
            alarm=self._sound,
            second_passed=second_passed.publish,
            read_again=self._refresh,
            left_behind=app.say,
        )
        self._notifier = Notifier(
            lambda: store.state, lambda: self.is_in_view, app.set_timer, app.say, self._notify_desktop
        )
        self._connection = ConnectionWatch(
            store.client.place, elapsed, app.set_interval, self._show_connection
        )
        self._navigation = Navigation(
            app,
            {
                LOGIN: app.get_default_screen,
                **{mode: partial(self._make_screen, mode) for mode in (LOCK, *SCREEN_MODES)},
            },
        )
        self._lifecycle = self._make_lifecycle(elapsed)
        self._backups = ScheduledBackups(app.say)
        self.idle = IdleWatch(elapsed, app.set_timer, self.lock)
        self._settings = SettingsController(
            preferences,
            app,
            warn=lambda words: app.say(words, severity="warning"),
            watch_idle=self.idle.begin,
            rewrite_screens=lambda: workers.run(self._rewrite_screens),
            schedule_backups=self._schedule_backups,
            scopes=lambda: lazy.key_scopes(type(app)),
        )
        self._connecting = self._make_connecting(backends, server)
        self.context = AppContext(
            store=store,
            settings=self._settings,
            connection=self._connection,
            connecting=self._connecting,
            timers=timers,
            lifecycle=self._lifecycle,
            navigation=self._navigation,
            workers=workers,
            notify=app.say,
            now=elapsed,
            state_changed=Signal(app, "state changed"),
            second_passed=second_passed,
            connection_changed=self._connection_changed,
            make_screen=self._make_screen,
            put_on_clipboard=app.copy,
            choose_server=self._choose_server,
        )
        self.heartbeat = Heartbeat(
            elapsed, self.idle, ending, app.reap_toasts, store, self._connection, timers, self._days, workers
        )

    def _make_store(self, backend: Backend, elapsed: ElapsedTime) -> AccountStore:
        return AccountStore(
            backend,
            elapsed,
            changed=self._show_change,
            ended=lambda maybe_done: self._workers.run(
                partial(self._lifecycle.end_session, maybe_done=maybe_done)
            ),
            noticed=self._handle_event,
            froze=lambda is_frozen: self._notifier.tell(FROZEN if is_frozen else USABLE_AGAIN),
            time_zone=lambda: self._settings.time_zone,
        )

    def _make_lifecycle(self, elapsed: ElapsedTime) -> Lifecycle:
        return Lifecycle(
            store=self._store,
            navigation=self._navigation,
            connection=self._connection,
            timers=self._timers,
            notifier=self._notifier,
            workers=self._workers,
            notify=self._app.say,
            ask_about_timers=lambda account, at, may_stop: self._ask(
                lazy.timer_question(account, at, may_stop=may_stop)
            ),
            ask_about_unanswered=lambda account, at: self._ask(lazy.unanswered_question(account, at)),
            forget_clipboard=self._app.forget_clipboard,
            now=elapsed,
            timer_on_quit=lambda: self._settings.preferences.timer_on_quit,
        )

    def _make_connecting(self, backends: Backends, server: Servers | None) -> Connecting:
        app = self._app
        return Connecting(
            server=server,
            backends=backends,
            store=self._store,
            watch=self._connection,
            workers=self._workers,
            set_timer=app.set_timer,
            notify=app.say,
            is_in_view=lambda: self.is_in_view,
            is_typing=lambda: any(field.value for field in app.screen.query(Input)),
            trusts=self._trusts,
            choose=self._choose_server,
            leave=self._lifecycle.leave,
            start_over=self._start_login_over,
            used=self._use_server,
            exit_because=lambda reason: app.exit(return_code=1, message=Text(reason)),
        )

    def begin(self) -> None:
        """Connect to the engine, and import the screens."""
        self._connection.follow(self._store.client)
        self._settings.begin()
        self.heartbeat.begin()
        self._app.set_interval(TICK_SECONDS, self.heartbeat.tick)
        self._days.look()
        self._app.set_timer(IMPORT_AFTER_SECONDS, lambda: self._workers.run(self._prepare_screens))
        self._workers.run(self._connecting.begin, CONNECTING)

    @property
    def is_in_view(self) -> bool:
        """Whether an account is logged in and the screen is not locked."""
        return self._store.state is not None and self._navigation.mode != LOCK

    @property
    def is_locking(self) -> bool:
        return self._workers.has_begun(LOCKING)

    @property
    def is_opening(self) -> bool:
        """Whether the lock or a form is about to open."""
        return self.is_locking or (self._connection.is_connected and self._workers.has_begun(OPENING))

    def lock(self) -> None:
        if self.is_in_view and not self.is_locking:
            self._workers.run(self._navigation.lock, LOCKING)

    def quit(self) -> None:
        """Quit when everything sent is answered; ask first about begun timers and missing answers.

        A second call quits without the answers that are still missing.
        """
        if self._store.backend.is_closing:
            self._app.exit(message=Text(NOT_ANSWERED))
        elif not self._is_asked_to_quit:
            # Quitting again replaces a quit that still waits for the timer to stop.
            self._workers.run(self._quit, QUIT, exclusive=True)

    def end(self, code: int) -> None:
        """End as if the user quit, without a question; a second call doesn't wait for missing answers."""
        if self._workers.has_begun(END):
            self._app.exit(return_code=code)
        else:
            self._workers.run(partial(self._end_in_order, code), END)

    async def close(self) -> None:
        self._backups.stop()
        if not self._store.backend.is_closing:
            await self._lifecycle.close()

    async def _quit(self) -> None:
        if await self._lifecycle.may_quit(is_in_view=self.is_in_view):
            if self._store.client.unanswered:
                self._app.say("Press ctrl+q again to quit now.", title="Waiting for the last answer…")
            self._app.exit(message=None if await self._lifecycle.close() else Text(NOT_ANSWERED))

    async def _end_in_order(self, code: int) -> None:
        await self._lifecycle.end()
        self._app.exit(return_code=code)

    def _make_screen(self, name: str) -> Screen[Any]:
        return lazy.screens()[name](self.context)

    async def _prepare_screens(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, lazy.screens)
        self._app.read_in_advance(lazy.style_sheet_of_home())

    def _refresh(self) -> None:
        self._workers.run(self._store.refresh, REFRESH, exclusive=True)

    def _use_server(self, server: Servers | None) -> None:
        settings = self._settings
        settings.keep(settings.preferences.with_server_used(server))
        self._schedule_backups(settings.preferences)

    def _schedule_backups(self, preferences: Preferences) -> None:
        is_open = self._store.client.connection.reach is Reach.CONNECTED
        self._backups.follow(preferences, is_embedded=is_open and self._connecting.server is None)

    async def _rewrite_screens(self) -> None:
        await self._lifecycle.rewrite_screens()
        if self._store.state is not None:
            self._show_change(self._store.state)
            # In another time zone, the days are others.
            await self._store.refresh()

    def _show_connection(self, before: ConnectionStatus, after: ConnectionStatus) -> None:
        self._connection_changed.publish(after)
        self._connecting.handle(before, after)

    def _show_change(self, state: AccountState) -> None:
        self._timers.follow(state)
        if self._lifecycle.is_same_account(state.account.id):
            self.context.state_changed.publish(state)
        else:
            self._workers.run(self._lifecycle.show_other_account)

    def _handle_event(self, event: Event) -> None:
        if event["event"] == ENDS_SOON:
            self.heartbeat.keep_alive()
        else:
            self._notifier.notice(event)

    async def _start_login_over(self) -> None:
        login = self._app.screen_stack[0]
        if isinstance(login, LoginScreen):
            await login.start_over()

    def _choose_server(self, reason: str = "") -> None:
        lazy.show_connection_screen(self._app, self.context, reason)

    async def _trusts(self, server: str, fingerprint: str) -> bool:
        question = lazy.certificate_question(server, fingerprint)
        return await self._app.push_screen_wait(question) is not None

    async def _ask(self, question: ConfirmModal) -> str | None:
        self._is_asked_to_quit = True
        try:
            return await self._app.push_screen_wait(question)
        finally:
            self._is_asked_to_quit = False

    def _sound(self, alarm: Alarm) -> None:
        if self._settings.preferences.bell:
            self._app.bell()
        self._notify_desktop(alarm.title, alarm.words)
        self._app.say(alarm.words, title=alarm.title, severity=alarm.severity)

    def _notify_desktop(self, title: str, words: str) -> None:
        if self._settings.preferences.desktop_notifications:
            self._app.write_to_terminal(desktop_sequence(title, words, os.environ))
