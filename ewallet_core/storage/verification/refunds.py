"""Checks the refunds: each reverses a payment, and no payment is refunded by more than was paid.

A payment is read with its refunds right after it, so one payment at a time is in memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import literal, select, union_all

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Findings, Violation, several


class _Part(Row, frozen=True):
    payment_id: int
    is_refund: int
    id: int
    kind: EntryKind
    credits: int | None


class _WrongEntry(Row, frozen=True):
    id: int
    kind: EntryKind


_entry, _posting = schema.entries.c, schema.postings.c
_COLUMNS = _entry.id.label("entry_id"), _entry.kind, _posting.amount.label("credits")
_RECEIVED = (_posting.entry_id == _entry.id) & (_posting.unit == Unit.CREDIT) & (_posting.amount > 0)
_REFUNDED = select(_entry.reverses_id).where(_entry.reverses_id.is_not(None))
_PARTS = union_all(
    select(_entry.id.label("payment_id"), literal(0).label("is_refund"), *_COLUMNS)
    .outerjoin_from(schema.entries, schema.postings, _RECEIVED)
    .where(_entry.id.in_(_REFUNDED)),
    select(_entry.reverses_id.label("payment_id"), literal(1).label("is_refund"), *_COLUMNS)
    .outerjoin_from(schema.entries, schema.postings, _RECEIVED)
    .where(_entry.reverses_id.is_not(None)),
).order_by("payment_id", "is_refund", "entry_id")
_WRONG_ENTRIES = (
    select(_entry.id, _entry.kind)
    .where((_entry.kind == EntryKind.REFUND) != _entry.reverses_id.is_not(None))
    .order_by(_entry.id)
)


def check_refunds(transaction: Transaction) -> Findings:
    for entry in transaction.each(_WRONG_ENTRIES, _WrongEntry):
        wrong = "gives nothing back" if entry.kind is EntryKind.REFUND else "is none and gives something back"
        yield Violation(
            f"Entry {entry.id} should be a refund exactly where it gives back a payment, but {wrong}."
        )
    payments = 0
    for payment_id, parts in groupby(transaction.each(_PARTS, _Part), lambda part: part.payment_id):
        payments += 1
        yield from _check_payment(payment_id, parts)
    yield Check(f"{several(payments, 'payment', 'payments')} refunded, none by more than was paid")


def _check_payment(payment_id: int, parts: Iterable[_Part]) -> Findings:
    left, exists = 0, False
    for part in parts:
        if part.is_refund:
            left -= part.credits or 0
            continue
        exists = True
        left += part.credits or 0
        if part.kind is not EntryKind.PAYMENT:
            yield Violation(f"A refund gives back entry {payment_id}, which is no payment but {part.kind}.")
    if not exists:
        yield Violation(f"A refund gives back entry {payment_id}, which doesn't exist.")
    elif left < 0:
        yield Violation(f"The refunds of entry {payment_id} give back {-left} credits more than it paid.")
