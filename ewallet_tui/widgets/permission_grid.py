"""The permission sheet as a grid: a row per instruction, a column per role, and a cursor on one cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.visual import Visual

from ewallet_tui.sanitize import plain
from ewallet_tui.widgets.cursor_list import FARTHEST, CursorList

Sheet = Mapping[str, Mapping[str, bool]]

NARROW = 70
POINTER = "▸"
MAY = Content.styled("✓ may", "$text-success")
MAY_NOT = Content.styled("· may not", "$foreground-muted")
NOT = Content.styled("· not", "$foreground-muted")


@dataclass(frozen=True)
class PermissionCell:
    instruction: str
    role: str
    allowed: bool


class PermissionGrid(CursorList):
    """Not Textual's `DataTable`: its cell cursor can't also mark the row."""

    HEADING_LINES = 1
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move_column(-1)", "Left", show=False, id="left"),
        Binding("right,l", "move_column(1)", "Right", show=False, id="right"),
        Binding("home", f"move(-{FARTHEST})", "First", show=False, id="first"),
        Binding("end", f"move({FARTHEST})", "Last", show=False, id="last"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"permission-grid--cell"}
    DEFAULT_CSS = """
    PermissionGrid { min-height: 2; }
    PermissionGrid:focus > .cursor-list--cursor { background: $primary 20%; }
    PermissionGrid > .permission-grid--cell { text-style: bold; }
    PermissionGrid:focus > .permission-grid--cell { background: $primary 60%; text-style: bold; }
    """

    column: reactive[int] = reactive(0)

    class CellMoved(Message):
        """The cell under the cursor is another one, or changed."""

    class Toggled(Message):
        """The user clicked the cell under the cursor."""

    def __init__(self) -> None:
        super().__init__()
        self.sheet: Sheet = {}
        self._names: tuple[str, ...] = ()
        self._roles: tuple[str, ...] = ()

    @property
    def row_count(self) -> int:
        return len(self._names)

    def show(self, sheet: Sheet) -> None:
        """Show this sheet or a part of it; the cursor stays on its instruction."""
        before = self._names[self.cursor] if self._names else ""
        self.sheet, self._names = sheet, tuple(sheet)
        self._roles = tuple(next(iter(sheet.values()), ()))
        self.virtual_size = Size(0, len(self._names) + 1)
        self.cursor = self._names.index(before) if before in self._names else 0
        self.watch_column()

    @property
    def permission(self) -> PermissionCell | None:
        if not self._names:
            return None
        instruction, role = self._names[self.cursor], self._roles[self.column]
        return PermissionCell(instruction, role, self.sheet[instruction][role])

    def validate_column(self, column: int) -> int:
        return max(0, min(column, len(self._roles) - 1))

    def watch_cursor(self) -> None:
        super().watch_cursor()
        self.post_message(self.CellMoved())

    def watch_column(self) -> None:
        self.refresh()
        self.post_message(self.CellMoved())

    def action_move_column(self, steps: int) -> None:
        self.column += steps

    def click_row(self, index: int, event: events.Click) -> None:
        """Move the cursor to the clicked cell; a click on the cell under the cursor toggles it."""
        column = (event.get_content_offset_capture(self).x - self._name_width) // self._cell_width
        if column < 0:
            self.cursor = index
        elif (index, column) == (self.cursor, self.column):
            self.post_message(self.Toggled())
        else:
            self.cursor, self.column = index, column

    def render_heading(self) -> Strip:
        return self._row("Instruction", [Content(role.capitalize()) for role in self._roles], "heading")

    def render_row(self, index: int, component: str) -> Strip:
        name = self._names[index]
        may_not = NOT if self._is_narrow else MAY_NOT
        cells = [MAY if self.sheet[name][role] else may_not for role in self._roles]
        return self._row(name, cells, component)

    @property
    def _is_narrow(self) -> bool:
        return self.size.width < NARROW

    @property
    def _cell_width(self) -> int:
        return 9 if self._is_narrow else 11

    @property
    def _name_width(self) -> int:
        return max(self.scrollable_content_region.width - self._cell_width * len(self._roles), 0)

    def _row(self, name: str, cells: list[Content], component: str) -> Strip:
        row = f"cursor-list--{component}"
        head = plain(name).truncate(max(self._name_width - 1, 0), ellipsis=True, pad=True).pad_right(1)
        strips = [self._styled(head, row)]
        for column, cell in enumerate(cells):
            is_current = component == "cursor" and column == self.column
            shown = Content(POINTER if is_current else " ") + cell.truncate(self._cell_width - 1, pad=True)
            strips.append(self._styled(shown, "permission-grid--cell" if is_current else row))
        used = sum(strip.cell_length for strip in strips)
        return Strip.join(strips).adjust_cell_length(max(used, self.scrollable_content_region.width))

    def _styled(self, content: Content, component: str) -> Strip:
        return Visual.to_strips(self, content, content.cell_length, 1, self.get_visual_style(component))[0]
