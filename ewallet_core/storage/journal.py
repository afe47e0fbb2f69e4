"""The journal: entries and postings, balances, the cost of supplies, and the hash chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import BigInteger, bindparam, case, cast, func, select

from ewallet_core.ledger.journal import FIRST_SEAL, BalanceId, Entry, EntryKind, Issuer, Posting, Unit, seal
from ewallet_core.ledger.rates import EXACT
from ewallet_core.storage import schema
from ewallet_core.storage.damage import MissingRowError
from ewallet_core.storage.rows import ABOVE_ALL_IDS, Row, Rows
from ewallet_core.storage.transaction import Transaction


class Balance(Row, frozen=True):
    """The amount of a wallet or clock, in its unit. The issuer's amount is not stored, but computed."""

    id: int
    account_id: int
    unit: str
    issues: int
    amount: int


class EntryRow(Row, frozen=True):
    id: int
    kind: str
    at: int
    reverses_id: int | None


class PostingRow(Row, frozen=True):
    """One posting, with the balance after it (None for the issuer's).

    `at` is the entry's instant, or that of the balance's previous posting if that is later.
    """

    entry_id: int
    position: int
    balance_id: int
    unit: str
    amount: int
    balance_after: int | None
    at: int


class SealRow(Row, frozen=True):
    """The seal of an entry; their chain is in the order of the entries."""

    entry_id: int
    hash: bytes


class _LastSeal(Row, frozen=True):
    """The last seal, and the id of the newest entry."""

    entry_id: int
    hash: bytes
    newest_id: int


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
)
_AMOUNT = select(_balance.amount).where(_balance.id == bindparam("balance_id"))
_MOVED_AT = select(_balance.moved_at).where(_balance.id == bindparam("balance_id"))
# The balance was just moved: it has the amount and the date that the posting keeps.
_POST_MOVED = (
    schema.postings.insert()
    .inline()
    .values(
        balance_after=_AMOUNT.scalar_subquery(),
        at=_MOVED_AT.scalar_subquery(),
        **{name: bindparam(name) for name in ("entry_id", "position", "balance_id", "unit", "amount")},
    )
)
_LAST_SEAL = (
    select(*seals.columns, select(func.max(schema.entries.c.id)).scalar_subquery())
    .order_by(schema.seals.c.entry_id.desc())
    .limit(1)
)
_NO_SEAL = _LastSeal(entry_id=0, hash=FIRST_SEAL, newest_id=ABOVE_ALL_IDS)
_entry, _posting = schema.entries.c, schema.postings.c
_ENTRIES_AFTER = (
    select(*entries.columns)
    .where(_entry.id > bindparam("last"), _entry.id <= bindparam("up_to"))
    .order_by(_entry.id)
    .limit(bindparam("most"))
)
_POSTINGS_AFTER = (
    select(*postings.columns)
    .where(_posting.entry_id > bindparam("last"), _posting.entry_id <= bindparam("up_to"))
    .order_by(_posting.entry_id, _posting.position)
)
_REFUNDED = (
    select(cast(func.sum(_posting.amount), BigInteger))
    .join(schema.entries, schema.entries.c.id == _posting.entry_id)
    .where(
        schema.entries.c.reverses_id == bindparam("entry_id"),
        schema.entries.c.kind == EntryKind.REFUND,
        _posting.amount > 0,
    )
)
_SENDING = select(_posting.balance_id).where(
    _posting.entry_id == bindparam("entry_id"), _posting.unit == Unit.CREDIT, _posting.amount < 0
)


def open_balance(transaction: Transaction, account_id: int, unit: Unit, *, issues: bool = False) -> BalanceId:
    """Create a balance of zero. One that `issues` is the source of all of its unit."""
    key = balances.insert(transaction, account_id=account_id, unit=unit, issues=int(issues))
    return BalanceId(key)


def issuer(transaction: Transaction) -> Issuer:
    by_unit = {balance.unit: BalanceId(balance.id) for balance in balances.all(transaction, issues=1)}
    try:
        return Issuer(by_unit[Unit.CREDIT], by_unit[Unit.MILLISECOND])
    except KeyError as unit:
        raise MissingRowError(f"no balance that issues {unit}") from unit


def post(transaction: Transaction, entry: Entry, issuing: Issuer) -> int:
    """Store `entry` and update its balances; returns its id."""
    entry_id = entries.insert(transaction, kind=str(entry.kind), at=entry.at, reverses_id=entry.reverses)
    moves, of_moved = [], []
    for position, moved in enumerate(entry.postings, start=1):
        posting = {
            "entry_id": entry_id,
            "position": position,
            "balance_id": moved.balance,
            "unit": str(moved.unit),
            "amount": moved.amount,
        }
        if moved.balance in (issuing.credits, issuing.milliseconds):
            postings.add(transaction, **posting, balance_after=None, at=entry.at)
        else:
            moves.append({"balance_id": moved.balance, "by": moved.amount, "at": entry.at})
            of_moved.append(posting)
    # No two postings are of the same balance, so all balances can be moved first.
    transaction.run_many(_MOVE, moves)
    transaction.run_many(_POST_MOVED, of_moved)
    transaction.unsealed.append((entry_id, entry))
    return entry_id


def read_amount(transaction: Transaction, balance_id: BalanceId) -> int:
    """What is in the balance, which is not the issuer's."""
    return transaction.number(_AMOUNT, balance_id=balance_id) or 0


