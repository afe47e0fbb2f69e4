"""Lookup of the account's own sheets and records, their order, answers about them, and refunds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ewallet_core.errors.credits import NotFoundError
from ewallet_core.errors.requests import BadValueError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.ledger.journal import EntryKind
from ewallet_core.operations.answer_data import minutes
from ewallet_core.operations.context import AccountContext, Context
from ewallet_core.operations.movements import INCOMING
from ewallet_core.operations.ownership import record_change
from ewallet_core.operations.sheet_kinds import SheetKind, record_data
from ewallet_core.storage.journal import entries, sum_refunds
from ewallet_core.storage.record_order import SORTS, Order
from ewallet_core.storage.sheets import Record, Sheet, TransferRecord, sheets
from ewallet_core.storage.transaction import Transaction

Totals = dict[str, Any]
"""The number of records, `count`, and what they sum up to, by the kind of record."""
_TIMES = frozenset({"time_spent", "time_pending", "minutes_in", "minutes_out"})


def left_to_refund(transaction: Transaction, record: TransferRecord) -> int | None:
    """How many credits of a received payment may still be refunded; None if it is not a received payment."""
    entry = entries.require(transaction, id=record.entry_id)
    if record.transfer_type != INCOMING or entry.kind != EntryKind.PAYMENT:
        return None
    return record.credits - sum_refunds(transaction, record.entry_id)


def own_sheet(context: AccountContext, kind: SheetKind, sheet_id: int | None, field: str) -> Sheet:
    """The account's sheet of that kind and id, or the active one; raises `NotFoundError` about `field`."""
    own = {"account_id": context.account.id, "kind": kind.name}
    found = sheets.find(context.transaction, id=sheet_id or kind.active(context), **own)
    if found is None:
        raise NotFoundError(kind.title, field)
    return found


def unlink_sheet(context: Context, kind: SheetKind, sheet: Sheet) -> None:
    kind.records.unlink_all(context.transaction, sheet.id, context.now)
    sheets.change(
        context.transaction, sheet.id, unlinked_at=context.now, record_count=0, written_at=context.now
    )


def own_record(
    context: AccountContext,
    kind: SheetKind,
    record_id: int,
    field: str = "record_id",
    *,
    or_removed: bool = False,
) -> Any:
    """The account's record of that kind and id; raises `NotFoundError` about `field`."""
    find = kind.records.own_or_removed if or_removed else kind.records.own
    record = find(context.transaction, record_id, context.account.id)
    if record is None:
        raise NotFoundError(kind.record_key.replace("_", " "), field)
    return record


def record_answer(context: Context, kind: SheetKind, record: Record) -> Answer:
    data = record_data(context, kind, record)
    return {kind.sheet_key: record.sheet_id, kind.record_key: record.id, "record_data": data}


def edit_record(
    context: AccountContext,
    kind: SheetKind,
    record: Record,
    payee: Mapping[str, int | str | None] | None = None,
    **requested: str | None,
) -> Answer:
    """Change these columns of a record, except those that are None, and the payee of a contact."""
    changes = {name: value for name, value in requested.items() if value is not None} | dict(payee or {})
    names = {*requested, *changes, *kind.records.searched}
    before = {name: getattr(record, name) for name in names}
    edited = before | changes
    if edited != before:
        kind.records.change(
            context.transaction,
            record.id,
            **edited,
            search_key=kind.records.search_key(edited),
            written_at=context.now,
        )
        sheets.change(context.transaction, record.sheet_id, written_at=context.now)
        record_change(context, f"{kind.name} record", record.id, "edited")
    return record_answer(context, kind, own_record(context, kind, record.id))


def record_answers(kind: SheetKind) -> dict[str, Any]:
    return {kind.sheet_key: int, kind.record_key: int, "record_data": dict[str, Any]}


def the_record(kind: SheetKind, verb: str) -> dict[str, str]:
    return {"action": verb, verb: str(kind.name), str(kind.name): "record"}


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
