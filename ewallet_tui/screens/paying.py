"""What home, wallet and contacts have in common: credits go to other people from there."""

from __future__ import annotations

from typing import Any

from textual import work
from textual.binding import Binding, BindingType

from ewallet_tui.contact_book import ContactBook
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.payment_forms import (
    Payer,
    paid_result,
    pay_plan,
    refund_plan,
    refunded_result,
    transfer_plan,
    transferred_result,
)

PAYMENTS: tuple[BindingType, ...] = (
    Binding("p", "pay", "Pay", tooltip="Pay somebody, against an invoice", id="pay"),
    Binding("t", "transfer", "Transfer", tooltip="Give credits without an invoice", id="transfer"),
)
"""The keys of what these screens have in common, which each puts after its own."""


class PayingScreen(BaseScreen):
    """A screen from which credits go to other people; `partner` says to whom, where that is known."""

    def partner(self) -> str:
        """The email of whoever is to get them; nothing: they are asked for."""
        return ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nobody pays out of an empty wallet."""
        state = self.context.state
        if action in {"pay", "transfer"} and state is not None and not state.wallet.credits:
            return None
        return super().check_action(action, parameters)

    def action_pay(self) -> None:
        """Ask how much is to be paid, and to whom."""
        if payer := self._payer():
            plan = pay_plan(payer, self.partner())
            self.fill_in(plan, paid_result(payer), writes="transfer", action="pay")

    def action_transfer(self) -> None:
        """Ask how much is to be transferred, and to whom."""
        if payer := self._payer():
            plan = transfer_plan(payer, self.partner())
            result = transferred_result(payer)
            self.fill_in(plan, result, writes="transfer", action="transfer", transfer="credits")

    @work
    async def refund(self, record_id: int, to: str, most: int) -> None:
        """Ask how much of the payment of that record is to be given back; at most that many credits can."""
        if payer := self._payer():
            # Nobody is named in the form, who would be looked up there.
            await payer.contacts.learn("")
            plan, result = refund_plan(payer, to, most), refunded_result(payer)
            refund: dict[str, Any] = {"action": "refund", "refund": "payment", "record_id": record_id}
            self.fill_in(plan, result, writes="transfer", **refund)

    def _payer(self) -> Payer | None:
        context = self.context
        if context.state is None:
            return None
        email, balance = context.state.account.email, context.state.wallet.credits
        return Payer(email, balance, context.preferences.ask_above, ContactBook(context.send))
