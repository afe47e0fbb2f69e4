"""Supplying credits to the caller's own wallet, if that is permitted, or to another account's."""

from __future__ import annotations

from typing import TypedDict, cast

from ewallet_core.instructions import fields
from ewallet_core.instructions.registry import Instruction, Request, instruction
from ewallet_core.instructions.validation import as_decimal
from ewallet_core.ledger.journal import EntryKind
from ewallet_core.operations.context import AccountContext, Context
from ewallet_core.operations.movements import (
    Bill,
    CreditTransfer,
    Side,
    issuing_side,
    move_between_wallets,
    own_side,
    side_named,
)
from ewallet_core.operations.permissions import SUPPLIERS
from ewallet_core.storage.journal import record_cost


class Bought(Request, frozen=True):
    """How many credits to supply, and what they cost."""

    credits: fields.Credits
    currency: fields.Currency
    cost: fields.Cost
    notes: fields.Notes = ""


class SupplyCredits(Bought, frozen=True):
    """How many credits to supply and what they cost; `supply_to` names another account."""

    added = frozenset({"supply_to"})

    supply_to: fields.Email | None = None

    def needs(self) -> Instruction | None:
        """To supply another account needs the permission for the system instruction."""
        return None if self.supply_to is None else supply_on_behalf

    def other_emails(self) -> tuple[str, ...]:
        """The account that is supplied."""
        return () if self.supply_to is None else (self.supply_to,)


class SupplyOnBehalf(Bought, frozen=True, kw_only=True):
    """The recipient's email, how many credits, and what they cost."""

    supply_to: fields.Email

    def other_emails(self) -> tuple[str, ...]:
        """The account that is supplied."""
        return (self.supply_to,)


class SuppliedAnswer(TypedDict):
    """The recipient's balance, and the records of the supply."""

    total_credits: int
    ewallet_credits: int
    supplied_credits: int
    transfer_record: int
    invoice_record: int


class _SupplyOnBehalfAnswer(SuppliedAnswer):
    supplied_to: str


@instruction({"controller": "system", "action": "supply", "supply": "credits"}, needs_time=True)
def supply_on_behalf(request: SupplyOnBehalf, context: Context) -> _SupplyOnBehalfAnswer:
    """Supply another account's active wallet with credits from the system core account."""
    recipient = side_named(context, request.supply_to, "supply_to")
    return _SupplyOnBehalfAnswer(
        supplied_to=recipient.account.email, **issue_credits(context, request, recipient)
    )


@instruction({"action": "supply", "supply": "credits"}, roles=SUPPLIERS)
def supply_credits(request: SupplyCredits, context: AccountContext) -> SuppliedAnswer:
    """Supply the active wallet, or with permission another's, with credits from the system core account."""
    if request.supply_to is None:
        return issue_credits(context, request, own_side(context))
    return issue_credits(context, request, side_named(context, request.supply_to, "supply_to"))


def issue_credits(context: Context, request: Bought, recipient: Side) -> SuppliedAnswer:
    """Issue credits to the recipient, against an invoice."""
    core, cost = issuing_side(context), as_decimal(request.cost)
    transfer = CreditTransfer(
        EntryKind.SUPPLY,
        core,
        recipient,
        request.credits,
        request.notes,
        bill=Bill(core.account, request.currency, f"{cost:f}"),
    )
    done = move_between_wallets(context, transfer)
    record_cost(context.transaction, recipient.balance, done.entry_id, request.currency, cost)
    total = done.recipient.credits
    return SuppliedAnswer(
        total_credits=total,
        ewallet_credits=total,
        supplied_credits=request.credits,
        transfer_record=done.recipient.transfer,
        invoice_record=cast("int", done.recipient.invoice),
    )
