"""The lines of the console: the newest below, followed to its end unless somebody looks further up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from ewallet_tui.console.exchange import ExchangeLine

FARTHEST = 10**9


class ConsoleLog(ScrollView, can_focus=True):
    """Exchanges, of which only those in sight are drawn, and a cursor that stays on its own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="up"),
        Binding("down,j", "move(1)", "Down", show=False, id="down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="page_down"),
        Binding("home", f"move(-{FARTHEST})", "Oldest", show=False, id="first"),
        Binding("end", f"move({FARTHEST})", "Newest", show=False, id="last"),
        Binding("enter", "open", "Open", show=False, id="open"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"console-log--line", "console-log--cursor", "console-log--empty"}
    DEFAULT_CSS = """
    ConsoleLog { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    ConsoleLog > .console-log--empty { color: $text-muted; }
    ConsoleLog:focus > .console-log--cursor { background: $primary 40%; }
    """

    cursor: reactive[int] = reactive(0)
    empty: reactive[str] = reactive("")
    """What is said where there are no lines."""

    class Opened(Message):
        """Somebody wants to see the whole of an exchange."""

        def __init__(self, line: ExchangeLine) -> None:
            super().__init__()
            self.line = line

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[ExchangeLine] = ()
        self._follows = True
        """Whether what is newest is looked at, and is to stay so."""

    @property
    def line(self) -> ExchangeLine | None:
        """The one under the cursor."""
        return self._lines[self.cursor] if self._lines else None

    def show(self, lines: Sequence[ExchangeLine]) -> None:
        """Show these instead: who was at the end is at the end again, everybody else where they were."""
        number = self.line.exchange.number if self.line else 0
        above = self.cursor - self.scroll_offset.y
        follows, self._lines = self._follows, lines
        self.virtual_size = Size(0, len(lines))
        if follows:
            self.go_to_end()
        else:
            self.cursor = self._index_of(number)
            self.scroll_to(y=self.cursor - above, animate=False, force=True)
        self.refresh()

    def go_to_end(self) -> None:
        """Go to the newest line, and follow it."""
        self._follows = True
        self.cursor = len(self._lines) - 1
        self.scroll_end(animate=False, force=True)

    def go_to(self, number: int) -> None:
        """Go to the exchange of that number, if it is shown."""
        numbers = [line.exchange.number for line in self._lines]
        if number in numbers:
            self.action_move(numbers.index(number) - self.cursor)

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a line."""
        return max(0, min(cursor, len(self._lines) - 1))

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls up looks at something that is to stay there."""
        super().watch_scroll_y(old_value, new_value)
        self._follows = self._is_on_newest and new_value >= self.max_scroll_y

    def on_resize(self) -> None:
        """Stay at the end."""
        if self._follows:
            self.go_to_end()

    def action_move(self, steps: int) -> None:
        """Move the cursor by so many lines."""
        self.cursor += steps
        self._follows = self._is_on_newest
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many screens."""
        self.action_move(pages * max(self.content_size.height - 1, 1))

    def action_open(self) -> None:
        """Show the whole of the exchange under the cursor."""
        if self.line is not None:
            self.post_message(self.Opened(self.line))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, and two open the exchange."""
        index = self.scroll_offset.y + event.get_content_offset_capture(self).y
        if 0 <= index < len(self._lines):
            self.cursor = index
            self._follows = self._is_on_newest
            if event.chain == 2:
                self.action_open()

    def render_line(self, y: int) -> Strip:
        """The line there, as far as it is scrolled."""
        width = self.scrollable_content_region.width
        if not self._lines:
            return self._strip(Content(self.empty if y == 0 else ""), width, "empty")
        index = self.scroll_offset.y + y
        if index >= len(self._lines):
            return self._strip(Content(""), width, "line")
        return self._strip(
            self._lines[index].in_width(width), width, "cursor" if index == self.cursor else "line"
        )

    @property
    def _is_on_newest(self) -> bool:
        return self.cursor >= len(self._lines) - 1

    def _index_of(self, number: int) -> int:
        """Where the exchange of that number is, or the next one that is there."""
        numbers = [line.exchange.number for line in self._lines]
        return next((index for index, each in enumerate(numbers) if each >= number), len(numbers) - 1)

    def _strip(self, content: Content, width: int, component: str) -> Strip:
        line = content.truncate(width, ellipsis=True, pad=True)
        style = self.get_visual_style(f"console-log--{component}")
        return Visual.to_strips(self, line, width, 1, style)[0]
