"""What the checks of the database report, and how they find faulty rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, FromClause, Select, case, literal, null, select

from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import RecordType


@dataclass(frozen=True, slots=True)
class Violation:
    """Something wrong in the database, in one sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Check:
    """What was checked, and how much of it. It holds unless violations came before."""

    line: str


Finding = Violation | Check
Findings = Iterator[Finding]


FOLLOWED_TABLES = {
    "entries",
    "postings",
    "seals",
    "time_segments",
    *(f"{kind}_records" for kind in RecordType if kind is not RecordType.CONTACT),
}
"""The longest tables; the checks of their subjects follow each of their foreign keys."""


def several(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


Fault = tuple[ColumnElement[bool], str | ColumnElement[str]]
"""What is wrong with a row, and what its sentence says of it."""


class _FaultyRow(Row, frozen=True):
    what: str
    id: int
    fault: str | None
    also: str | None


def select_faulty(
    what: str, number: ColumnElement[Any], rows: FromClause, *faults: Fault, also: Sequence[Fault] = ()
) -> Select[Any]:
    """The rows with one of these faults, or `also` one of those. A condition that is NULL is not met."""
    fault, other = case(*faults), case(*also) if also else null()
    return (
        select(literal(what).label("what"), number.label("id"), fault.label("fault"), other.label("also"))
        .select_from(rows)
        .where(fault.is_not(None) | other.is_not(None) if also else fault.is_not(None))
    )


def report_faulty(transaction: Transaction, statement: CompoundSelect[Any]) -> Findings:
    """A violation for each fault of the rows that a union of `select_faulty` statements finds."""
    for row in transaction.each(statement, _FaultyRow):
        for fault in (row.fault, row.also):
            if fault is not None:
                yield Violation(f"{row.what} {row.id} {fault}.")
