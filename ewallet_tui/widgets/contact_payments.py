"""The transfers between the user and one contact, newest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Label

from ewallet_core.presentation.formatting import moment, one_line, parse_timestamp
from ewallet_core.presentation.movements import Record
from ewallet_core.presentation.tables import Column
from ewallet_core.types import TRANSFER_WORDS
from ewallet_tui.record_pages import ListRow
from ewallet_tui.records import TRANSFER, amount
from ewallet_tui.widgets.record_list import RecordList

Ask = Callable[..., Awaitable[dict[str, Any]]]

MAX_PAYMENTS = 50
COLUMNS = (Column("When"), Column("What"), Column("Credits", align="right", fills=True))


class ContactPayments(Vertical):
    DEFAULT_CSS = """
    ContactPayments {
        height: 1fr;
        Label { color: $text-muted; margin-top: 1; }
    }
    """

    def __init__(self, *, can_be_moved_in: bool) -> None:
        super().__init__()
        self._can_be_moved_in = can_be_moved_in

    def compose(self) -> ComposeResult:
        yield Label(id="payments-caption", markup=False)
        between = RecordList(COLUMNS, id="between")
        between.can_focus = self._can_be_moved_in
        yield between

    async def show_with(self, contact: Record, ask: Ask, now: datetime) -> int:
        """Show the transfers with that contact; returns how many there are."""
        between = self.query_one(RecordList)
        name = one_line(contact["name"])
        self.query_one(Label).update(f"Payments with {name}")
        between.empty = f"No payments with {name} yet."
        found = await ask(
            action="search", search="records", kind=TRANSFER.name, text=contact["email"], limit=MAX_PAYMENTS
        )
        rows = [] if found["failed"] else found["rows"]
        between.show([_payment_row(row["record_data"], now) for row in rows])
        return len(rows)

    def clear(self) -> None:
        between = self.query_one(RecordList)
        self.query_one(Label).update("")
        between.empty = ""
        between.show([])


def _payment_row(transfer: Record, now: datetime) -> ListRow:
    kind = transfer["transfer_type"]
    when = moment(parse_timestamp(transfer["create_date"]), now)
    return ListRow(
        str(transfer["id"]), (when, TRANSFER_WORDS[kind], amount(kind, transfer["credits"])), transfer
    )
