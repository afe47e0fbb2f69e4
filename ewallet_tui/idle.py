"""Notices that nobody is there any more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.events import Event, InputEvent, Paste
from textual.timer import Timer

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

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
