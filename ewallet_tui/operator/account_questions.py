"""What is asked before something is done with somebody's account, and the words of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ewallet_tui.operator.listed_accounts import AccountRow, called
from ewallet_tui.screens.wallet_forms import supply_plan
from ewallet_tui.text import one_line
from ewallet_tui.widgets.form_plan import Answer, FormPlan, Values, as_it_is, no_objections
from ewallet_tui.words import credit_amount, grouped, price

ROLES = {
    "user": "user: an own wallet, clock and sheets",
    "operator": "operator: also everything here",
    "auditor": "auditor: looks at everything here, changes nothing",
}


def freezing(account: AccountRow, *, is_own: bool) -> str:
    """What freezing it means; `is_own` where it is that of who asks."""
    if is_own:
        return "It is the account that you are logged in with: you can do nothing more, here or anywhere."
    return (
        f"Its timers stop, and whoever is logged in as {called(account)} can do nothing. You can unfreeze it."
    )


def resetting(account: AccountRow) -> str:
    """What a new password for it means."""
    return (
        f"The password of {called(account)} works no more, and all sessions of the account end."
        " You get one that is good for one login within 24 hours."
    )


def new_role(account: AccountRow, role: str) -> str:
    """What that role means, where it should be thought over; nothing where it needn't."""
    if role == "operator":
        return f"{called(account)} can then do all that you can do here: freeze, supply, permit."
    if account["role"] == "operator":
        return f"{called(account)} can then do nothing here any more."
    return ""


def supplying(account: AccountRow) -> FormPlan:
    """The form for credits that go to the account's active wallet."""

    def preview(values: Values) -> str:
        if "credits" not in values:
            return ""
        whole = {"currency", "cost"} <= set(values)
        paid = f" for {price(values['currency'], values['cost'])}" if whole else ""
        return f"{called(account)} gets {credit_amount(values['credits'])}{paid}."

    return replace(
        supply_plan(0),
        title="Supply an account",
        note=f"To {one_line(account['email'])}, into the wallet that is active there.",
        preview=preview,
        objections=no_objections,
        reworded=as_it_is,
    )


def supplied(account: AccountRow) -> Callable[[Answer], str]:
    """What tells what came of it."""

    def receipt(answer: Answer) -> str:
        got = credit_amount(answer["supplied_credits"])
        return f"{called(account)} got {got}. {grouped(answer['ewallet_credits'])} there now."

    return receipt
