"""What the checks of the database report, and how they find faulty rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, FromClause, Select, case, literal, select

from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Violation:
    """Something wrong in the database, in one sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Check:
    """What was checked, and how much of it. It holds unless violations came before."""

    line: str


Findings = Iterator[Violation | Check]


def several(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


class _Fault(Row, frozen=True):
    what: str
    id: int
    fault: str


def select_faulty(
    what: str, number: ColumnElement[Any], rows: FromClause, *faults: tuple[ColumnElement[bool], str]
) -> Select[Any]:
    """The rows with one of these faults. A condition that is NULL is not met."""
    fault = case(*faults)
    return (
        select(literal(what).label("what"), number.label("id"), fault.label("fault"))
        .select_from(rows)
        .where(fault.is_not(None))
    )


def report_faulty(transaction: Transaction, statement: CompoundSelect[Any]) -> Findings:
    """A violation for each row that a union of `select_faulty` statements finds."""
    for fault in transaction.each(statement, _Fault):
        yield Violation(f"{fault.what} {fault.id} {fault.fault}.")
