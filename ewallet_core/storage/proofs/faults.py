"""Rows that can't be true, found by the database itself: each with the first thing that is wrong with it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, case, literal, select, union_all

from ewallet_core.storage.proofs.findings import Findings, Lie
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction


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
            yield Lie(f"{fault.what} {fault.id} {fault.fault}.")
