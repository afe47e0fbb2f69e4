"""Proves what was paid for credits: each supply has its cost, and the running totals add up exactly."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal, InvalidOperation
from itertools import groupby

from sqlalchemy import and_, select

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Faults, Findings, Violation, faulty, several

# More digits than any sum of costs has, so that nothing is rounded.
_EXACT = Context(prec=100)


class _Cost(Row, frozen=True):
    balance_id: int
    currency: str
    entry_id: int
    cost: str
    total: str
    kind: str | None


_cost = schema.costs.c
_COSTS = (
    select(
        _cost.balance_id,
        _cost.currency,
        _cost.entry_id,
        _cost.cost,
        _cost.total,
        schema.entries.c.kind,
    )
    .outerjoin_from(schema.costs, schema.entries, schema.entries.c.id == _cost.entry_id)
    .order_by(_cost.balance_id, _cost.currency, _cost.entry_id)
)
_posting, _entry = schema.postings.c, schema.entries.c
_BOUGHT = and_(_posting.unit == Unit.CREDIT, _posting.amount > 0)
_ITS_COST = and_(_cost.balance_id == _posting.balance_id, _cost.entry_id == _posting.entry_id)
_WRONG = Faults(
    faulty(
        "The supply of entry",
        _entry.id,
        schema.entries.join(schema.postings, and_(_posting.entry_id == _entry.id, _BOUGHT)).outerjoin(
            schema.costs, _ITS_COST
        ),
        (and_(_entry.kind == EntryKind.SUPPLY, _cost.entry_id.is_(None)), "has no cost"),
    ),
    faulty(
        "The cost noted for entry",
        _cost.entry_id,
        schema.costs.outerjoin(schema.postings, and_(_ITS_COST, _BOUGHT)),
        (_posting.id.is_(None), "is of a balance that got no credits by it"),
    ),
)


def check_costs(transaction: Transaction) -> Findings:
    """Every supply has its one cost, and each total is the one before it and its cost."""
    yield from _WRONG.found(transaction)
    totals = 0
    by_total = groupby(transaction.each(_COSTS, _Cost), lambda cost: (cost.balance_id, cost.currency))
    for _, costs in by_total:
        totals += 1
        yield from _adds_up(costs)
    yield Check(f"{several(totals, 'total', 'totals')} of what supplies cost, each adds up")


def _adds_up(costs: Iterable[_Cost]) -> Findings:
    before = Decimal(0)
    for cost in costs:
        where = f"of balance {cost.balance_id} at entry {cost.entry_id}"
        if cost.kind != EntryKind.SUPPLY:
            yield Violation(f"The cost {where} is not that of a supply.")
        try:
            added, said = Decimal(cost.cost), Decimal(cost.total)
            total = _EXACT.add(before, added)
        except InvalidOperation:
            yield Violation(f"The cost {where} is no number.")
            continue
        if total != said:
            yield Violation(f"The total cost {where} says {said:f} {cost.currency}, it comes to {total:f}.")
        before = said
