"""Checks the journal: entries sum to zero, their seals form one chain, and records match their entries.

Entries are read once, in order, with their seals; the records are read beside them in the same order."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Select, select

from ewallet_core.ledger.journal import (
    FIRST_SEAL,
    BalanceId,
    Entry,
    EntryKind,
    Posting,
    UnbalancedError,
    Unit,
    seal,
)
from ewallet_core.storage import schema
from ewallet_core.storage.journal import entries
from ewallet_core.storage.rows import Row, RowId
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Findings, Violation, several


class _EntryLine(Row, frozen=True):
    """An entry with its seal and one of its postings, or with none."""

    id: int
    kind: EntryKind
    at: int
    reverses_id: int | None
    position: int | None
    hash: bytes | None
    balance_id: int | None
    unit: Unit | None
    amount: int | None


class _Claim(Row, frozen=True):
    """The amount that a record says its entry moved."""

    entry_id: int
    record_id: int
    amount: int
    kind: str
    unit: str


_entry, _posting, _seal = schema.entries.c, schema.postings.c, schema.seals.c
_LINES = (
    select(*entries.columns, _seal.position, _seal.hash, _posting.balance_id, _posting.unit, _posting.amount)
    .outerjoin_from(schema.entries, schema.seals, _seal.entry_id == _entry.id)
    .outerjoin(schema.postings, _posting.entry_id == _entry.id)
    .order_by(_entry.id, _posting.id)
)
_STRAY_SEALS = (
    select(_seal.entry_id)
    .outerjoin_from(schema.seals, schema.entries, _entry.id == _seal.entry_id)
    .where(_entry.id.is_(None))
    .order_by(_seal.entry_id)
)


def _claim(kind: str, column: str, unit: Unit) -> tuple[str, Unit, Select[Any]]:
    record = schema.metadata.tables[f"{kind}_records"].c
    statement = select(record.entry_id, record.id, record[column]).order_by(record.entry_id, record.id)
    return kind, unit, statement


_CLAIMS = (
    _claim("transfer", "credits", Unit.CREDIT),
    _claim("invoice", "credits", Unit.CREDIT),
    _claim("conversion", "credits", Unit.CREDIT),
    _claim("conversion", "milliseconds", Unit.MILLISECOND),
    _claim("time", "time_spent", Unit.MILLISECOND),
)


class _RecordAmount(Row, frozen=True):
    entry_id: int
    id: int
    amount: int


def check_entries(transaction: Transaction) -> Findings:
    claims, chain, checked = _Claims(transaction), _Chain(), 0
    for entry_id, grouped in groupby(transaction.each(_LINES, _EntryLine), lambda line: line.id):
        lines = list(grouped)
        checked += 1
        sums, moved = Counter[str](), Counter[str]()
        for line in lines:
            sums[line.unit or ""] += line.amount or 0
            moved[line.unit or ""] += max(0, line.amount or 0)
        if any(sums.values()):
            yield Violation(f"The postings of entry {entry_id} don't sum to zero.")
        yield from chain.check(lines)
        yield from claims.check(entry_id, moved)
    yield from claims.finish()
    for stray in transaction.each(_STRAY_SEALS, RowId):
        yield Violation(f"There is a seal of entry {stray.id}, which doesn't exist.")
    yield Check(f"{several(checked, 'entry', 'entries')}, each sums to zero per unit")
    yield Check(f"the seals' chain is whole: {several(chain.length, 'seal', 'seals')}")
    yield Check(
        f"{several(claims.records, 'record', 'records')}, each points at an entry that moved what it says"
    )


class _Chain:
    """The chain of seals. Once it is broken, the seals after that can't be checked."""

    def __init__(self) -> None:
        self.length = 0
        self._last = FIRST_SEAL
        self._is_broken = False

    def check(self, lines: list[_EntryLine]) -> Findings:
        """Compare the seal of these lines' entry with the expected one."""
        if self._is_broken:
            return
        self.length += 1
        first = lines[0]
        try:
            self._last = seal(self._last, first.id, _build_entry(lines))
        except UnbalancedError:
            self._is_broken = True
        if self._is_broken or (first.position, first.hash) != (self.length, self._last):
            self._is_broken = True
            yield Violation(f"The seals' chain breaks at entry {first.id}.")


def _build_entry(lines: list[_EntryLine]) -> Entry:
    first = lines[0]
    postings = (
        Posting(BalanceId(line.balance_id), line.unit, line.amount or 0)
        for line in lines
        if line.balance_id is not None and line.unit is not None
    )
    return Entry(first.kind, first.at, tuple(postings), reverses=first.reverses_id)


class _Claims:
    def __init__(self, transaction: Transaction) -> None:
        self.records = 0
        by_kind = (_read_claims(transaction, *claim) for claim in _CLAIMS)
        self._claims = heapq.merge(*by_kind, key=lambda claim: claim.entry_id)
        self._next = next(self._claims, None)

    def check(self, entry_id: int, moved: Counter[str]) -> Findings:
        """Compare the claims about that entry with the amounts that it moved, by unit."""
        for claim in self._take_until(entry_id):
            if claim.entry_id != entry_id:
                yield _no_entry(claim)
            elif claim.amount != moved[claim.unit]:
                yield Violation(
                    f"The {claim.kind} record {claim.record_id} says {claim.amount} {claim.unit}s,"
                    " its entry moved others."
                )

    def finish(self) -> Findings:
        yield from (_no_entry(claim) for claim in self._take_until(None))

    def _take_until(self, entry_id: int | None) -> Iterator[_Claim]:
        while self._next is not None and (entry_id is None or self._next.entry_id <= entry_id):
            # A conversion has two claims, one in each unit.
            self.records += (self._next.kind, self._next.unit) != ("conversion", Unit.MILLISECOND)
            yield self._next
            self._next = next(self._claims, None)


def _read_claims(transaction: Transaction, kind: str, unit: Unit, statement: Select[Any]) -> Iterator[_Claim]:
    for record in transaction.each(statement, _RecordAmount):
        yield _Claim(record.entry_id, record.id, record.amount, kind, unit)


def _no_entry(claim: _Claim) -> Violation:
    return Violation(f"The {claim.kind} record {claim.record_id} points at no entry.")
