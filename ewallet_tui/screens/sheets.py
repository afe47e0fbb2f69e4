"""The sheets of four kinds on one screen: transfers, invoices, conversions and time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult

from ewallet_core.presentation.movements import is_move
from ewallet_tui.actions import EDIT_TIME, PRIVATE_NOTE, REFUND, SHEETS, SHOW_KIND, Action, Part
from ewallet_tui.availability import NOTHING_LISTED, Possible
from ewallet_tui.context import AppContext
from ewallet_tui.records import SHEET_KINDS, TRANSFER, RecordKind
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.credit_actions import refund
from ewallet_tui.screens.owned_items import functions_of
from ewallet_tui.screens.records import RECORD_ACTIONS, RESTORE_FIRST, RecordsPanel
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.tabs import PartTabs

NOT_YOURS_TO_REFUND = "You can only refund a payment that you received."
NOTHING_TO_REFUND = "That was not a payment. To give the credits back, transfer them."
ALL_REFUNDED = "That payment is already fully refunded."


def _show(kind: RecordKind) -> Callable[[SheetsScreen], None]:
    return lambda screen: screen.show_kind(kind)


class SheetsScreen(BaseScreen):
    MODE = "sheets"
    AUTO_FOCUS = "#list"

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self.panel = RecordsPanel(self, TRANSFER)

    def compose_content(self) -> ComposeResult:
        tabs = PartTabs([Part(kind.name, kind.title, kind.key) for kind in SHEET_KINDS])
        tabs.current = self.panel.kind.name
        yield tabs
        yield self.panel

    def show(self, state: AccountState) -> None:  # noqa: ARG002 - the panel knows it
        self.panel.picker.show_state()

    def can(self, action: Action) -> Possible:
        """Refund only incoming records; the rest depends on the record and sheet."""
        if action is REFUND and self.panel.kind is not TRANSFER:
            return False
        if action is REFUND and (row := self.panel.row) is not None:
            is_received = row.record["transfer_type"] == "incoming" and not is_move(row.record)
            return is_received or NOT_YOURS_TO_REFUND
        if action is REFUND:
            return NOTHING_LISTED
        can = self.panel.can(action)
        return self.panel.picker.can(action, SHEETS) if can is True else can

    def show_kind(self, kind: RecordKind) -> None:
        if kind is not self.panel.kind:
            self.query_one(PartTabs).current = kind.name
            self.panel.show_kind(kind)

    @work
    async def refund(self) -> None:
        panel, context = self.panel, self.context
        if (row := panel.row) is None:
            return
        answer = await context.act(**panel.kind.view(row.record["id"], or_removed=panel.shown.shows_removed))
        if answer["failed"]:
            return
        left = answer["left_to_refund"]
        if left:
            await refund(self, row.record["id"], row.record["transfer_from"], left)
        else:
            context.notify(NOTHING_TO_REFUND if left is None else ALL_REFUNDED, severity="warning")

    @on(PartTabs.PartChosen)
    def _handle_tab(self, event: PartTabs.PartChosen) -> None:
        self.show_kind(next(kind for kind in SHEET_KINDS if kind.name == event.part))

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        **RESTORE_FIRST,
        **dict.fromkeys((EDIT_TIME, PRIVATE_NOTE), lambda screen: screen.panel.edit_note()),
        **RECORD_ACTIONS,
        REFUND: refund,
        **functions_of(SHEETS),
        SHEETS.make_active: lambda screen: screen.panel.picker.make_active(),
        **dict(zip(SHOW_KIND, map(_show, SHEET_KINDS), strict=True)),
    }
