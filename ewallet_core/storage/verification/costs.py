"""Checks the costs of supplies, whose running totals add up exactly, and the refunds of payments.

A payment is read with its refunds right after it, so one payment at a time is in memory."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from itertools import groupby

from sqlalchemy import and_, literal, select, union_all

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.ledger.rates import EXACT
from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import (
    Check,
    Findings,
    Violation,
    report_faulty,
    select_faulty,
    several,
)


class _Cost(Row, frozen=True):
    balance_id: int
    currency: str
    entry_id: int
    cost: str
    total: str
    kind: str | None


_cost = schema.costs.c
_COSTS = (
    select(_cost.balance_id, _cost.currency, _cost.entry_id, _cost.cost, _cost.total, schema.entries.c.kind)
    .outerjoin_from(schema.costs, schema.entries, schema.entries.c.id == _cost.entry_id)
    .order_by(_cost.balance_id, _cost.currency, _cost.entry_id)
)
_posting, _entry = schema.postings.c, schema.entries.c
_SUPPLIED = and_(_posting.unit == Unit.CREDIT, _posting.amount > 0)
_COST_OF_POSTING = and_(_cost.balance_id == _posting.balance_id, _cost.entry_id == _posting.entry_id)
# With `entry_id > 0`, SQLite reads the postings in their own order, and not by the index of balances.
_OF_SUPPLY = and_(
    _entry.kind == EntryKind.SUPPLY, _posting.entry_id == _entry.id, _posting.entry_id > 0, _SUPPLIED
)
_FAULTY = union_all(
    select_faulty(
        "The supply of entry",
        _entry.id,
        schema.entries.join(schema.postings, _OF_SUPPLY).outerjoin(schema.costs, _COST_OF_POSTING),
        (_cost.entry_id.is_(None), "has no cost"),
    ),
    select_faulty(
        "The cost noted for entry",
        _cost.entry_id,
        schema.costs.outerjoin(schema.postings, and_(_COST_OF_POSTING, _SUPPLIED)),
        (_posting.entry_id.is_(None), "is of a balance that got no credits by it"),
    ),
)


def check_costs(transaction: Transaction) -> Findings:
    yield from report_faulty(transaction, _FAULTY)
    totals = 0
    by_total = groupby(transaction.each(_COSTS, _Cost), lambda cost: (cost.balance_id, cost.currency))
    for _, costs in by_total:
        totals += 1
        yield from _check_total(costs)
    yield Check(f"{several(totals, 'total', 'totals')} of what supplies cost, each adds up")


def _check_total(costs: Iterable[_Cost]) -> Findings:
    before = Decimal(0)
    for cost in costs:
        where = f"of balance {cost.balance_id} at entry {cost.entry_id}"
        if cost.kind != EntryKind.SUPPLY:
            yield Violation(f"The cost {where} is not that of a supply.")
        try:
            added, said = Decimal(cost.cost), Decimal(cost.total)
            total = EXACT.add(before, added)
        except InvalidOperation:
            yield Violation(f"The cost {where} is no number.")
            continue
        if total != said:
            yield Violation(f"The total cost {where} says {said:f} {cost.currency}, it comes to {total:f}.")
        before = said


class _Part(Row, frozen=True):
    payment_id: int
    is_refund: int
    id: int
    kind: EntryKind
    credits: int | None


class _WrongEntry(Row, frozen=True):
    id: int
    kind: EntryKind


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
            f"Entry {entry.id} should be a refund if and only if it gives back a payment, but {wrong}."
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
