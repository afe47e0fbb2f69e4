"""The permission sheet as a grid: an instruction a line, a role a column, and a cursor on one cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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

from ewallet_tui.sanitize import plain

Sheet = Mapping[str, Mapping[str, bool]]

FARTHEST = 10**9
NARROW = 70
POINTER = "▸"
MAY = Content.styled("✓ may", "$text-success")
MAY_NOT = Content.styled("· may not", "$foreground-muted")
NOT = Content.styled("· not", "$foreground-muted")


@dataclass(frozen=True)
class PermissionCell:
    """Whether a role may ask an instruction."""

    instruction: str
    role: str
    allowed: bool


class PermissionGrid(ScrollView, can_focus=True):
    """Shows what the sheet says; `PermissionGrid.Toggled` says that somebody wants it otherwise."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="up"),
        Binding("down,j", "move(1)", "Down", show=False, id="down"),
        Binding("left,h", "turn(-1)", "Left", show=False, id="left"),
        Binding("right,l", "turn(1)", "Right", show=False, id="right"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="page_down"),
        Binding("home", f"move(-{FARTHEST})", "First", show=False, id="first"),
        Binding("end", f"move({FARTHEST})", "Last", show=False, id="last"),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "permission-grid--heading",
        "permission-grid--row",
        "permission-grid--cursor-row",
        "permission-grid--cursor",
    }
    DEFAULT_CSS = """
    PermissionGrid { height: 1fr; min-height: 2; overflow-x: hidden; scrollbar-size-vertical: 1; }
    PermissionGrid > .permission-grid--heading { color: $text-muted; }
    PermissionGrid:focus > .permission-grid--cursor-row { background: $primary 20%; }
    PermissionGrid > .permission-grid--cursor { text-style: bold; }
    PermissionGrid:focus > .permission-grid--cursor { background: $primary 60%; text-style: bold; }
    """

    cursor: reactive[int] = reactive(0)
    """Which line the cursor is on."""
    column: reactive[int] = reactive(0)
    """Which role it is on."""

    class Moved(Message):
        """The cursor is on another cell, or that cell says something else."""

    class Toggled(Message):
        """Somebody clicked on the cell that the cursor was on."""

    def __init__(self) -> None:
        super().__init__()
        self.sheet: Sheet = {}
        self._names: tuple[str, ...] = ()
        self._roles: tuple[str, ...] = ()

    def show(self, sheet: Sheet) -> None:
        """Show this sheet, or the part of it that is wanted; the cursor stays on its instruction."""
        kept = self._names[self.cursor] if self._names else ""
        self.sheet, self._names = sheet, tuple(sheet)
        self._roles = tuple(next(iter(sheet.values()), ()))
        self.virtual_size = Size(0, len(self._names) + 1)
        self.cursor = self._names.index(kept) if kept in self._names else 0
        self.post_message(self.Moved())
        self.refresh()

    @property
    def permission(self) -> PermissionCell | None:
        """What the cell under the cursor says."""
        if not self._names:
            return None
        instruction, role = self._names[self.cursor], self._roles[self.column]
        return PermissionCell(instruction, role, self.sheet[instruction][role])

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on the sheet."""
        return max(0, min(cursor, len(self._names) - 1))

    def validate_column(self, column: int) -> int:
        """Keep the cursor on the sheet."""
        return max(0, min(column, len(self._roles) - 1))

    def watch_cursor(self) -> None:
        """Bring the line under the cursor into view, below the headings."""
        self.scroll_to_region(Region(0, self.cursor, 1, 2), animate=False, force=True)
        self.watch_column()

    def watch_column(self) -> None:
        """Show where the cursor is now."""
        self.refresh()
        self.post_message(self.Moved())

    def action_move(self, steps: int) -> None:
        """Move by so many lines."""
        self.cursor += steps

    def action_turn(self, steps: int) -> None:
        """Move by so many roles."""
        self.column += steps

    def action_page(self, pages: int) -> None:
        """Move by so many screens."""
        self.cursor += pages * max(self.content_size.height - 2, 1)

    def on_click(self, event: events.Click) -> None:
        """A click goes to a cell; one on the cell that the cursor is on wants it otherwise."""
        at = event.get_content_offset_capture(self)
        index = self.scroll_offset.y + at.y - 1
        if at.y < 1 or not 0 <= index < len(self._names):
            return
        column = (at.x - self._name_width) // self._cell_width
        if column < 0:
            self.cursor = index
        elif (index, column) == (self.cursor, self.column):
            self.post_message(self.Toggled())
        else:
            self.cursor, self.column = index, column

    def render_line(self, y: int) -> Strip:
        """The roles on the first line, and beneath them the instructions as far as they are scrolled."""
        if y == 0:
            return self._line("Instruction", [Content(role.capitalize()) for role in self._roles], "heading")
        index = self.scroll_offset.y + y - 1
        if index >= len(self._names):
            return self._line("", [], "row")
        name = self._names[index]
        may_not = NOT if self._is_narrow else MAY_NOT
        cells = [MAY if self.sheet[name][role] else may_not for role in self._roles]
        if index != self.cursor:
            return self._line(name, cells, "row")
        return self._line(name, cells, "cursor-row", self.column)

    @property
    def _is_narrow(self) -> bool:
        return self.size.width < NARROW

    @property
    def _cell_width(self) -> int:
        return 9 if self._is_narrow else 11

    @property
    def _name_width(self) -> int:
        return max(self.scrollable_content_region.width - self._cell_width * len(self._roles), 0)

    def _line(self, name: str, cells: list[Content], component: str, marked: int = -1) -> Strip:
        head = plain(name).truncate(max(self._name_width - 1, 0), ellipsis=True, pad=True).pad_right(1)
        strips = [self._strip(head, component)]
        for column, cell in enumerate(cells):
            is_marked = column == marked
            shown = Content(POINTER if is_marked else " ") + cell.truncate(self._cell_width - 1, pad=True)
            strips.append(self._strip(shown, "cursor" if is_marked else component))
        used = sum(strip.cell_length for strip in strips)
        return Strip.join(strips).adjust_cell_length(max(used, self.scrollable_content_region.width))

    def _strip(self, content: Content, component: str) -> Strip:
        style = self.get_visual_style(f"permission-grid--{component}")
        return Visual.to_strips(self, content, content.cell_length, 1, style)[0]
