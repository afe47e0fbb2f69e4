"""Refunds: whoever was paid gives it back, at once or in parts, and never more than was paid."""

from __future__ import annotations

from ewallet_core.actions.context import Context
from ewallet_core.actions.credits.handing_over import (
    INCOMING,
    Handover,
    Side,
    hand_over,
    must_be_available,
    own_side,
)
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Request, instruction
from ewallet_core.instructions.envelope import Answer, ok
from ewallet_core.ledger.journal import EntryKind
from ewallet_core.refusals.holdings import NotFound
from ewallet_core.refusals.payments import AlreadyRefunded, NotAPayment, RefundExceedsPayment
from ewallet_core.storage.accounts import accounts
from ewallet_core.storage.journal import amount_of, entries, giving_balance, refunded_of
from ewallet_core.storage.sheets import TransferRecord, transfers
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import wallets


class RefundPayment(Request, frozen=True):
    """The own record of the payment, and how much of it to give back: absent, all that is left."""

    record_id: fields.RecordId
    credits: fields.Credits | None = None
    notes: fields.Notes = ""


@instruction(
    RefundPayment,
    {"action": "refund", "refund": "payment"},
    answers={
        "refunded_to": str,
        "refunded_credits": int,
        "left_to_refund": int,
        "ewallet_credits": int,
        "transfer_record": int,
    },
)
def refund_payment(asked: RefundPayment, context: Context) -> Answer:
    """Give back a payment that was received, or a part of it, to whoever paid."""
    payment = _own_transfer(context, asked.record_id)
    left = _left_of(context, payment)
    credits = left if asked.credits is None else asked.credits
    if credits > left:
        raise RefundExceedsPayment(left)
    own, payer = own_side(context), _payer(context, payment)
    handover = Handover(EntryKind.REFUND, own, payer, credits, asked.notes, reverses=payment.entry_id)
    recorded = hand_over(context, handover).giver
    return ok(
        refunded_to=payer.account.email,
        refunded_credits=credits,
        left_to_refund=left - credits,
        ewallet_credits=amount_of(context.transaction, own.balance),
        transfer_record=recorded.transfer,
    )


def left_to_refund(transaction: Transaction, record: TransferRecord) -> int | None:
    """How many of a received payment's credits may still be given back; None where it is no such payment."""
    entry = entries.require(transaction, id=record.entry_id)
    if record.transfer_type != INCOMING or entry.kind != EntryKind.PAYMENT:
        return None
    return record.credits - refunded_of(transaction, record.entry_id)


def _own_transfer(context: Context, record_id: int) -> TransferRecord:
    record = transfers.own(context.transaction, record_id, context.account.id)
    if record is None:
        raise NotFound("transfer record", "record_id")
    return record


def _left_of(context: Context, payment: TransferRecord) -> int:
    left = left_to_refund(context.transaction, payment)
    if left is None:
        raise NotAPayment
    if left == 0:
        raise AlreadyRefunded
    return left


def _payer(context: Context, payment: TransferRecord) -> Side:
    """Who paid, with the wallet that paid, or with the active one where that is no more."""
    account = accounts.require(context.transaction, id=payment.from_account_id)
    must_be_available(account, "record_id")
    paid_from = giving_balance(context.transaction, payment.entry_id)
    wallet = wallets.find(context.transaction, balance_id=paid_from)
    return Side(account, wallet or wallets.require(context.transaction, id=account.ewallet_id))
