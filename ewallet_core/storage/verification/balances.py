"""Checks the balances: each equals the sum of its postings, was never negative, and is in order of time.

Postings are read once, by balance and in order, so one balance at a time is in memory."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from sqlalchemy import select

from ewallet_core.ledger.journal import Unit
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import AccountStatus
from ewallet_core.storage.rows import Row, RowId
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Findings, Violation, several


class _BalanceLine(Row, frozen=True):
    """A balance with one of its postings, or with none."""

    id: int
    counts: Unit
    issues: int
    amount_stored: int
    moved_at: int
    posting_id: int | None
    unit: Unit | None
    amount: int | None
    balance_after: int | None
    at: int | None
    entry_at: int | None


class _UnlinkedHolder(Row, frozen=True):
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


def check_balances(transaction: Transaction) -> Findings:
    balances, circulating, issued = 0, Counter[Unit](), Counter[Unit]()
    for _, lines in groupby(transaction.each(_LINES, _BalanceLine), lambda line: line.id):
        balances += 1
        running = _RunningBalance()
        for line in lines:
            yield from running.add(line)
        yield from running.finish()
        (issued if running.last.issues else circulating)[running.last.counts] += running.total
    for stray in transaction.each(_STRAY_POSTINGS, RowId):
        yield Violation(f"Posting {stray.id} belongs to no balance.")
    yield Check(f"{several(balances, 'balance', 'balances')}, each equals its postings")
    for unit, name in _NAMES.items():
        if issued[unit] != -circulating[unit]:
            yield Violation(
                f"The issuer's balance is {issued[unit]} {name}, and {circulating[unit]} {name} circulate."
            )
        total = f"{issued[unit]:,}".replace("-", "\N{MINUS SIGN}")
        yield Check(f"the issuer's balance is minus what circulates: {total} {name}")
    for word, statement in _UNLINKED_WITH_AMOUNT:
        for holder in transaction.each(statement, _UnlinkedHolder):
            yield Violation(f"The unlinked {word} {holder.id} holds {holder.amount}.")
    yield Check("wallets and clocks that were unlinked hold nothing")


class _RunningBalance:
    last: _BalanceLine

    def __init__(self) -> None:
        self.total = 0
        self._moved_at = 0

    def add(self, line: _BalanceLine) -> Findings:
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
        if line.issues:
            return
        if line.balance_after != self.total:
            yield Violation(
                f"Posting {line.posting_id} says {line.balance_after} is left,"
                f" its balance came to {self.total}."
            )
        if self.total < 0:
            yield Violation(f"Balance {line.id} went below zero at posting {line.posting_id}.")
        if line.at < self._moved_at:
            yield Violation(f"Posting {line.posting_id} is dated before the one before it.")
        self._moved_at = line.at

    def finish(self) -> Findings:
        stored = self.last
        # The issuer's balances are not stored, but computed.
        total, moved_at = (0, 0) if stored.issues else (self.total, self._moved_at)
        if stored.amount_stored != total:
            yield Violation(
                f"Balance {stored.id} says {stored.amount_stored}, its postings sum to {self.total}."
            )
        if stored.moved_at != moved_at:
            yield Violation(
                f"Balance {stored.id} says it moved at {stored.moved_at}, its last posting at {moved_at}."
            )
