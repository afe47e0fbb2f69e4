"""A list of records: columns that fit the width, a cursor, and a sentence when there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from ewallet_tui.text import plain

MOST_ROWS = 1_000
GAP = "  "


@dataclass(frozen=True)
class Column:
    """One column: its heading, which side its cells keep to, and whether it takes the width that is left."""

    heading: str
    align: Literal["left", "right"] = "left"
    fills: bool = False


@dataclass(frozen=True)
class Row:
    """One record: what tells it apart, and the text of its cells, which may be anybody's."""

    key: str
    cells: tuple[str | Content, ...]


def fitted_widths(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[int]:
    """How wide each column is, so that all of them and the gaps between take at most `width` cells.

    What the columns as wide as their text leave over goes to the one that fills; where they take too much,
    it gives first, and then the last ones.
    """
    room = max(width - len(GAP) * (len(columns) - 1), 0)
    widths = [0 if column.fills else cells for column, cells in zip(columns, natural, strict=True)]
    for index, cells in enumerate(widths):
        widths[index] = min(cells, max(room - sum(widths[:index]), 0))
    filling = [index for index, column in enumerate(columns) if column.fills]
    if filling:
        widths[filling[0]] = room - sum(widths)
    return widths


class RecordList(ScrollView, can_focus=True):
    """At most a thousand records, newest first, under the headings of their columns."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "move(-1000)", "Newest", show=False),
        Binding("end", "move(1000)", "Oldest", show=False),
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

    def __init__(self, columns: Sequence[Column]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self.rows: tuple[Row, ...] = ()
        self._cells: list[tuple[Content, ...]] = []
        self._natural = [0] * len(self.columns)

    def show(self, rows: Sequence[Row]) -> None:
        """Show these records instead; a cursor that was moved stays on its record while that is there."""
        keys = [row.key for row in rows[:MOST_ROWS]]
        kept = self.rows[self.cursor].key if self.cursor else None
        self.rows = tuple(rows[:MOST_ROWS])
        self._cells = [tuple(map(_as_content, row.cells)) for row in self.rows]
        table = [tuple(Content(column.heading) for column in self.columns), *self._cells]
        self._natural = [max(cell.cell_length for cell in cells) for cells in zip(*table, strict=True)]
        self.cursor = keys.index(kept) if kept in keys else 0
        self.virtual_size = Size(0, len(self.rows) + 1)
        self.refresh()

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a record."""
        return max(0, min(cursor, len(self.rows) - 1))

    def watch_cursor(self) -> None:
        """Bring the record under the cursor into view, below the headings."""
        self.scroll_to_region(Region(0, self.cursor, 1, 2), animate=False, force=True)
        self.refresh()

    def action_move(self, steps: int) -> None:
        """Move the cursor by so many records."""
        self.cursor += steps

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many screens."""
        self.cursor += pages * max(self.content_size.height - 2, 1)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor."""
        index = self.scroll_offset.y + event.get_content_offset_capture(self).y - 1
        if 0 <= index < len(self.rows) and event.get_content_offset_capture(self).y > 0:
            self.cursor = index

    def render_line(self, y: int) -> Strip:
        """The headings on the first line, and beneath them the records as far as they are scrolled."""
        if not self.rows:
            return self._line(Content(self.empty) if y == 0 else Content(""), "record-list--empty")
        if y == 0:
            headings = tuple(Content(column.heading) for column in self.columns)
            return self._line(self._laid_out(headings), "record-list--heading")
        index = self.scroll_offset.y + y - 1
        if index >= len(self.rows):
            return self._line(Content(""), "record-list--row")
        at_cursor = index == self.cursor
        return self._line(
            self._laid_out(self._cells[index]), f"record-list--{'cursor' if at_cursor else 'row'}"
        )

    def _laid_out(self, cells: Sequence[Content]) -> Content:
        widths = fitted_widths(self.columns, self._natural, self.scrollable_content_region.width)
        return Content(GAP).join(
            _fitted(cell, width, column.align)
            for cell, width, column in zip(cells, widths, self.columns, strict=True)
        )

    def _line(self, content: Content, component: str) -> Strip:
        width = self.scrollable_content_region.width
        line = content.truncate(width, ellipsis=True, pad=True)
        return Visual.to_strips(self, line, width, 1, self.get_visual_style(component))[0]


def _as_content(cell: str | Content) -> Content:
    return cell if isinstance(cell, Content) else plain(cell)


def _fitted(cell: Content, width: int, align: str) -> Content:
    if align == "right":
        return cell.right(width, ellipsis=True)
    return cell.truncate(width, ellipsis=True, pad=True)
