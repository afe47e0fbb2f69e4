"""One check of the whole ledger, from the postings alone: what must be true, whoever wrote the database.

Sums are made in Python, where they can't overflow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, select

from ewallet_core.ledger.journal import Unbalanced, Unit
from ewallet_core.ledger.seal import FIRST_SEAL, seal
from ewallet_core.storage import tables
from ewallet_core.storage.journal import Balance, PostingRow, balances, entries, entry_of, postings, seals
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction


class _Said(Row, frozen=True):
    id: int
    entry_id: int
    amount: int


def _saying(kind: str, column: str, unit: Unit) -> tuple[str, Select[Any], Unit]:
    table = tables.metadata.tables[f"{kind}_records"]
    return kind, select(table.c.id, table.c.entry_id, table.c[column]), unit


# What each kind of record says its entry moved, by the unit it moved.
_SAID_BY_RECORDS = (
    _saying("transfer", "credits", Unit.CREDIT),
    _saying("invoice", "credits", Unit.CREDIT),
    _saying("conversion", "credits", Unit.CREDIT),
    _saying("conversion", "milliseconds", Unit.MILLISECOND),
    _saying("time", "time_spent", Unit.MILLISECOND),
)


def check(transaction: Transaction) -> list[str]:
    """What is wrong with the ledger, a sentence each; empty when all is well."""
    return [
        *_unbalanced_entries(transaction),
        *_wrong_balances(transaction),
        *_broken_seals(transaction),
        *_postings_without_entry(transaction),
        *_wrong_records(transaction),
    ]


def _unbalanced_entries(transaction: Transaction) -> Iterator[str]:
    for row in entries.all(transaction):
        try:
            entry_of(transaction, row)
        except Unbalanced:
            yield f"The postings of entry {row.id} don't sum to zero."


def _wrong_balances(transaction: Transaction) -> Iterator[str]:
    by_balance: dict[int, list[PostingRow]] = defaultdict(list)
    for posting in postings.all(transaction):
        by_balance[posting.balance_id].append(posting)
    for balance in balances.all(transaction):
        yield from _wrong_balance(balance, by_balance[balance.id])


def _wrong_balance(balance: Balance, moved: list[PostingRow]) -> Iterator[str]:
    total = 0
    for posting in moved:
        total += posting.amount
        if posting.unit != balance.unit:
            yield f"Posting {posting.id} moves {posting.unit}s, its balance counts {balance.unit}s."
        if not balance.issues and posting.balance_after != total:
            yield f"Posting {posting.id} says {posting.balance_after} is left, its balance came to {total}."
        if not balance.issues and total < 0:
            yield f"Balance {balance.id} went below zero at posting {posting.id}."
    if balance.amount != (0 if balance.issues else total):
        yield f"Balance {balance.id} says {balance.amount}, its postings sum to {total}."


def _broken_seals(transaction: Transaction) -> Iterator[str]:
    chained = {link.entry_id: link for link in seals.all(transaction)}
    previous = FIRST_SEAL
    for position, row in enumerate(entries.all(transaction), start=1):
        link = chained.pop(row.id, None)
        try:
            previous = seal(previous, row.id, entry_of(transaction, row))
        except Unbalanced:
            return
        if link is None or (link.position, link.hash) != (position, previous):
            yield f"The seals' chain breaks at entry {row.id}."
            return
    if chained:
        yield f"There are seals of entries that don't exist: {sorted(chained)}."


def _postings_without_entry(transaction: Transaction) -> Iterator[str]:
    known = {row.id for row in entries.all(transaction)}
    for posting in postings.all(transaction):
        if posting.entry_id not in known:
            yield f"Posting {posting.id} belongs to no entry."


def _wrong_records(transaction: Transaction) -> Iterator[str]:
    known = {row.id for row in entries.all(transaction)}
    moved = _moved_by_entry(transaction)
    for kind, statement, unit in _SAID_BY_RECORDS:
        for said in transaction.all(statement, _Said):
            if said.entry_id not in known:
                yield f"The {kind} record {said.id} points at no entry."
            elif said.amount != moved[said.entry_id, unit]:
                yield f"The {kind} record {said.id} says {said.amount} {unit}s, its entry moved others."


def _moved_by_entry(transaction: Transaction) -> Counter[tuple[int, str]]:
    moved: Counter[tuple[int, str]] = Counter()
    for posting in postings.all(transaction):
        moved[posting.entry_id, posting.unit] += max(0, posting.amount)
    return moved
