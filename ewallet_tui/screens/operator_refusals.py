"""Whom the permission sheet kept from what, the latest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Label

from ewallet_tui.screens.operator_part import OperatorPart
from ewallet_tui.widgets.columns import Column
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.record_pages import Row
from ewallet_tui.words import moment, parse_timestamp

COLUMNS = (
    Column("When"),
    Column("Instruction", fills=True),
    Column("Account"),
    Column("Role", from_width=70),
    Column("Address", from_width=90),
)
NOBODY = "nobody yet"
EMPTY = "Nobody was refused anything in the last 30 days."


class RefusalsScreen(OperatorPart):
    """What the permission sheet refused; the way back is to the sheet."""

    PART = "permissions"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back to the sheet", id="back_to_permissions"),
    ]
    DEFAULT_CSS = "RefusalsScreen #caption { color: $text-muted; text-style: bold; }"

    def compose_part(self) -> ComposeResult:
        """What it is, and the requests."""
        yield Label("Refused requests", id="caption")
        yield RecordList(COLUMNS)

    async def load(self) -> None:
        """Show those of now."""
        listed = self.query_one(RecordList)
        listed.empty = EMPTY
        await listed.show_pages(self.pages("refusals", self._row))

    def action_back(self) -> None:
        """Go back to the sheet."""
        self.exchange_for(self.PART)

    def _row(self, refused: Mapping[str, Any]) -> Row:
        when = moment(parse_timestamp(refused["time"]), self.today())
        who = refused["account"] or NOBODY
        cells = (when, refused["instruction"], who, refused["role"], refused["address"])
        return Row(" ".join([refused["time"], who, refused["instruction"]]), cells, refused)
