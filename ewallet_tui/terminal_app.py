"""Textual's app on every terminal: text in place, sixteen colours, the clipboard, toasts that age."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual._compositor import CompositorUpdate
from textual.app import App
from textual.notifications import Notify

from ewallet_core.presentation.formatting import one_line
from ewallet_tui.notifications import AgingNotification
from ewallet_tui.sanitize import InPlace
from ewallet_tui.sixteen_colours import filter_for
from ewallet_tui.terminal import Clipboard, Copied, lasting
from ewallet_tui.work import Severity, run_worker

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen

SIXTEEN = "standard"
"""The name of a terminal's sixteen colours in Rich."""


class TerminalApp(App[None]):
    """`elapsed` is the time, in seconds, by which toasts disappear."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        super().__init__()
        self._elapsed_for_toasts = elapsed
        self._clipboard_of_desktop = Clipboard(os.environ)

    def say(self, words: str, *, title: str = "", severity: Severity = "information") -> None:
        self.notify(one_line(words), title=one_line(title), severity=severity, markup=False)

    def notify(self, message: str, *, timeout: float | None = None, **options: Any) -> None:
        """Show a toast, as Textual does, for so many seconds of elapsed time."""
        shown, now = self.NOTIFICATION_TIMEOUT if timeout is None else timeout, self._elapsed_for_toasts
        age: dict[str, Any] = {"timeout": shown, "raised_at": now(), "now": now}
        self.post_message(Notify(AgingNotification(message, **age, **options)))

    def get_driver_class(self) -> type[Driver]:
        return lasting(super().get_driver_class())

    @property
    def has_sixteen_colours(self) -> bool:
        """Whether there is a terminal, and it has no more colours."""
        return self.console.color_system == SIXTEEN and not self.is_headless

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and one that keeps every text readable where there are sixteen colours."""
        filters = super().get_line_filters()
        if self.native_ansi_color or self.has_sixteen_colours:
            return [*filters, filter_for(self.theme_variables["background"], dark=self.current_theme.dark)]
        return filters

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        painted = InPlace(renderable) if isinstance(renderable, CompositorUpdate) else renderable
        super()._display(screen, painted)

    def copy_to_clipboard(self, text: str) -> None:
        """Copy `text` as Textual's own widgets do, who say nothing of it."""
        self._clipboard = text
        run_worker(self, partial(self.copy, text))

    async def copy(self, text: str) -> Copied:
        """Copy `text` to the desktop's clipboard, or else send it to the terminal; returns where it went."""
        self._clipboard = text
        return await self._clipboard_of_desktop.copy(text, super().copy_to_clipboard)

    def forget_clipboard(self) -> None:
        # Not `copy_to_clipboard`: the system's clipboard may hold a text from elsewhere by now.
        self._clipboard = ""
