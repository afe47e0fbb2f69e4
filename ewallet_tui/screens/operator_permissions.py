"""The permission sheet: which role may ask which instruction, seen and changed."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from ewallet_tui.operator.permission_questions import saying, toggling
from ewallet_tui.screens.operator_part import SYSTEM, OperatorPart
from ewallet_tui.text import plain
from ewallet_tui.widgets.filter_box import FilterBox
from ewallet_tui.widgets.permission_grid import Permission, PermissionGrid, Sheet


class PermissionsScreen(OperatorPart):
    """The sheet as a grid, and a sentence about the cell under the cursor."""

    PART = "permissions"
    AUTO_FOCUS = "PermissionGrid"
    CHANGES = frozenset({"allow", "forbid"})
    DEFAULT_CSS = "PermissionsScreen #saying { height: 1; margin-top: 1; color: $text-muted; }"
    # Space turns the cell into the opposite, and the footer says what that is.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "allow", "Allow", id="allow"),
        Binding("space", "forbid", "Forbid", id="forbid"),
        Binding("slash", "filter", "Find", key_display="/", id="filter"),
        Binding("r", "refusals", "Refused requests", id="refusals"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self._sheet: Sheet = {}

    def compose_part(self) -> ComposeResult:
        """The grid, what narrows it, and what it says where the cursor is."""
        yield FilterBox("a part of an instruction, such as transfer", "PermissionGrid")
        yield PermissionGrid()
        yield Static(id="saying", markup=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let space be the one thing that is possible."""
        if action in self.CHANGES:
            permission = self.permission
            if permission is None or permission.allowed is (action == "allow"):
                return False
        return super().check_action(action, parameters)

    @property
    def permission(self) -> Permission | None:
        """What the cell under the cursor says."""
        grids = self.query(PermissionGrid)
        return grids.first().permission if grids else None

    async def load(self) -> None:
        """Show the sheet of now."""
        answer = await self.wallet_app.act(**SYSTEM, action="view", view="permissions")
        if not answer["failed"]:
            self._sheet = answer["permissions"]
            self._show_sheet()

    def action_filter(self) -> None:
        """Ask for a part of the instruction."""
        self.query_one(FilterBox).open()

    def action_refusals(self) -> None:
        """Show whom the sheet kept from what."""
        self.exchange_for("refusals")

    def action_allow(self) -> None:
        """Allow what the cell under the cursor forbids."""
        self._toggle()

    def action_forbid(self) -> None:
        """Forbid what the cell under the cursor allows."""
        self._toggle()

    @on(PermissionGrid.Toggled)
    def _clicked_again(self) -> None:
        if self.may_change:
            self._toggle()

    @on(FilterBox.Narrowed)
    def _narrow(self, event: FilterBox.Narrowed) -> None:
        self._text = event.text.casefold()
        self._show_sheet()

    @on(PermissionGrid.Moved)
    def _moved(self) -> None:
        permission = self.permission
        words = saying(permission) if permission else "No instruction has that in it. Show all with esc."
        self.query_one("#saying", Static).update(plain(words))
        self.refresh_bindings()

    @work(group="toggling", exclusive=True)
    async def _toggle(self) -> None:
        permission = self.permission
        if permission is None:
            return
        words, verb = toggling(permission), "Forbid it" if permission.allowed else "Allow it"
        if words and not await self.confirm(f"{verb}?", words, verb):
            return
        cell = Permission(permission.instruction, permission.role, not permission.allowed)
        await self.act(
            f"{saying(cell)}.",
            action="edit",
            edit="permission",
            instruction=cell.instruction,
            role=cell.role,
            allowed=cell.allowed,
        )

    def _show_sheet(self) -> None:
        wanted = {name: roles for name, roles in self._sheet.items() if self._text in name.casefold()}
        self.query_one(PermissionGrid).show(wanted)
