"""A list of records in columns; rows out of view are read when they come into view."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from ewallet_core.presentation.formatting import one_line
from ewallet_core.presentation.tables import GAP, Column, fitted_widths
from ewallet_tui.record_pages import ListRow, RecordPages, mark_of
from ewallet_tui.sanitize import plain
from ewallet_tui.widgets.cursor_list import FARTHEST, CursorList

MAX_ROWS = 1_000
MAX_CELL = 500
"""How many characters of a cell are measured and shown: more than any screen is wide."""
CANT_BE_READ = "Can't load this right now. It will appear by itself."
UNREAD_ROW = Content.styled("…", "$foreground-muted")


class RecordList(CursorList):
    """Records, newest first, under the headings of their columns."""

    HEADING_LINES = 1
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", f"move(-{FARTHEST})", "Newest", show=False, id="newest"),
        Binding("end", f"move({FARTHEST})", "Oldest", show=False, id="oldest"),
        Binding("enter", "open", "Open", show=False, id="open"),
    ]
    DEFAULT_CSS = "RecordList { min-height: 2; }"

    @dataclass
    class ListMessage(Message):
        listed: RecordList

        @property
        def control(self) -> RecordList:
            return self.listed

    @dataclass
    class CursorMoved(ListMessage):
        """The row under the cursor is another one, or changed; `None`: the list is empty."""

        row: ListRow | None

    @dataclass
    class RowOpened(ListMessage):
        row: ListRow

    @dataclass
    class HeadingClicked(ListMessage):
        """A click on the heading of a column that the list can be sorted by."""

        column: Column

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.pages = RecordPages.of(())
        self._natural = [0] * len(self.columns)
        self._is_loading = False
        self._order = self._usual_order = ""

    @property
    def row_count(self) -> int:
        return self.pages.count

    @property
    def empty_text(self) -> str:
        return CANT_BE_READ if self.pages.has_failed else self.empty

    @property
    def rows(self) -> tuple[ListRow, ...]:
        return tuple(self.pages.rows())

    @property
    def row(self) -> ListRow | None:
        return self.pages.row(self.cursor)

    def show(self, rows: Sequence[ListRow]) -> None:
        """Show these rows; a cursor that is not on the first row stays on its record, or at its index."""
        self._show(RecordPages.of(rows[:MAX_ROWS]))

    async def show_pages(self, pages: RecordPages) -> None:
        """Read the pages in view, then show them; the cursor moves as with `show`."""
        for index in sorted({0, self.scroll_offset.y, self.cursor}):
            await pages.load(index)
        self._show(pages)

    def clear(self) -> None:
        """Show neither rows nor the text for an empty list."""
        self.empty = ""
        self.show(())

    def show_order(self, order: str, usual: str) -> None:
        """Mark the column by which the rows are sorted, if that is not the usual order."""
        self._order, self._usual_order = order, usual
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        place = event.get_content_offset_capture(self)
        if place.y == 0 and (column := self._column_at(place.x)) is not None and column.sort:
            self.post_message(self.HeadingClicked(self, column))

    def show_columns(self, columns: Sequence[Column]) -> None:
        self.columns = tuple(columns)
        self.scroll_to(y=0, animate=False, force=True)
        self.cursor = 0
        self._show(RecordPages.of(()))

    def watch_cursor(self) -> None:
        self.pages.allow_retry()
        super().watch_cursor()
        self._load_what_is_missing()
        self._post_moved()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        self._load_what_is_missing()

    def on_resize(self) -> None:
        self._load_what_is_missing()

    def action_open(self) -> None:
        if self.row is not None:
            self.post_message(self.RowOpened(self, self.row))
        elif not self.pages.count and self.empty_text:
            self.notify(one_line(self.empty_text), severity="warning", markup=False)

    def render_heading(self) -> Strip:
        return self.strip(self._columns_of(map(self._heading, self.columns)), "heading")

    def render_row(self, index: int, component: str) -> Strip:
        row = self.pages.row(index)
        return self.strip(UNREAD_ROW if row is None else self._columns_of(row.cells), component)

    def _show(self, pages: RecordPages) -> None:
        key = self.row.key if self.cursor and self.row else ""
        before = self.cursor
        self.pages = pages
        self._natural = [Content(self._heading(column)).cell_length for column in self.columns]
        self._measure(pages.rows())
        index = pages.index_of(key)
        self.cursor = before if index is None else index
        if self.cursor == before:
            self._post_moved()
        self._load_what_is_missing()

    def _measure(self, rows: Iterable[ListRow]) -> None:
        for row in rows:
            lengths = [_as_content(cell).cell_length for cell in row.cells]
            self._natural = [max(both) for both in zip(self._natural, lengths, strict=True)]
        self.virtual_size = Size(0, self.pages.count + 1)
        self.refresh()

    def _load_what_is_missing(self) -> None:
        """Begin to load the rows in view that are not read yet, unless that has begun."""
        if not self._is_loading and self._first_unread() is not None:
            self._is_loading = True
            self._load_in_view()

    @work(group="pages")
    async def _load_in_view(self) -> None:
        try:
            while (missing := self._first_unread()) is not None:
                pages = self.pages
                rows = await pages.load(missing)
                if pages is not self.pages:
                    continue
                if not rows:
                    return
                self._measure(rows)
                if self.row in rows:
                    self._post_moved()
        finally:
            self._is_loading = False

    def _first_unread(self) -> int | None:
        top = self.scroll_offset.y
        in_view = range(top, min(top + self.size.height, self.pages.count))
        return next((index for index in in_view if self.pages.row(index) is None), None)

    def _post_moved(self) -> None:
        self.post_message(self.CursorMoved(self, self.row))

    def _heading(self, column: Column) -> str:
        return column.heading + mark_of(column, self._order, self._usual_order)

    def _shown_columns(self) -> list[tuple[int, int]]:
        """The index and the width of each column; one is left out if the list is too narrow for it."""
        width = self.scrollable_content_region.width
        shown = [index for index, column in enumerate(self.columns) if column.from_width <= width]
        columns, natural = [self.columns[index] for index in shown], [self._natural[index] for index in shown]
        return list(zip(shown, fitted_widths(columns, natural, width), strict=True))

    def _column_at(self, x: int) -> Column | None:
        end = 0
        for index, width in self._shown_columns():
            end += width
            if x < end:
                return self.columns[index]
            end += len(GAP)
        return None

    def _columns_of(self, cells: Iterable[str | Content]) -> Content:
        """The cells side by side."""
        contents = list(map(_as_content, cells))
        return Content(GAP).join(
            contents[index].right(width, ellipsis=True)
            if self.columns[index].align == "right"
            else contents[index].truncate(width, ellipsis=True, pad=True)
            for index, width in self._shown_columns()
        )


def _as_content(cell: str | Content) -> Content:
    return cell if isinstance(cell, Content) else plain(cell[:MAX_CELL])
