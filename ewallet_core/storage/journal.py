"""The journal: entries and their postings, the balances beside them, the cost of supplies, and the hash chain."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Context, Decimal

from sqlalchemy import bindparam, case, func, select

from ewallet_core.ledger.hash_chain import FIRST_SEAL, seal
from ewallet_core.ledger.journal import BalanceId, Entry, EntryKind, Issuer, Posting, Unit
from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction


class Balance(Row, frozen=True):
    """What a wallet or clock holds, in its unit; the issuer's amount is not kept here."""

    id: int
    account_id: int
    unit: str
    issues: int
    amount: int


class EntryRow(Row, frozen=True):
    """An entry without its postings."""

    id: int
    kind: str
    at: int
    reverses_id: int | None


class PostingRow(Row, frozen=True):
    """One posting; `balance_after` is what its balance came to, None for the issuer's.

    `at` is the entry's instant, but never before that of the balance's posting before it.
    """

    id: int
    entry_id: int
    balance_id: int
    unit: str
    amount: int
    balance_after: int | None
    at: int


class SealRow(Row, frozen=True):
    """The seal of an entry, at its place in the chain."""

    position: int
    entry_id: int
    hash: bytes


balances = Rows(schema.balances, Balance)
entries = Rows(schema.entries, EntryRow)
postings = Rows(schema.postings, PostingRow)
seals = Rows(schema.seals, SealRow)

_balance = schema.balances.c
_MOVE = (
    schema.balances.update()
    .where(_balance.id == bindparam("balance_id"))
    .values(
        amount=_balance.amount + bindparam("by"),
        moved_at=case((_balance.moved_at > bindparam("at"), _balance.moved_at), else_=bindparam("at")),
    )
    .returning(_balance.amount, _balance.moved_at)
)
_LAST_SEAL = select(*seals.columns).order_by(schema.seals.c.position.desc()).limit(1)
_UNSEALED = (
    select(*entries.columns).where(schema.entries.c.id > bindparam("last")).order_by(schema.entries.c.id)
)
_posting = schema.postings.c
_REFUNDED = (
    select(func.sum(_posting.amount))
    .join(schema.entries, schema.entries.c.id == _posting.entry_id)
    .where(
        schema.entries.c.reverses_id == bindparam("entry_id"),
        schema.entries.c.kind == EntryKind.REFUND,
        _posting.amount > 0,
    )
)
_GIVING = select(_posting.balance_id).where(
    _posting.entry_id == bindparam("entry_id"), _posting.unit == Unit.CREDIT, _posting.amount < 0
)


def open_balance(transaction: Transaction, account_id: int, unit: Unit, *, issues: bool = False) -> BalanceId:
    """A new balance of zero; one that `issues` is where all of its unit comes from."""
    key = balances.insert(transaction, account_id=account_id, unit=unit, issues=int(issues))
    return BalanceId(key)


def issuer(transaction: Transaction) -> Issuer:
    """The issuer's two balances."""
    by_unit = {balance.unit: BalanceId(balance.id) for balance in balances.all(transaction, issues=1)}
    return Issuer(by_unit[Unit.CREDIT], by_unit[Unit.MILLISECOND])


def read_amount(transaction: Transaction, balance_id: int) -> int:
    """What the balance holds; for an issuer's, minus what circulates."""
    balance = balances.require(transaction, id=balance_id)
    if not balance.issues:
        return balance.amount
    # Summed here, where no sum overflows.
    circulating = balances.all(transaction, unit=balance.unit, issues=0)
    return -sum(held.amount for held in circulating)


def post(transaction: Transaction, entry: Entry, issuing: Issuer) -> int:
    """Write `entry` and move its balances; returns the entry's id."""
    entry_id = entries.insert(transaction, kind=entry.kind, at=entry.at, reverses_id=entry.reverses)
    for posting in entry.postings:
        after, at = None, entry.at
        if posting.balance not in (issuing.credits, issuing.milliseconds):
            after, at = transaction.run(
                _MOVE, balance_id=posting.balance, by=posting.amount, at=entry.at
            ).fetchone()
        postings.insert(
            transaction,
            entry_id=entry_id,
            balance_id=posting.balance,
            unit=posting.unit,
            amount=posting.amount,
            balance_after=after,
            at=at,
        )
    return entry_id


def entry_of(transaction: Transaction, row: EntryRow) -> Entry:
    """The entry as the ledger knows it, with its postings in their order."""
    found = postings.all(transaction, entry_id=row.id)
    return Entry(
        EntryKind(row.kind),
        row.at,
        tuple(
            Posting(BalanceId(posting.balance_id), Unit(posting.unit), posting.amount) for posting in found
        ),
        reverses=row.reverses_id,
    )


def sum_refunds(transaction: Transaction, entry_id: int) -> int:
    """How many of a payment's credits have been given back; never more than were paid."""
    return int(transaction.number(_REFUNDED, entry_id=entry_id) or 0)


def find_sending_balance(transaction: Transaction, entry_id: int) -> int | None:
    """The balance that the entry took credits from."""
    return transaction.number(_GIVING, entry_id=entry_id)


def seal_unsealed(transaction: Transaction) -> None:
    """Append to the chain a seal for each entry that has none yet."""
    last = transaction.one(_LAST_SEAL, SealRow) or SealRow(position=0, entry_id=0, hash=FIRST_SEAL)
    for row in transaction.all(_UNSEALED, EntryRow, last=last.entry_id):
        chained = seal(last.hash, row.id, entry_of(transaction, row))
        last = SealRow(position=last.position + 1, entry_id=row.id, hash=chained)
        seals.insert(transaction, position=last.position, entry_id=row.id, hash=chained)


# No sum of what can be paid has more digits than that, so no digit is ever rounded away.
_EXACT = Context(prec=100)


class Cost(Row, frozen=True):
    """What an entry's credits cost, and what all of that currency has cost up to it."""

    balance_id: int
    currency: str
    entry_id: int
    cost: str
    total: str


costs = Rows(schema.costs, Cost)

_cost = schema.costs.c
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


def record_cost(
    transaction: Transaction, balance_id: int, entry_id: int, currency: str, cost: Decimal
) -> None:
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


def read_costs_up_to(transaction: Transaction, balance_id: int, entry_id: int) -> dict[str, str]:
    """What the balance's credits have cost up to that entry and with it, by currency."""
    found = (
        _latest(transaction, balance_id, currency, entry_id)
        for currency in _currencies(transaction, balance_id)
    )
    return {cost.currency: cost.total for cost in found if cost is not None}


def find_cost(transaction: Transaction, balance_id: int, entry_id: int) -> tuple[str, str, str] | None:
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
