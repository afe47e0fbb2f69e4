"""Reading records in an order of the client's choice, and answering their totals."""

from __future__ import annotations

from typing import Any

from ewallet_core.errors.requests import BadValueError
from ewallet_core.operations.answer_data import minutes
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.sheet_kinds import SheetKind
from ewallet_core.storage.record_order import SORTS, Order

Totals = dict[str, Any]
"""The number of records, `count`, and what they sum up to, by the kind of record."""
_TIMES = frozenset({"time_spent", "time_pending", "minutes_in", "minutes_out"})


def read_order(kind: SheetKind, sort: str) -> Order:
    """The order that `sort` names; raises `BadValueError` if records of that kind have no such column."""
    order = Order.read(sort)
    if order.column not in SORTS[kind.name]:
        *others, last = sorted(SORTS[kind.name])
        raise BadValueError("sort", f"{', '.join(others)} or {last}, or one of them after a minus sign")
    return order


def read_cursor(context: AccountContext, kind: SheetKind, **place: int) -> int:
    """The id of the account's own record at a cursor; raises `BadValueError` if there is none."""
    record_id = kind.records.find_own_id(context.transaction, context.account.id, **place)
    if record_id is None:
        raise BadValueError("before", "the `next` of an earlier page, as it was answered")
    return record_id


def totals_answer(sums: dict[str, Any]) -> Totals:
    """The sums as they are answered: times in minutes, and in milliseconds beside them."""
    times = {name: value for name, value in sums.items() if name in _TIMES}
    others = {name: value for name, value in sums.items() if name not in _TIMES}
    return {**others, **minutes(**times)}