def sum_refunds(transaction: Transaction, entry_id: int) -> int:
    return transaction.number(_REFUNDED, entry_id=entry_id) or 0


def find_sending_balance(transaction: Transaction, entry_id: int) -> int | None:
    return transaction.number(_SENDING, entry_id=entry_id)


class Sealer:
    """Appends a seal to the chain for each entry that has none, at the end of each transaction.

    It remembers the last seal that was committed, so that the next one can be made without reading it. An
    entry with the next id is the next one in the chain: ids have no gaps, so no other process wrote one.
    """

    def __init__(self) -> None:
        self._last: SealRow | None = None
        self._newest: SealRow | None = None
        """The last seal of the transaction that is not committed yet."""

    def seal(self, transaction: Transaction) -> None:
        """Seal the entries that have no seal yet."""
        last, unsealed = self._last, transaction.unsealed
        if last is None or not unsealed or not _follow(last.entry_id, unsealed):
            last, unsealed = _find_unsealed(transaction)
        self._newest = _append_seals(transaction, last, unsealed)

    def keep(self) -> None:
        """Remember the last seal: the transaction is committed."""
        self._last = self._newest


def _find_unsealed(transaction: Transaction) -> tuple[SealRow, list[tuple[int, Entry]]]:
    """The last seal, and the entries after it."""
    found, posted = transaction.one(_LAST_SEAL, _LastSeal) or _NO_SEAL, transaction.unsealed
    last = SealRow(found.entry_id, found.hash)
    if found.newest_id == last.entry_id + len(posted) and _follow(last.entry_id, posted):
        return last, posted
    # Some were not written by this transaction's `post`, or there is no seal yet.
    return last, _read_entries_after(transaction, last.entry_id)


def _follow(last_id: int, posted: Sequence[tuple[int, Entry]]) -> bool:
    """Whether they are the entries after that one, without gaps."""
    return all(entry_id == last_id + number for number, (entry_id, _) in enumerate(posted, start=1))


def seal_settled(transaction: Transaction, up_to: int, most: int) -> int:
    """Seal the first `most` entries that have no seal yet, up to that id; returns how many.

    For a database whose transactions commit in another order than that of the ids: no transaction may add an
    entry with an id up to that one later, and no other may seal meanwhile.
    """
    found = transaction.one(_LAST_SEAL, _LastSeal) or _NO_SEAL
    unsealed = _read_entries_after(transaction, found.entry_id, up_to, most)
    _append_seals(transaction, SealRow(found.entry_id, found.hash), unsealed)
    return len(unsealed)


def _append_seals(transaction: Transaction, last: SealRow, unsealed: Sequence[tuple[int, Entry]]) -> SealRow:
    """Append the seals of these entries to the chain; returns its last one then."""
    chained, sealed = last.hash, []
    for entry_id, entry in unsealed:
        chained = seal(chained, entry_id, entry)
        sealed.append({"entry_id": entry_id, "hash": chained})
    seals.insert_many(transaction, sealed)
    return SealRow(unsealed[-1][0], chained) if unsealed else last


def _read_entries_after(
    transaction: Transaction, last: int, up_to: int = ABOVE_ALL_IDS, most: int = ABOVE_ALL_IDS
) -> list[tuple[int, Entry]]:
    rows = transaction.all(_ENTRIES_AFTER, EntryRow, last=last, up_to=up_to, most=most)
    if not rows:
        return []
    moved: defaultdict[int, list[Posting]] = defaultdict(list)
    for posting in transaction.all(_POSTINGS_AFTER, PostingRow, last=last, up_to=rows[-1].id):
        moved[posting.entry_id].append(
            Posting(BalanceId(posting.balance_id), Unit(posting.unit), posting.amount)
        )
    return [
        (row.id, Entry(EntryKind(row.kind), row.at, tuple(moved[row.id]), reverses=row.reverses_id))
        for row in rows
    ]


class Cost(Row, frozen=True):
    """The cost of an entry's credits, and the running total in that currency."""

    balance_id: int
    currency: str
    entry_id: int
    cost: str
    total: str


costs = Rows(schema.costs, Cost)

_cost = schema.costs.c
# Finds one currency after another through the primary key, however many supplies there are.
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
    """Store the cost of the credits that the entry moved to the balance."""
    values = {"balance_id": balance_id, "currency": currency, "entry_id": entry_id}
    before = transaction.one(_UP_TO, Cost, **values)
    total = EXACT.add(Decimal(before.total), cost) if before is not None else cost
    costs.add(transaction, **values, cost=f"{cost:f}", total=f"{total:f}")


def read_costs_up_to(transaction: Transaction, balance_id: int, entry_id: int) -> dict[str, str]:
    """The total cost of the balance's credits by currency, up to and including that entry."""
    totals: dict[str, str] = {}
    currency = ""
    while currency := transaction.run(_NEXT_CURRENCY, balance_id=balance_id, after=currency).fetchone()[0]:
        cost = transaction.one(_UP_TO, Cost, balance_id=balance_id, currency=currency, entry_id=entry_id)
        if cost is not None:
            totals[currency] = cost.total
    return totals


def find_cost(transaction: Transaction, balance_id: int, entry_id: int) -> tuple[str, str, str] | None:
    """The currency, cost and running total of an entry on that balance, if it has a cost there."""
    found = costs.find(transaction, balance_id=balance_id, entry_id=entry_id)
    return None if found is None else (found.currency, found.cost, found.total)
