"""A list of records: columns that fit the width, a cursor, and a sentence when there are none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from ewallet_tui.text import plain
from ewallet_tui.widgets.columns import Column, laid_out
from ewallet_tui.widgets.record_pages import RecordPages, Row

MOST_ROWS = 1_000
FARTHEST = 10**9
LONGEST_CELL = 500
"""How many characters of a cell are looked at: more than any screen has room for."""
OUT_OF_REACH = "This can't be read just now. It comes by itself as soon as it can."
NOT_READ_YET = Content.styled("…", "$foreground-muted")


class RecordList(ScrollView, can_focus=True):
    """Records, newest first, under the headings of their columns; those out of sight needn't be read yet."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="up"),
        Binding("down,j", "move(1)", "Down", show=False, id="down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="page_down"),
        Binding("home", f"move(-{FARTHEST})", "Newest", show=False, id="newest"),
        Binding("end", f"move({FARTHEST})", "Oldest", show=False, id="oldest"),
        Binding("enter", "open", "Open", show=False, id="open"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "record-list--heading",
        "record-list--row",
        "record-list--cursor",
        "record-list--empty",
    }
    DEFAULT_CSS = """
    RecordList { height: 1fr; min-height: 2; overflow-x: hidden; scrollbar-size-vertical: 1; }
    RecordList > .record-list--heading { color: $text-muted; }
    RecordList > .record-list--empty { color: $text-muted; }
    RecordList:focus > .record-list--cursor { background: $primary 40%; }
    """

    cursor: reactive[int] = reactive(0)
    empty: reactive[str] = reactive("")
    """What is said where there are no records."""

    class OfList(Message):
        """Something about a list."""

        def __init__(self, listed: RecordList) -> None:
            super().__init__()
            self._listed = listed

        @property
        def control(self) -> RecordList:
            """The list."""
            return self._listed

    class Moved(OfList):
        """The cursor is on another record, or that record is another one now; `None`: there is none."""

        def __init__(self, listed: RecordList, row: Row | None) -> None:
            super().__init__(listed)
            self.row = row

    class Opened(OfList):
        """Somebody wants to see the whole of a record."""

        def __init__(self, listed: RecordList, row: Row) -> None:
            super().__init__(listed)
            self.row = row

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.pages = RecordPages.of(())
        self._natural = [0] * len(self.columns)
        self._loading = False

    @property
    def rows(self) -> tuple[Row, ...]:
        """The records that have been read."""
        return tuple(self.pages.rows())

    @property
    def row(self) -> Row | None:
        """The record under the cursor."""
        return self.pages.row(self.cursor)

    def show(self, rows: Sequence[Row]) -> None:
        """Show these records instead; a cursor that was moved stays on its record, or in its place."""
        self._take(RecordPages.of(rows[:MOST_ROWS]))

    async def show_pages(self, pages: RecordPages) -> None:
        """Show these pages instead, as soon as those in sight are read; the cursor as with `show`."""
        for index in sorted({0, self.scroll_offset.y, self.cursor}):
            await pages.load(index)
        self._take(pages)

    def clear(self) -> None:
        """Show nothing, and say nothing about it, until there is something to show."""
        self.empty = ""
        self.show(())

    def show_columns(self, columns: Sequence[Column]) -> None:
        """Show records of another kind from now on, and none yet."""
        self.columns = tuple(columns)
        self.scroll_to(y=0, animate=False, force=True)
        self.cursor = 0
        self._take(RecordPages.of(()))

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a record."""
        return max(0, min(cursor, self.pages.count - 1))

    def watch_cursor(self) -> None:
        """Bring the record under the cursor into view, below the headings."""
        self.pages.try_again()
        self.scroll_to_region(Region(0, self.cursor, 1, 2), animate=False, force=True)
        self.refresh()
        self._tell_moved()

    def action_move(self, steps: int) -> None:
        """Move the cursor by so many records."""
        self.cursor += steps

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many screens."""
        self.cursor += pages * max(self.content_size.height - 2, 1)

    def action_open(self) -> None:
        """Show the whole record under the cursor."""
        if self.row is not None:
            self.post_message(self.Opened(self, self.row))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, and two open the record."""
        y = event.get_content_offset_capture(self).y
        index = self.scroll_offset.y + y - 1
        if y > 0 and 0 <= index < self.pages.count:
            self.cursor = index
            if event.chain == 2:
                self.action_open()

    def render_line(self, y: int) -> Strip:
        """The headings on the first line, and beneath them the records as far as they are scrolled."""
        if not self.pages.count:
            said = OUT_OF_REACH if self.pages.is_out_of_reach else self.empty
            words = wrap(said, max(self.scrollable_content_region.width, 1))
            return self._line(Content(words[y] if y < len(words) else ""), "record-list--empty")
        if y == 0:
            return self._line(
                self._laid_out(column.heading for column in self.columns), "record-list--heading"
            )
        index = self.scroll_offset.y + y - 1
        if index >= self.pages.count:
            return self._line(Content(""), "record-list--row")
        component = f"record-list--{'cursor' if index == self.cursor else 'row'}"
        row = self.pages.row(index)
        if row is None:
            self._load()
            return self._line(NOT_READ_YET, component)
        return self._line(self._laid_out(row.cells), component)

    def _take(self, pages: RecordPages) -> None:
        kept = self.row.key if self.cursor and self.row else ""
        before = self.cursor
        self.pages = pages
        self._natural = [Content(column.heading).cell_length for column in self.columns]
        self._measure(pages.rows())
        self.virtual_size = Size(0, pages.count + 1)
        index = pages.index_of(kept)
        self.cursor = before if index is None else index
        if self.cursor == before:
            self._tell_moved()
        self.refresh()

    def _measure(self, rows: Iterable[Row]) -> None:
        for row in rows:
            lengths = [_as_content(cell).cell_length for cell in row.cells]
            self._natural = [max(both) for both in zip(self._natural, lengths, strict=True)]

    def _load(self) -> None:
        if not self._loading:
            self._loading = True
            self._load_in_sight()

    @work(group="pages")
    async def _load_in_sight(self) -> None:
        try:
            while (missing := self._missing()) is not None:
                pages = self.pages
                rows = await pages.load(missing)
                if pages is not self.pages:
                    continue
                if not rows:
                    return
                self._show_loaded(rows)
        finally:
            self._loading = False

    def _missing(self) -> int | None:
        """The first record in sight that isn't read."""
        top = self.scroll_offset.y
        in_sight = range(top, min(top + self.size.height, self.pages.count))
        return next((index for index in in_sight if self.pages.row(index) is None), None)

    def _show_loaded(self, rows: Sequence[Row]) -> None:
        self._measure(rows)
        self.virtual_size = Size(0, self.pages.count + 1)
        self.refresh()
        if self.row in rows:
            self._tell_moved()

    def _tell_moved(self) -> None:
        self.post_message(self.Moved(self, self.row))

    def _laid_out(self, cells: Iterable[str | Content]) -> Content:
        width = self.scrollable_content_region.width
        return laid_out(self.columns, self._natural, [_as_content(cell) for cell in cells], width)

    def _line(self, content: Content, component: str) -> Strip:
        width = self.scrollable_content_region.width
        line = content.truncate(width, ellipsis=True, pad=True)
        return Visual.to_strips(self, line, width, 1, self.get_visual_style(component))[0]


def _as_content(cell: str | Content) -> Content:
    return cell if isinstance(cell, Content) else plain(cell[:LONGEST_CELL])
