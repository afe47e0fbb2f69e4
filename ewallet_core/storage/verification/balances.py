"""Proves the balances: each is what its postings come to, and never was below zero or out of its time.

Postings come once, by balance and in their order, so that one balance at a time is kept in mind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import groupby

from sqlalchemy import select

from ewallet_core.ledger.journal import Unit
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import AccountState
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Findings, Violation, several


class _BalanceLine(Row, frozen=True):
    """A balance with one of its postings; one without postings has one line too."""

    id: int
    counts: Unit
    issues: int
    held: int
    moved_at: int
    posting_id: int | None
    unit: Unit | None
    amount: int | None
    balance_after: int | None
    at: int | None
    entry_at: int | None


class _StrayPosting(Row, frozen=True):
    id: int


class _Emptied(Row, frozen=True):
    id: int
    amount: int


_balance, _posting, _entry = schema.balances.c, schema.postings.c, schema.entries.c
_LINES = (
    select(
        _balance.id,
        _balance.unit,
        _balance.issues,
        _balance.amount,
        _balance.moved_at,
        _posting.id,
        _posting.unit,
        _posting.amount,
        _posting.balance_after,
        _posting.at,
        _entry.at,
    )
    .outerjoin_from(schema.balances, schema.postings, _posting.balance_id == _balance.id)
    .outerjoin(schema.entries, _entry.id == _posting.entry_id)
    .order_by(_balance.id, _posting.id)
)
_STRAY_POSTINGS = (
    select(_posting.id)
    .outerjoin_from(schema.postings, schema.balances, _balance.id == _posting.balance_id)
    .where(_balance.id.is_(None))
    .order_by(_posting.id)
)
_HELD_BY_UNLINKED = tuple(
    (
        word,
        select(holder.c.id, _balance.amount)
        .join_from(holder, schema.balances, _balance.id == holder.c.balance_id)
        .join(schema.accounts, schema.accounts.c.id == holder.c.account_id)
        # What an account still had when it was erased stays where it is, with nobody to take it.
        .where(
            holder.c.unlinked_at.is_not(None),
            _balance.amount != 0,
            schema.accounts.c.state != AccountState.ERASED,
        )
        .order_by(holder.c.id),
    )
    for word, holder in (("wallet", schema.ewallets), ("clock", schema.clocks))
)

_NAMES = {Unit.CREDIT: "credits", Unit.MILLISECOND: "milliseconds"}


def check_balances(transaction: Transaction) -> Findings:
    """Every balance equals its postings, and the issuer's is minus what circulates."""
    balances, circulating, issued = 0, Counter[Unit](), Counter[Unit]()
    for _, lines in groupby(transaction.each(_LINES, _BalanceLine), lambda line: line.id):
        balances += 1
        holding = _Holding()
        for line in lines:
            yield from holding.takes(line)
        yield from holding.ends()
        (issued if holding.last.issues else circulating)[holding.last.counts] += holding.total
    for stray in transaction.each(_STRAY_POSTINGS, _StrayPosting):
        yield Violation(f"Posting {stray.id} belongs to no balance.")
    yield Check(f"{several(balances, 'balance', 'balances')}, each equals its postings")
    yield from _issuers(circulating, issued)
    yield from _nothing_unlinked(transaction)


class _Holding:
    """What one balance comes to, posting by posting."""

    last: _BalanceLine

    def __init__(self) -> None:
        self.total = 0
        self._moved_at = 0

    def takes(self, line: _BalanceLine) -> Findings:
        """Add the line's posting."""
        self.last = line
        if line.posting_id is None or line.amount is None or line.at is None:
            return
        self.total += line.amount
        if line.unit != line.counts:
            yield Violation(
                f"Posting {line.posting_id} moves {line.unit}s, its balance counts {line.counts}s."
            )
        if line.entry_at is None:
            yield Violation(f"Posting {line.posting_id} belongs to no entry.")
        elif line.at < line.entry_at:
            yield Violation(f"Posting {line.posting_id} is dated before its entry.")
        if not line.issues:
            yield from self._follows(line, line.at)

    def _follows(self, line: _BalanceLine, at: int) -> Findings:
        if line.balance_after != self.total:
            yield Violation(
                f"Posting {line.posting_id} says {line.balance_after} is left,"
                f" its balance came to {self.total}."
            )
        if self.total < 0:
            yield Violation(f"Balance {line.id} went below zero at posting {line.posting_id}.")
        if at < self._moved_at:
            yield Violation(f"Posting {line.posting_id} is dated before the one before it.")
        self._moved_at = at

    def ends(self) -> Findings:
        """Hold what the balance says of itself to what its postings came to."""
        says = self.last
        # The issuer's balances are not written to, whatever they issue.
        total, moved_at = (0, 0) if says.issues else (self.total, self._moved_at)
        if says.held != total:
            yield Violation(f"Balance {says.id} says {says.held}, its postings sum to {self.total}.")
        if says.moved_at != moved_at:
            yield Violation(
                f"Balance {says.id} says it moved at {says.moved_at}, its last posting at {moved_at}."
            )


def _issuers(circulating: Counter[Unit], issued: Counter[Unit]) -> Findings:
    for unit, name in _NAMES.items():
        if issued[unit] != -circulating[unit]:
            yield Violation(
                f"The issuer's balance is {issued[unit]} {name}, and {circulating[unit]} {name} circulate."
            )
        yield Check(f"the issuer's balance is minus what circulates: {_signed(issued[unit])} {name}")


def _signed(number: int) -> str:
    return f"{number:,}".replace("-", "\N{MINUS SIGN}")


def _nothing_unlinked(transaction: Transaction) -> Findings:
    for word, statement in _HELD_BY_UNLINKED:
        yield from _holds_nothing(word, transaction.each(statement, _Emptied))
    yield Check("wallets and clocks that were unlinked hold nothing")


def _holds_nothing(word: str, found: Iterable[_Emptied]) -> Findings:
    for holder in found:
        yield Violation(f"The unlinked {word} {holder.id} holds {holder.amount}.")
