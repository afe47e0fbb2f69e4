"""Actions that move credits: supply, pay, transfer, refund, and convert to time and back."""

from __future__ import annotations

from typing import Any

from ewallet_tui.contact_book import ContactBook
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.payment_forms import (
    Payer,
    paid_result,
    pay_form,
    refund_form,
    refunded_result,
    transfer_form,
    transferred_result,
)
from ewallet_tui.screens.wallet_forms import (
    credits_form,
    credits_result,
    supply_form,
    supply_result,
    time_form,
    time_result,
)


def supply(screen: BaseScreen) -> None:
    if state := screen.context.state:
        spec = supply_form(state.wallet.credits)
        screen.fill_in(spec, supply_result, writes="transfer", action="supply", supply="credits")


def pay(screen: BaseScreen, to: str = "") -> None:
    if payer := _payer(screen):
        screen.fill_in(pay_form(payer, to), paid_result(payer), writes="transfer", action="pay")


def transfer(screen: BaseScreen, to: str = "") -> None:
    if payer := _payer(screen):
        spec, result = transfer_form(payer, to), transferred_result(payer)
        screen.fill_in(spec, result, writes="transfer", action="transfer", transfer="credits")


async def refund(screen: BaseScreen, record_id: int, to: str, most: int) -> None:
    """Ask how much of a received payment to refund, up to `most` credits."""
    if payer := _payer(screen):
        # The form shows the payer's name, but has no field that loads the contacts.
        await payer.contacts.learn("")
        spec, result = refund_form(payer, to, most), refunded_result(payer)
        instruction: dict[str, Any] = {"action": "refund", "refund": "payment", "record_id": record_id}
        screen.fill_in(spec, result, writes="transfer", **instruction)


def convert_to_time(screen: BaseScreen) -> None:
    if state := screen.context.state:
        rate = state.clock.milliseconds_per_credit
        spec = time_form(state.wallet.credits, rate)
        screen.fill_in(
            spec, time_result(rate), writes="conversion", action="convert", convert="credits2clock"
        )


def convert_to_credits(screen: BaseScreen) -> None:
    context = screen.context

    def left_ms() -> int:
        return context.state.clock.left_ms(context.now()) if context.state else 0

    if state := context.state:
        spec = credits_form(left_ms, state.clock.milliseconds_per_credit)
        screen.fill_in(spec, credits_result, writes="conversion", action="convert", convert="clock2credits")


def _payer(screen: BaseScreen) -> Payer | None:
    context = screen.context
    if context.state is None:
        return None
    email, balance = context.state.account.email, context.state.wallet.credits
    return Payer(email, balance, context.preferences.ask_above, ContactBook(context.send))
