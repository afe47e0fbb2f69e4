"""What a session's live object is asked: the same instructions, in the words that the document has there."""

from __future__ import annotations

from dataclasses import replace

from ewallet_core.actions.accounts.account import new_account
from ewallet_core.actions.accounts.logins import login
from ewallet_core.actions.context import Context
from ewallet_core.actions.credits.supplying import Bought, SupplyCredits, supply_credits
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Catalogue, Instruction, instruction
from ewallet_core.instructions.envelope import Answer
from ewallet_core.keys import key_of
from ewallet_core.refusals.system import OnlyCoreSupplies


class SupplyFromPartner(Bought, frozen=True):
    """Credits to be had, what they cost, and the account they come from: the system core account."""

    partner_account: fields.Email | None = None


def _said_as(meant: Instruction, **selectors: str) -> Instruction:
    """The same instruction, as a live session is asked it."""
    form = {"controller": "user", "ctype": "action", **selectors}
    return replace(meant, forms=(form,), permitted_as=meant)


@instruction(
    SupplyFromPartner,
    {"controller": "user", "action": "create", "create": "transfer", "ttype": "supply"},
    answers=supply_credits.answers,
)
def create_supply(asked: SupplyFromPartner, context: Context) -> Answer:
    """Supply the active wallet with credits from the system core account, against an invoice."""
    core = context.system_core.email
    if asked.partner_account is not None and key_of(asked.partner_account) != key_of(core):
        raise OnlyCoreSupplies(core)
    bought = {name: getattr(asked, name) for name in Bought.__struct_fields__}
    return supply_credits(SupplyCredits(**bought), context)


SESSION_CATALOGUE = Catalogue(
    (
        _said_as(new_account, action="create", create="account"),
        _said_as(login, action="login"),
        replace(create_supply, permitted_as=supply_credits),
    )
)
