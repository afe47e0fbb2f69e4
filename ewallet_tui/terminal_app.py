"""Textual's app on every terminal: text in place, sixteen colours, the clipboard, toasts that age."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual._compositor import CompositorUpdate
from textual.app import App
from textual.binding import Binding
from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet
from textual.notifications import Notification, Notify

from ewallet_core.presentation.formatting import one_line
from ewallet_tui.keyboard import shown_key
from ewallet_tui.sanitize import InPlace
from ewallet_tui.sixteen_colours import filter_for
from ewallet_tui.terminal import Clipboard, Copied, lasting
from ewallet_tui.work import Severity, run_worker

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import RenderableType
    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen

SIXTEEN = "standard"
"""The name of a terminal's sixteen colours in Rich."""


MAX_SOURCES = 1_024


class StylesheetReadOnce(Stylesheet):
    """Parses a source again only if the theme's variables changed.

    Textual parses every source again for the first screen of each mode, and keeps the rules of 64 sources.
    """

    def __init__(self, *, variables: dict[str, str]) -> None:
        super().__init__(variables=variables)
        self._parse_cache = LRUCache(MAX_SOURCES)

    def has_variables(self, variables: dict[str, str]) -> bool:
        return variables == self._variables

    def set_variables(self, variables: dict[str, str]) -> None:
        if not self.has_variables(variables):
            super().set_variables(variables)

    def reparse(self) -> None:
        self.parse()


class AgingNotification(Notification):
    """A toast whose age is elapsed time: a sleep ends it, and a clock that is set back doesn't keep it."""

    _now: Callable[[], float]

    def age_by(self, now: Callable[[], float]) -> None:
        self._now = now
        self.raised_at = now()

    @property
    def time_left(self) -> float:
        return self.raised_at + self.timeout - self._now()


class TerminalApp(App[None]):
    """`elapsed` is the time, in seconds, by which toasts disappear."""

    def __init__(self, elapsed: Callable[[], float]) -> None:
        super().__init__()
        self.stylesheet: StylesheetReadOnce = StylesheetReadOnce(variables=self.get_css_variables())
        self._elapsed_for_toasts = elapsed
        self._clipboard_of_desktop = Clipboard(os.environ)

    def get_key_display(self, binding: Binding) -> str:
        return shown_key("enter") if binding.key == "enter" else super().get_key_display(binding)

    def say(self, words: str, *, title: str = "", severity: Severity = "information") -> None:
        self.notify(one_line(words), title=one_line(title), severity=severity, markup=False)

    def notify(self, message: str, *, timeout: float | None = None, **options: Any) -> None:
        """Show a toast, as Textual does, for so many seconds of elapsed time."""
        shown = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        toast = AgingNotification(message, timeout=shown, **options)
        toast.age_by(self._elapsed_for_toasts)
        self.post_message(Notify(toast))

    def reap_toasts(self) -> None:
        """Remove the toasts whose time is over by now."""
        self._refresh_notifications()

    def write_to_terminal(self, sequence: str) -> None:
        if self._driver is not None:
            self._driver.write(sequence)

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

    def refresh_css(self, animate: bool = True) -> None:
        """Style the screen in front again, unless it is in this theme.

        Textual calls it also before each new screen comes, for the one that is left.
        """
        stack = self.screen_stack
        if not stack or stack[-1]._css_update_count != self._css_update_count:  # noqa: SLF001 - as Textual compares them
            super().refresh_css(animate)

    def read_in_advance(self, style_sheet: Path) -> None:
        """Parse the style sheet of a screen that is still to come; it styles nothing that is there."""
        self.stylesheet.read(style_sheet)
        self.stylesheet.parse()

    def _load_screen_css(self, screen: Screen[Any]) -> None:
        """Read the style sheets of a new screen, which style nothing but itself.

        Textual would style the screen in front again twice, and lay it out.
        """
        for path in screen.css_path:
            if not self.stylesheet.has_source(str(path), ""):
                self.read_in_advance(path)
        if screen._css_update_count < 0:  # noqa: SLF001 - as Textual sets it for a new screen
            self.note_style(screen)
        super()._load_screen_css(screen)

    def note_style(self, screen: Screen[Any]) -> None:
        """Note that a new screen is styled in this theme as it comes: `refresh_css` leaves it alone."""
        if self.stylesheet.has_variables(self.get_css_variables()):
            screen._css_update_count = self._css_update_count  # noqa: SLF001 - as Textual sets them

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
