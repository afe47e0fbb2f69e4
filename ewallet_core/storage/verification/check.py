"""The check of the whole ledger: what is proved, and what is reported when it does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, literal, select, union_all

from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Violation:
    """Something in the database that can't be true, in a sentence."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Check:
    """What was checked, how much of it, and that it is true unless a lie was told before."""

    line: str


Findings = Iterator[Violation | Check]


def several(number: int, one: str, many: str) -> str:
    """The number with its noun, as people write it."""
    return f"{number:,} {one if number == 1 else many}"


class _Fault(Row, frozen=True):
    """What the row is called, its number, and what is wrong with it."""

    what: str
    id: int
    fault: str


def faulty(
    what: str,
    number: ColumnElement[Any],
    rows: FromClause,
    *faults: tuple[ColumnElement[bool], str],
) -> Select[Any]:
    """The rows with one of these faults; where a condition is unknown, the row has not that one."""
    fault = case(*faults)
    return (
        select(literal(what).label("what"), number.label("id"), fault.label("fault"))
        .select_from(rows)
        .where(fault.is_not(None))
    )


class Faults:
    """Several kinds of faulty rows, asked for at once."""

    def __init__(self, *kinds: Select[Any]) -> None:
        self._statement = union_all(*kinds)

    def found(self, transaction: Transaction) -> Findings:
        """A sentence for each."""
        for fault in transaction.each(self._statement, _Fault):
            yield Violation(f"{fault.what} {fault.id} {fault.fault}.")
