"""Credits to other people: paying a partner, against an invoice, and transferring."""

from __future__ import annotations

from ewallet_core.actions.context import Context
from ewallet_core.actions.credits.handing_over import Bill, Handover, Side, hand_over, own_side, partner_named
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Request, instruction
from ewallet_core.instructions.envelope import Answer, ok
from ewallet_core.keys import key_of
from ewallet_core.ledger.journal import EntryKind
from ewallet_core.refusals.payments import OwnAccount
from ewallet_core.storage.journal import amount_of


class PayCredits(Request, frozen=True):
    """Who is paid, by email, and how much."""

    pay: fields.Email
    credits: fields.Credits
    notes: fields.Notes = ""


class TransferCredits(Request, frozen=True):
    """Who is given credits, by email, and how many."""

    transfer_to: fields.Email
    credits: fields.Credits
    notes: fields.Notes = ""


@instruction(
    PayCredits,
    {"action": "pay"},
    answers={
        "paid": str,
        "total_credits": int,
        "ewallet_credits": int,
        "spent_credits": int,
        "transfer_record": int,
        "invoice_record": int,
    },
)
def pay_credits(asked: PayCredits, context: Context) -> Answer:
    """Pay credits of the active wallet to a partner, who is the seller on both sides' invoices."""
    own, partner = own_side(context), _other_person(context, asked.pay, "pay")
    handover = Handover(
        EntryKind.PAYMENT, own, partner, asked.credits, asked.notes, bill=Bill(seller=partner.account)
    )
    recorded = hand_over(context, handover).giver
    left = amount_of(context.transaction, own.balance)
    return ok(
        paid=partner.account.email,
        total_credits=left,
        ewallet_credits=left,
        spent_credits=asked.credits,
        transfer_record=recorded.transfer,
        invoice_record=recorded.invoice,
    )


@instruction(
    TransferCredits,
    {"action": "transfer", "transfer": "credits"},
    answers={
        "transfered_to": str,
        "ewallet_credits": int,
        "transfered_credits": int,
        "transfer_record": int,
    },
)
def transfer_credits(asked: TransferCredits, context: Context) -> Answer:
    """Transfer credits of the active wallet to another person's."""
    own, partner = own_side(context), _other_person(context, asked.transfer_to, "transfer_to")
    handover = Handover(EntryKind.TRANSFER, own, partner, asked.credits, asked.notes)
    recorded = hand_over(context, handover).giver
    return ok(
        transfered_to=partner.account.email,
        ewallet_credits=amount_of(context.transaction, own.balance),
        transfered_credits=asked.credits,
        transfer_record=recorded.transfer,
    )


def _other_person(context: Context, email: str, field: str) -> Side:
    if key_of(email) == key_of(context.account.email):
        raise OwnAccount(field)
    return partner_named(context, email, field)
