"""The console's list of exchanges, newest last; it follows the end until the user scrolls or moves up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from ewallet_tui.console.exchange import ExchangeLine
from ewallet_tui.widgets.cursor_list import FARTHEST, CursorList


class ConsoleLog(CursorList):
    """Exchanges, of which only those in view are drawn."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", f"move(-{FARTHEST})", "Oldest", show=False, id="first"),
        Binding("end", f"move({FARTHEST})", "Newest", show=False, id="last"),
        Binding("enter", "open", "Open", show=False, id="open"),
    ]

    @dataclass
    class LineOpened(Message):
        line: ExchangeLine

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[ExchangeLine] = ()
        self._follows_end = True

    @property
    def row_count(self) -> int:
        return len(self._lines)

    @property
    def line(self) -> ExchangeLine | None:
        return self._lines[self.cursor] if self._lines else None

    def show(self, lines: Sequence[ExchangeLine]) -> None:
        """Show these lines at their end if it is followed, else where the view was."""
        number = self.line.exchange.number if self.line else 0
        above = self.cursor - self.scroll_offset.y
        follows, self._lines = self._follows_end, lines
        self.virtual_size = Size(0, len(lines))
        if follows:
            self.go_to_end()
        else:
            # If the exchange was removed, the next newer one is the nearest.
            newer = (index for index, line in enumerate(lines) if line.exchange.number >= number)
            self.cursor = next(newer, len(lines) - 1)
            self.scroll_to(y=self.cursor - above, animate=False, force=True)
        self.refresh()

    def go_to_end(self) -> None:
        self._follows_end = True
        self.cursor = len(self._lines) - 1
        self.scroll_end(animate=False, force=True)

    def go_to(self, number: int) -> None:
        """Go to the exchange of that number, if it is shown."""
        for index, line in enumerate(self._lines):
            if line.exchange.number == number:
                self.action_move(index - self.cursor)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._follows_end = self._is_on_newest and new_value >= self.max_scroll_y

    def on_resize(self) -> None:
        if self._follows_end:
            self.go_to_end()

    def action_move(self, steps: int) -> None:
        super().action_move(steps)
        self._follows_end = self._is_on_newest
        self.scroll_to_cursor()

    def click_row(self, index: int, event: events.Click) -> None:
        self._follows_end = index >= len(self._lines) - 1
        super().click_row(index, event)

    def action_open(self) -> None:
        if self.line is not None:
            self.post_message(self.LineOpened(self.line))

    def render_row(self, index: int, component: str) -> Strip:
        return self.strip(self._lines[index].in_width(self.scrollable_content_region.width), component)

    @property
    def _is_on_newest(self) -> bool:
        return self.cursor >= len(self._lines) - 1
