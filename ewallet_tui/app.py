"""The app: paints the login, then makes the services and hands them to the screens."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.events import InputEvent, Key, Paste

from ewallet_core.data_folder import data_folder
from ewallet_core.presentation.formatting import formats_of_system
from ewallet_core.protocol.address import Servers
from ewallet_core.steady_time import steady_time
from ewallet_tui import lazy
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.config.settings import THEMES
from ewallet_tui.elapsed import ElapsedTime
from ewallet_tui.keyboard import Keyboard
from ewallet_tui.navigation import LOGIN
from ewallet_tui.screens.login import LoginScreen
from ewallet_tui.status import EMBEDDED
from ewallet_tui.terminal import Ending
from ewallet_tui.terminal_app import TerminalApp

if TYPE_CHECKING:
    from pathlib import Path

    from textual.events import Event

    from ewallet_tui.connection import Backends
    from ewallet_tui.context import AppContext
    from ewallet_tui.services import Services

PAINT_SECONDS = 0.01
"""How long the terminal has to write the first paint, before imports keep the process busy."""


def open_app(data_dir: Path | None, server: str | None, *, embedded: bool) -> EWalletApp:
    """The app at `server`; on this machine if `embedded`; otherwise where it was last.

    Raises `ValueError` with a sentence for the user if the address of the server can't be read.
    """
    chosen = None if server is None else Servers.read(server)
    folder = data_folder(data_dir)
    preferences = Preferences.read(folder, formats_of_system())
    address = chosen if embedded or chosen is not None else preferences.last_server
    return EWalletApp(partial(lazy.backends, folder), preferences, address)


class EWalletApp(TerminalApp):
    """Only `__main__` imports it."""

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
        make_backends: Callable[[], Backends],
        preferences: Preferences,
        server: Servers | None = None,
        now: Callable[[], float] = steady_time,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """The app at `server`, or on this machine; the user can choose another of the backends.

        `now` is the instant, in seconds, on a clock that never goes backwards, `wall` on one that can be set.
        """
        self._elapsed = ElapsedTime(now, wall)
        super().__init__(self._elapsed)
        self._make_backends = make_backends
        self._preferences = preferences
        self._server = server
        self._ending = Ending(self._end)
        self._keyboard = Keyboard(self, super().on_event, lambda: self.services.is_opening)
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = preferences.theme

    @cached_property
    def services(self) -> Services:
        """The store and the services; made when they are first used, which is after the first paint."""
        from ewallet_tui.services import Services

        return Services(
            self, self._make_backends(), self._preferences, self._server, self._elapsed, self._ending
        )

    @property
    def context(self) -> AppContext:
        return self.services.context

    def get_default_screen(self) -> LoginScreen:
        place = EMBEDDED if self._server is None else self._server.first.name
        screen = LoginScreen(place, lambda: self.context, lambda: lazy.login_forms(self.context))
        self.note_style(screen)
        return screen

    def on_mount(self) -> None:
        if not self.is_headless:
            self._ending.listen()
        self.call_after_refresh(self.set_timer, PAINT_SECONDS, self._begin)

    def action_lock(self) -> None:
        self.services.lock()

    def action_help(self) -> None:
        self.push_screen(lazy.help_screen(self.screen))

    def action_help_quit(self) -> None:
        """Say which keys close and quit: ctrl+c copies selected text, and nothing is selected."""
        self.say(lazy.keys_to_leave(self.screen), title="Nothing is selected to copy.")

    def action_command_palette(self) -> None:
        if self.services.is_in_view:
            lazy.open_palette(self, self.context)

    async def action_quit(self) -> None:
        self.services.quit()

    async def on_event(self, event: Event) -> None:
        if isinstance(event, InputEvent | Paste):
            services = self.services
            was_locking = services.is_locking
            self._elapsed.tick()
            services.idle.notice()
            if not was_locking and services.is_locking:
                # The time was over before: this must reach neither the screen nor the password.
                return
        if isinstance(event, Key | Paste) and not event.is_forwarded:
            await self._keyboard.take(event)
        else:
            await super().on_event(event)

    async def on_unmount(self) -> None:
        await self.services.close()

    def _begin(self) -> None:
        """Go on after the first paint."""
        if not gc.isenabled():
            # What was imported stays, so the collector never looks at it.
            gc.freeze()
            gc.enable()
        self.services.begin()

    def _end(self, code: int) -> None:
        self.services.end(code)
