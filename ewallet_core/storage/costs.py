"""What was paid for a balance's credits: each supply's cost, and the running total in its currency.

Money is decimal text, exact to the last digit, and no currency is ever added to another.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal

from sqlalchemy import bindparam, func, select

from ewallet_core.storage import tables
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction

# No sum of what can be paid has more digits than that, so no digit is ever rounded away.
_EXACT = Context(prec=100)


class Cost(Row, frozen=True):
    """What an entry's credits cost, and what all of that currency has cost up to it."""

    balance_id: int
    currency: str
    entry_id: int
    cost: str
    total: str


costs = Rows(tables.costs, Cost)

_cost = tables.costs.c
# One currency after another is found by the key, so that it costs the same after a million supplies.
_NEXT_CURRENCY = select(func.min(_cost.currency)).where(
    _cost.balance_id == bindparam("balance_id"), _cost.currency > bindparam("after")
)
_UP_TO = (
    select(*costs.columns)
    .where(
        _cost.balance_id == bindparam("balance_id"),
        _cost.currency == bindparam("currency"),
        _cost.entry_id <= bindparam("entry_id"),
    )
    .order_by(_cost.entry_id.desc())
    .limit(1)
)


def note_cost(transaction: Transaction, balance_id: int, entry_id: int, currency: str, cost: Decimal) -> None:
    """Write down what the credits that the entry brought to the balance have cost."""
    before = _latest(transaction, balance_id, currency, entry_id)
    total = _EXACT.add(Decimal(before.total), cost) if before is not None else cost
    costs.insert(
        transaction,
        balance_id=balance_id,
        currency=currency,
        entry_id=entry_id,
        cost=f"{cost:f}",
        total=f"{total:f}",
    )


def costs_up_to(transaction: Transaction, balance_id: int, entry_id: int) -> dict[str, str]:
    """What the balance's credits have cost up to that entry and with it, by currency."""
    found = (
        _latest(transaction, balance_id, currency, entry_id)
        for currency in _currencies(transaction, balance_id)
    )
    return {cost.currency: cost.total for cost in found if cost is not None}


def cost_of(transaction: Transaction, balance_id: int, entry_id: int) -> tuple[str, str, str] | None:
    """The entry's currency, cost and running total on that balance; None where it cost nothing there."""
    found = costs.find(transaction, balance_id=balance_id, entry_id=entry_id)
    return None if found is None else (found.currency, found.cost, found.total)


def _latest(transaction: Transaction, balance_id: int, currency: str, entry_id: int) -> Cost | None:
    return transaction.one(_UP_TO, Cost, balance_id=balance_id, currency=currency, entry_id=entry_id)


def _currencies(transaction: Transaction, balance_id: int) -> Iterator[str]:
    """The currencies in which something was paid, in the order of their letters."""
    currency = ""
    while found := _next_currency(transaction, balance_id, currency):
        currency = found
        yield currency


def _next_currency(transaction: Transaction, balance_id: int, after: str) -> str | None:
    row = transaction.run(_NEXT_CURRENCY, balance_id=balance_id, after=after).fetchone()
    found: str | None = row[0]
    return found
