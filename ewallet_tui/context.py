"""What the app hands to every screen: the store, the services and the signals."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from ewallet_core.presentation.formatting import inert
from ewallet_tui.terminal import Copied

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.screen import Screen
    from textual.signal import Signal

    from ewallet_core.client import Answer, ConnectionStatus
    from ewallet_tui.config.controller import SettingsController
    from ewallet_tui.config.preferences import Preferences
    from ewallet_tui.connection import Connecting, ConnectionWatch
    from ewallet_tui.lifecycle import Lifecycle
    from ewallet_tui.navigation import Navigation
    from ewallet_tui.state import AccountState
    from ewallet_tui.store import AccountStore
    from ewallet_tui.timer import TimerWatch
    from ewallet_tui.work import Notify, Severity, Workers


class AppContext(Struct, frozen=True, kw_only=True):
    store: AccountStore
    settings: SettingsController
    connection: ConnectionWatch
    connecting: Connecting
    timers: TimerWatch
    lifecycle: Lifecycle
    navigation: Navigation
    workers: Workers
    notify: Notify
    now: Callable[[], float]
    state_changed: Signal[AccountState]
    second_passed: Signal[float]
    """The instants at which the shown seconds of a begun timer change."""
    connection_changed: Signal[ConnectionStatus]
    """Every new state of the connection, each second until the next try included."""
    make_screen: Callable[[str], Screen[Any]]
    """Makes the screen of that name: a mode, or a tab of a screen with several."""
    choose_server: Callable[[str], None]
    """Opens the screen on which another engine is chosen, with the reason if there is one."""
    put_on_clipboard: Callable[[str], Awaitable[Copied]]
    """Copies a text to the clipboard, and returns where it went."""

    @property
    def state(self) -> AccountState | None:
        return self.store.state

    @property
    def preferences(self) -> Preferences:
        return self.settings.preferences

    @property
    def time_zone(self) -> str:
        """The IANA name of the zone in which the user's days begin."""
        return self.settings.time_zone

    async def send(self, **instruction: Any) -> Answer:
        return await self.store.send(**instruction)

    async def act(self, **instruction: Any) -> Answer:
        """Send an instruction, and show an error as a toast."""
        return await self.lifecycle.act(**instruction)

    def copy(self, text: str, what: str = "") -> None:
        """Copy `text`, and say in a toast where it went; `what` names a text that is too long to show."""
        self.workers.run(partial(self._copy, inert(text), what or text))

    async def _copy(self, text: str, what: str) -> None:
        copied = await self.put_on_clipboard(text)
        severity: Severity = "warning" if copied is Copied.NOWHERE else "information"
        self.notify(copied.sentence(what), severity=severity)
