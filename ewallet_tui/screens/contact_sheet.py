"""One contact in full over the dimmed screen: who it is, what passed between you, and what can be sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button

from ewallet_tui.record_kinds import CONTACT, TRANSFER
from ewallet_tui.screens.record import RecordScreen
from ewallet_tui.widgets.between_you import BetweenYou
from ewallet_tui.widgets.record_list import RecordList

MOST_LINES = 8
"""How many lines of what passed are seen without scrolling."""
ABOVE_THEM, BESIDE_THEM = 3, 17
"""How many lines the caption and the headings take, and all else of the sheet."""


class ContactSheet(RecordScreen):
    """Its result is how the contact is to get credits, `pay` or `transfer`, or `None`."""

    DEFAULT_CSS = """
    ContactSheet {
        &.-at-first RecordDetail { max-height: 8; }
        BetweenYou { max-height: 11; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "leave_to('pay')", "Pay", id="pay"),
        Binding("t", "leave_to('transfer')", "Transfer", id="transfer"),
    ]

    def __init__(self, contact: int, today: Callable[[], datetime], *, may_pay: bool) -> None:
        super().__init__(CONTACT.name, contact, today)
        self._may_pay = may_pay

    def compose_further(self) -> ComposeResult:
        """What passed between you."""
        yield BetweenYou(can_be_moved_in=True)

    def compose_buttons(self) -> Iterator[Button]:
        """What can be sent, before what every record has."""
        yield Button("p Pay", id="pay", action="screen.leave_to('pay')", disabled=not self._may_pay)
        yield Button(
            "t Transfer", id="transfer", action="screen.leave_to('transfer')", disabled=not self._may_pay
        )
        yield from super().compose_buttons()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is sent out of an empty wallet, nor from a record that was only looked at from here."""
        if action == "leave_to":
            return self._may_pay and self.is_at_first
        return super().check_action(action, parameters)

    async def show_further(self, answer: Mapping[str, Any]) -> None:
        """What passed with the contact, but not beneath a record that was opened from there."""
        between = self.query_one(BetweenYou)
        self.set_class(self.is_at_first, "-at-first")
        between.display = self.is_at_first
        for button in self.query("#pay, #transfer"):
            button.display = self.is_at_first
        if self.is_at_first:
            lines = await between.show_with(answer["record_data"], self.wallet_app.ask, self.today())
            room = min(MOST_LINES, self.size.height - BESIDE_THEM)
            between.styles.height = ABOVE_THEM + max(min(lines, room), 1)

    def action_leave_to(self, action: str) -> None:
        """Have credits sent by the screen beneath."""
        self.dismiss(action)

    @on(RecordList.Opened)
    def _opened(self, event: RecordList.Opened) -> None:
        self.go_to_record(TRANSFER.name, int(event.row.key))
