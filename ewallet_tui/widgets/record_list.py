"""A list of records in columns, read a page at a time where it is looked at."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import Any, ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from ewallet_core.presentation.tables import Column, laid_out
from ewallet_tui.sanitize import plain

PAGE = 100
MOST_PAGES = 50


@dataclass(frozen=True)
class ListRow:
    """One record: what tells it apart, the text of its cells, which may be anybody's, and the record."""

    key: str
    cells: tuple[Any, ...]
    """Texts, or `Content`."""
    record: Any = None


@dataclass(frozen=True)
class Page:
    """Rows that follow one another."""

    rows: Sequence[ListRow]
    next: Any = None
    """What the page after this one is read by; `None`: there is none."""
    count: int | None = None
    """How many rows the whole list has, where that is known."""


Read = Callable[[int, Any], Awaitable[Page | None]]
"""Reads the page that begins after so many rows, given what the page before it named as `next`.

`None`: it can't be read now.
"""


class RecordPages:
    """A list's pages, of which those looked at last are kept.

    Where the whole length isn't known it grows by a row that is not there yet, as long as there is more.
    """

    def __init__(self, read: Read, *, in_order: bool = False) -> None:
        """With `in_order` a page can be read only by what the one before it named."""
        self.count = 0
        """How many rows there are, as far as is known."""
        self._read = read
        self._in_order = in_order
        self.is_out_of_reach = False
        """Whether a page could not be read, and none has been since."""
        self._is_given_up = False
        self._pages: OrderedDict[int, Sequence[ListRow]] = OrderedDict()
        self._cursors: dict[int, Any] = {}

    @classmethod
    def of(cls, rows: Sequence[ListRow]) -> RecordPages:
        """A list that is there as a whole."""

        async def read(start: int, _: Any) -> Page:
            return Page(rows[start : start + PAGE], count=len(rows))

        made = cls(read)
        for start in range(0, len(rows), PAGE):
            made._pages[start // PAGE] = rows[start : start + PAGE]
        made.count = len(rows)
        return made

    def row(self, index: int) -> ListRow | None:
        """The row there, if it has been read."""
        number, place = divmod(index, PAGE)
        page = self._pages.get(number, ())
        return page[place] if 0 <= place < len(page) else None

    def rows(self) -> list[ListRow]:
        """Every row that is kept, from above."""
        return [row for number in sorted(self._pages) for row in self._pages[number]]

    def index_of(self, key: str) -> int | None:
        """Where the row of that key is, among those that are kept."""
        for number, page in self._pages.items():
            for place, row in enumerate(page):
                if row.key == key:
                    return number * PAGE + place
        return None

    def try_again(self) -> None:
        """Ask again, though a page could not be read before."""
        self._is_given_up = False

    async def load(self, index: int) -> Sequence[ListRow]:
        """Read the page in which that row is, unless it is kept; returns what was read anew.

        After a page that could not be read none is asked for, until somebody wants to try again.
        """
        number = index // PAGE
        if number in self._pages:
            self._pages.move_to_end(number)
            return ()
        for earlier in self._unread_before(number) if self._in_order else ():
            await self._load_page(earlier)
        return await self._load_page(number)

    def _unread_before(self, number: int) -> range:
        """The pages that lead to that one."""
        known = max((reached for reached in self._cursors if reached <= number), default=0)
        return range(known, number)

    async def _load_page(self, number: int) -> Sequence[ListRow]:
        if self._is_given_up or (self._in_order and number and number not in self._cursors):
            return ()
        page = await self._read(number * PAGE, self._cursors.get(number))
        if page is None:
            self.is_out_of_reach = self._is_given_up = True
            return ()
        self.is_out_of_reach = False
        self._keep(number, page)
        return page.rows

    def _keep(self, number: int, page: Page) -> None:
        self._pages[number] = page.rows
        if page.next is not None:
            self._cursors[number + 1] = page.next
        seen = number * PAGE + len(page.rows)
        if page.count is not None:
            self.count = max(page.count, seen)
        else:
            self.count = max(self.count, seen + (page.next is not None))
        # The first page is where everybody begins.
        while len(self._pages) > MOST_PAGES:
            self._pages.pop(next(kept for kept in self._pages if kept))


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

        def __init__(self, listed: RecordList, row: ListRow | None) -> None:
            super().__init__(listed)
            self.row = row

    class Opened(OfList):
        """Somebody wants to see the whole of a record."""

        def __init__(self, listed: RecordList, row: ListRow) -> None:
            super().__init__(listed)
            self.row = row

    def __init__(self, columns: Sequence[Column], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = tuple(columns)
        self.pages = RecordPages.of(())
        self._natural = [0] * len(self.columns)
        self._loading = False

    @property
    def rows(self) -> tuple[ListRow, ...]:
        """The records that have been read."""
        return tuple(self.pages.rows())

    @property
    def row(self) -> ListRow | None:
        """The record under the cursor."""
        return self.pages.row(self.cursor)

    def show(self, rows: Sequence[ListRow]) -> None:
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

    def _measure(self, rows: Iterable[ListRow]) -> None:
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

    def _show_loaded(self, rows: Sequence[ListRow]) -> None:
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
