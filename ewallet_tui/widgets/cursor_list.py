"""The bases of lists: one that draws only the lines in view, and an option list."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual
from textual.widgets import OptionList
from textual.widgets.option_list import Option

FARTHEST = 10**9
"""More steps than any list has rows."""


class CursorList(ScrollView, can_focus=True):
    """Subclasses provide `row_count`, `render_row` and, with `HEADING_LINES`, `render_heading`."""

    HEADING_LINES: ClassVar[int] = 0
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="up"),
        Binding("down,j", "move(1)", "Down", show=False, id="down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="page_down"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "cursor-list--heading",
        "cursor-list--row",
        "cursor-list--cursor",
        "cursor-list--empty",
    }
    DEFAULT_CSS = """
    CursorList { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }
    CursorList > .cursor-list--heading { color: $text-muted; }
    CursorList > .cursor-list--empty { color: $text-muted; }
    CursorList:focus > .cursor-list--cursor { background: $primary 40%; }
    """

    cursor: reactive[int] = reactive(0)
    empty: reactive[str] = reactive("")

    @property
    def row_count(self) -> int:
        raise NotImplementedError

    @property
    def empty_text(self) -> str:
        return self.empty

    def render_row(self, index: int, component: str) -> Strip:
        raise NotImplementedError

    def render_heading(self) -> Strip:
        raise NotImplementedError

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, self.row_count - 1))

    def watch_cursor(self) -> None:
        self.scroll_to_cursor()
        self.refresh()

    def scroll_to_cursor(self) -> None:
        region = Region(0, self.cursor, 1, 1 + self.HEADING_LINES)
        self.scroll_to_region(region, animate=False, force=True)

    def action_move(self, steps: int) -> None:
        self.cursor += steps

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(self.content_size.height - self.HEADING_LINES - 1, 1))

    def on_click(self, event: events.Click) -> None:
        y = event.get_content_offset_capture(self).y - self.HEADING_LINES
        index = self.scroll_offset.y + y
        if y >= 0 and 0 <= index < self.row_count:
            self.click_row(index, event)

    def click_row(self, index: int, event: events.Click) -> None:
        """Move the cursor to the clicked row; a double click opens it."""
        self.cursor = index
        if event.chain == 2:
            self.action_open()

    def action_open(self) -> None:
        """Open the row under the cursor."""

    def render_line(self, y: int) -> Strip:
        if not self.row_count:
            lines = wrap(self.empty_text, max(self.scrollable_content_region.width, 1))
            return self.strip(Content(lines[y] if y < len(lines) else ""), "empty")
        if y < self.HEADING_LINES:
            return self.render_heading()
        index = self.scroll_offset.y + y - self.HEADING_LINES
        if index >= self.row_count:
            return self.strip(Content(""), "row")
        return self.render_row(index, "cursor" if index == self.cursor else "row")

    def strip(self, content: Content, component: str) -> Strip:
        """One line of the list's width in the style of a component class."""
        width = self.scrollable_content_region.width
        style = self.get_visual_style(f"cursor-list--{component}")
        return Visual.to_strips(self, content.truncate(width, ellipsis=True, pad=True), width, 1, style)[0]


class PlainOptionList(OptionList):
    """Without a border; user text in it is never markup."""

    DEFAULT_CSS = """
    PlainOptionList { height: auto; border: none; padding: 0; background: $background; }
    PlainOptionList:focus { border: none; background-tint: transparent; }
    PlainOptionList:blur > .option-list--option-highlighted { background: $background; text-style: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Next", show=False, id="next"),
        Binding("k", "cursor_up", "Previous", show=False, id="previous"),
    ]

    def __init__(self) -> None:
        super().__init__(markup=False)

    def show_options(self, options: Iterable[Option], highlighted: int | None = None) -> None:
        """Replace the options; without `highlighted` the cursor keeps its index if there are enough."""
        before = self.highlighted or 0
        self.clear_options()
        self.add_options(options)
        if self.option_count:
            self.highlighted = min(before, self.option_count - 1) if highlighted is None else highlighted
