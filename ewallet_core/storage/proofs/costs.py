"""Proves what was paid for credits: each supply has its cost, and the running totals add up exactly."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Context, Decimal, InvalidOperation
from itertools import groupby

from sqlalchemy import and_, select

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.storage import tables
from ewallet_core.storage.proofs.faults import Faults, faulty
from ewallet_core.storage.proofs.findings import Findings, Lie, Proof, several
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction

# More digits than any sum of costs has, so that nothing is rounded.
_EXACT = Context(prec=100)


class _Cost(Row, frozen=True):
    balance_id: int
    currency: str
    entry_id: int
    cost: str
    total: str
    kind: str | None


_cost = tables.costs.c
_COSTS = (
    select(
        _cost.balance_id,
        _cost.currency,
        _cost.entry_id,
        _cost.cost,
        _cost.total,
        tables.entries.c.kind,
    )
    .outerjoin_from(tables.costs, tables.entries, tables.entries.c.id == _cost.entry_id)
    .order_by(_cost.balance_id, _cost.currency, _cost.entry_id)
)
_posting, _entry = tables.postings.c, tables.entries.c
_BOUGHT = and_(_posting.unit == Unit.CREDIT, _posting.amount > 0)
_ITS_COST = and_(_cost.balance_id == _posting.balance_id, _cost.entry_id == _posting.entry_id)
_WRONG = Faults(
    faulty(
        "The supply of entry",
        _entry.id,
        tables.entries.join(tables.postings, and_(_posting.entry_id == _entry.id, _BOUGHT)).outerjoin(
            tables.costs, _ITS_COST
        ),
        (and_(_entry.kind == EntryKind.SUPPLY, _cost.entry_id.is_(None)), "has no cost"),
    ),
    faulty(
        "The cost noted for entry",
        _cost.entry_id,
        tables.costs.outerjoin(tables.postings, and_(_ITS_COST, _BOUGHT)),
        (_posting.id.is_(None), "is of a balance that got no credits by it"),
    ),
)


def prove_costs(transaction: Transaction) -> Findings:
    """Every supply has its one cost, and each total is the one before it and its cost."""
    yield from _WRONG.found(transaction)
    totals = 0
    by_total = groupby(transaction.each(_COSTS, _Cost), lambda cost: (cost.balance_id, cost.currency))
    for _, costs in by_total:
        totals += 1
        yield from _adds_up(costs)
    yield Proof(f"{several(totals, 'total', 'totals')} of what supplies cost, each adds up")


def _adds_up(costs: Iterable[_Cost]) -> Findings:
    before = Decimal(0)
    for cost in costs:
        where = f"of balance {cost.balance_id} at entry {cost.entry_id}"
        if cost.kind != EntryKind.SUPPLY:
            yield Lie(f"The cost {where} is not that of a supply.")
        try:
            added, said = Decimal(cost.cost), Decimal(cost.total)
            total = _EXACT.add(before, added)
        except InvalidOperation:
            yield Lie(f"The cost {where} is no number.")
            continue
        if total != said:
            yield Lie(f"The total cost {where} says {said:f} {cost.currency}, it comes to {total:f}.")
        before = said
