"""Checks the costs: each supply has one, and the running totals add up exactly."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from itertools import groupby

from sqlalchemy import and_, select, union_all

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
_FAULTY = union_all(
    select_faulty(
        "The supply of entry",
        _entry.id,
        schema.entries.join(schema.postings, and_(_posting.entry_id == _entry.id, _SUPPLIED)).outerjoin(
            schema.costs, _COST_OF_POSTING
        ),
        (and_(_entry.kind == EntryKind.SUPPLY, _cost.entry_id.is_(None)), "has no cost"),
    ),
    select_faulty(
        "The cost noted for entry",
        _cost.entry_id,
        schema.costs.outerjoin(schema.postings, and_(_COST_OF_POSTING, _SUPPLIED)),
        (_posting.id.is_(None), "is of a balance that got no credits by it"),
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
