"""The permission sheet, and the requests that it refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.widgets import Label, Static

from ewallet_core.presentation.formatting import moment, parse_timestamp
from ewallet_core.presentation.tables import Column
from ewallet_tui.actions import (
    ALLOW,
    BACK_TO_PERMISSIONS,
    FIND,
    FORBID,
    OPERATOR_PARTS,
    REFUSED_REQUESTS,
    Action,
)
from ewallet_tui.availability import NOTHING_LISTED, Possible
from ewallet_tui.context import AppContext
from ewallet_tui.navigation import OPERATOR
from ewallet_tui.record_pages import ListRow
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import confirm
from ewallet_tui.screens.operator_base import SYSTEM, change, find, is_operator, show_pages
from ewallet_tui.widgets.inputs import FilterBox
from ewallet_tui.widgets.permission_grid import PermissionCell, PermissionGrid, Sheet
from ewallet_tui.widgets.record_list import RecordList

REGISTERING = "client action new account"
SHOWN_EVERYWHERE = "client action view overview"
"""The instruction that the app can't work without."""
WHO = {"user": "Users", "operator": "Operators", "auditor": "Auditors"}


def saying(permission: PermissionCell) -> str:
    """The permission as a sentence: `Users may not ask: system action view issues`."""
    verb = "may ask" if permission.allowed else "may not ask"
    return f"{WHO[permission.role]} {verb}: {permission.instruction}"


def toggling(permission: PermissionCell) -> str:
    """What the opposite means if that needs a confirmation, otherwise nothing."""
    if permission.allowed:
        return _taking_away(permission)
    if permission.instruction.startswith("system ") and permission.role != OPERATOR:
        return f"{WHO[permission.role]} could then do what operators do: {permission.instruction}."
    return ""


def _taking_away(permission: PermissionCell) -> str:
    who = WHO[permission.role]
    if permission.instruction == REGISTERING and permission.role == "user":
        return "No one could create an account from then on."
    if permission.instruction == SHOWN_EVERYWHERE:
        return f"{who} would be locked out: the app can't work without it."
    if permission.role == OPERATOR:
        return f"You and all operators could no longer do this: {permission.instruction}."
    return ""


class PermissionsScreen(BaseScreen):
    MODE = "operator"
    PARTS = OPERATOR_PARTS
    PART = "permissions"
    RELOADS = True
    AUTO_FOCUS = "PermissionGrid"
    DEFAULT_CSS = "PermissionsScreen #saying { height: 1; margin-top: 1; color: $text-muted; }"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._text = ""
        self._sheet: Sheet = {}

    def compose_content(self) -> ComposeResult:
        yield FilterBox("find an instruction, such as transfer", "PermissionGrid")
        yield PermissionGrid()
        yield Static(id="saying", markup=False)

    def can(self, action: Action) -> Possible:
        """The space bar allows or forbids, whichever is possible."""
        permission = self.permission
        if action is ALLOW and permission is None:
            return NOTHING_LISTED
        is_other = permission is not None and permission.allowed is (action is FORBID)
        return is_other or action not in (ALLOW, FORBID)

    @property
    def permission(self) -> PermissionCell | None:
        grids = self.query(PermissionGrid)
        return grids.first().permission if grids else None

    async def load(self) -> None:
        answer = await self.context.act(**SYSTEM, action="view", view="permissions")
        if not answer["failed"]:
            self._sheet = answer["permissions"]
            self._show_sheet()

    @on(PermissionGrid.Toggled)
    def _clicked_again(self) -> None:
        if is_operator(self):
            self._toggle()

    @on(FilterBox.Narrowed)
    def _narrow(self, event: FilterBox.Narrowed) -> None:
        self._text = event.text.casefold()
        self._show_sheet()

    @on(PermissionGrid.CellMoved)
    def _moved(self) -> None:
        permission = self.permission
        words = saying(permission) if permission else "No instruction found. Escape shows all again."
        self.query_one("#saying", Static).update(plain(words))
        self.refresh_bindings()

    @work(group="toggling", exclusive=True)
    async def _toggle(self) -> None:
        permission = self.permission
        if permission is None:
            return
        words, verb = toggling(permission), "Forbid it" if permission.allowed else "Allow it"
        if words and not await confirm(self, f"{verb}?", words, verb):
            return
        cell = PermissionCell(permission.instruction, permission.role, not permission.allowed)
        await change(
            self,
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

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        ALLOW: _toggle,
        FORBID: _toggle,
        FIND: find,
        REFUSED_REQUESTS: lambda screen: screen.show_part("refusals"),
    }


COLUMNS = (
    Column("When"),
    Column("Instruction", fills=True),
    Column("Account"),
    Column("Role", from_width=70),
    Column("Address", from_width=90),
)
NO_ACCOUNT = "not logged in"
EMPTY = "No requests were refused in the last 30 days."


class RefusedRequestsScreen(BaseScreen):
    """The requests that the permission sheet refused; Escape goes back to it."""

    MODE = "operator"
    PARTS = OPERATOR_PARTS
    PART = "refusals"
    AUTO_FOCUS = "RecordList"
    RELOADS = True
    MARKED_PART = "permissions"
    DEFAULT_CSS = "RefusedRequestsScreen #caption { color: $text-muted; text-style: bold; }"

    def compose_content(self) -> ComposeResult:
        yield Label("Refused requests", id="caption")
        yield RecordList(COLUMNS)

    async def load(self) -> None:
        await show_pages(self, "refusals", self._row, EMPTY)

    def _row(self, refused: Mapping[str, Any]) -> ListRow:
        when = moment(parse_timestamp(refused["time"]), self.today())
        who = refused["account"] or NO_ACCOUNT
        cells = (when, refused["instruction"], who, refused["role"], refused["address"])
        return ListRow(" ".join([refused["time"], who, refused["instruction"]]), cells, refused)

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        BACK_TO_PERMISSIONS: lambda screen: screen.show_part("permissions")
    }
