"""Checks the balances: each equals the sum of its postings, was never negative, and is in order of time.

The postings are those that the check of the journal reads. Of each balance its sum so far is in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import select

from ewallet_core.ledger.journal import Unit
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import AccountStatus
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Findings, Violation, several


class PostingLine(Row, frozen=True, gc=False):
    entry_id: int
    position: int
    balance: int
    unit: str
    amount: int
    balance_after: int | None
    at: int

    @property
    def name(self) -> str:
        return f"Posting {self.position} of entry {self.entry_id}"


class _BalanceLine(Row, frozen=True):
    id: int
    unit: Unit
    issues: int
    amount: int
    moved_at: int


class _UnlinkedHolder(Row, frozen=True):
    id: int
    amount: int


_balance = schema.balances.c
_BALANCES = select(*(_balance[name] for name in _BalanceLine.__struct_fields__)).order_by(_balance.id)
_UNLINKED_WITH_AMOUNT = tuple(
    (
        word,
        select(holder.c.id, _balance.amount)
        .join_from(holder, schema.balances, _balance.id == holder.c.balance_id)
        .join(schema.accounts, schema.accounts.c.id == holder.c.account_id)
        # The credits that an account had when it was erased stay in its wallets.
        .where(
            holder.c.unlinked_at.is_not(None),
            _balance.amount != 0,
            schema.accounts.c.state != AccountStatus.ERASED,
        )
        .order_by(holder.c.id),
    )
    for word, holder in (("wallet", schema.ewallets), ("clock", schema.clocks))
)

_NAMES = {Unit.CREDIT: "credits", Unit.MILLISECOND: "milliseconds"}


class _Sum:
    """What the postings of a balance come to so far."""

    __slots__ = ("issues", "moved_at", "total", "unit")

    def __init__(self, unit: str, issues: int) -> None:
        self.unit = unit
        self.issues = issues
        self.total = 0
        self.moved_at = 0


def _faults_of(posting: PostingLine, balance: _Sum, entry_at: int, moved_at: int) -> Iterator[str]:
    """What is wrong with a posting that was added to a balance, which had moved at `moved_at` before."""
    if posting.unit != balance.unit:
        yield f"{posting.name} moves {posting.unit}s, its balance counts {balance.unit}s."
    if posting.at < entry_at:
        yield f"{posting.name} is dated before its entry."
    elif posting.at > entry_at and posting.at > moved_at:
        yield f"{posting.name} is dated after its entry and the one before it."
    # The issuer's balances are not stored, but computed.
    if balance.issues:
        if posting.balance_after is not None:
            yield f"{posting.name} says what is left to the issuer."
        return
    if posting.balance_after != balance.total:
        yield f"{posting.name} says {posting.balance_after} is left, its balance came to {balance.total}."
    if balance.total < 0:
        yield f"Balance {posting.balance} went below zero at entry {posting.entry_id}."
    if posting.at < moved_at:
        yield f"{posting.name} is dated before the one before it."


class BalanceSums:
    """The sum of each balance's postings, which are added in order."""

    def __init__(self, transaction: Transaction) -> None:
        self._sums = {
            balance.id: _Sum(str(balance.unit), balance.issues)
            for balance in transaction.each(_BALANCES, _BalanceLine)
        }

    def add(self, posting: PostingLine, entry_at: int) -> Sequence[str]:
        """Add the posting; returns what is wrong with it, in sentences."""
        balance = self._sums.get(posting.balance)
        if balance is None:
            return (f"{posting.name} belongs to no balance.",)
        at, moved_at = posting.at, balance.moved_at
        total = balance.total = balance.total + posting.amount
        if balance.issues:
            left = None
        else:
            left, balance.moved_at = total, at
        # Nothing is wrong with most postings. The issuer's total is below zero, and its balance moves at 0.
        if (
            posting.balance_after == left
            and at == entry_at
            and at >= moved_at
            and posting.unit == balance.unit
            and (total >= 0 or left is None)
        ):
            return ()
        return tuple(_faults_of(posting, balance, entry_at, moved_at))

    def finish(self, transaction: Transaction) -> Findings:
        """Compare the sums with the balances, and what was issued with what circulates."""
        circulating, issued = Counter[str](), Counter[str]()
        for balance in transaction.each(_BALANCES, _BalanceLine):
            summed = self._sums[balance.id]
            (issued if balance.issues else circulating)[balance.unit] += summed.total
            if balance.amount != (0 if balance.issues else summed.total):
                yield Violation(
                    f"Balance {balance.id} says {balance.amount}, its postings sum to {summed.total}."
                )
            if balance.moved_at != summed.moved_at:
                yield Violation(
                    f"Balance {balance.id} says it moved at {balance.moved_at},"
                    f" its last posting at {summed.moved_at}."
                )
        yield Check(f"{several(len(self._sums), 'balance', 'balances')}, each equals its postings")
        for unit, name in _NAMES.items():
            if issued[unit] != -circulating[unit]:
                yield Violation(
                    f"The issuer's balance is {issued[unit]} {name},"
                    f" and {circulating[unit]} {name} circulate."
                )
            total = f"{issued[unit]:,}".replace("-", "\N{MINUS SIGN}")
            yield Check(f"the issuer's balance is minus what circulates: {total} {name}")


def check_unlinked_holders(transaction: Transaction) -> Findings:
    for word, statement in _UNLINKED_WITH_AMOUNT:
        for holder in transaction.each(statement, _UnlinkedHolder):
            yield Violation(f"The unlinked {word} {holder.id} holds {holder.amount}.")
    yield Check("wallets and clocks that were unlinked hold nothing")
