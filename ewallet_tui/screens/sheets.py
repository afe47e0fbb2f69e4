"""The sheets of four kinds, on one screen: transfers, invoices, conversions and times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType

from ewallet_tui.context import AppContext
from ewallet_tui.records import SHEET_KINDS, TRANSFER, RecordKind
from ewallet_tui.screens.belonging_screen import owned_item_keys
from ewallet_tui.screens.paying import PayingScreen
from ewallet_tui.screens.records import RECORD_KEYS, RecordsScreen
from ewallet_tui.widgets.tabs import Part, PartTabs

NOTHING_TO_REFUND = "That was no payment. To give it back, transfer it."
ALL_REFUNDED = "All of that payment has been refunded."
KINDS = {kind.name: kind for kind in SHEET_KINDS}


class SheetsScreen(RecordsScreen, PayingScreen):
    """One sheet at a time, with a tab for each kind."""

    MODE = "sheets"
    BINDINGS: ClassVar[list[BindingType]] = [
        *RECORD_KEYS,
        Binding("r", "refund", "Refund", tooltip="Refund a payment that you received", id="refund"),
        *owned_item_keys("sheet"),
        *(
            Binding(
                kind.key,
                f"show_kind('{kind.name}')",
                kind.title,
                show=False,
                key_display=kind.key,
                id=f"show_{kind.name}",
            )
            for kind in SHEET_KINDS
        ),
    ]

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._kind = TRANSFER

    @property
    def kind(self) -> RecordKind:
        """The kind whose tab is the current one."""
        return self._kind

    def compose_above(self) -> Iterable[PartTabs]:
        """A tab for each kind."""
        tabs = PartTabs([Part(kind.name, kind.title, kind.key) for kind in SHEET_KINDS])
        tabs.current = self.kind.name
        yield tabs

    def action_show_kind(self, name: str) -> None:
        """Show the sheets of another kind."""
        if name == self.kind.name:
            return
        self._kind = KINDS[name]
        self.query_one(PartTabs).current = name
        self.listed.show_columns(self.kind.columns)
        self.show_line()
        self.action_show_all()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what came in can be given back."""
        if action == "refund" and self.kind is not TRANSFER:
            return False
        if action == "refund":
            came_in = self.row is not None and self.row.record["transfer_type"] == "incoming"
            return True if came_in else None
        return super().check_action(action, parameters)

    @work
    async def action_refund(self) -> None:
        """Give the payment under the cursor back, or a part of it."""
        if (row := self.row) is None:
            return
        answer = await self.context.act(**self.kind.view(row.record["id"]))
        if answer["failed"]:
            return
        left = answer["left_to_refund"]
        if left:
            self.refund(row.record["id"], row.record["transfer_from"], left)
        else:
            self.context.notify(NOTHING_TO_REFUND if left is None else ALL_REFUNDED, severity="warning")

    @on(PartTabs.Chosen)
    def _kind_chosen(self, event: PartTabs.Chosen) -> None:
        self.action_show_kind(event.part)
