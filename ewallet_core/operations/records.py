"""The account's own sheets and records: lookup, answers, and what is left to refund."""

from __future__ import annotations

from typing import Any

from ewallet_core.errors.credits import AlreadyRefundedError, NotAPaymentError, NotFoundError
from ewallet_core.instructions.envelope import Answer, success
from ewallet_core.ledger.journal import EntryKind
from ewallet_core.operations.context import AccountContext, Context
from ewallet_core.operations.movements import INCOMING
from ewallet_core.operations.sheet_kinds import SheetKind, record_data
from ewallet_core.storage.journal import entries, sum_refunds
from ewallet_core.storage.sheets import Record, Sheet, TransferRecord, sheets
from ewallet_core.storage.transaction import Transaction


def left_to_refund(transaction: Transaction, record: TransferRecord) -> int | None:
    """How many of a received payment's credits may still be given back; None where it is no such payment."""
    entry = entries.require(transaction, id=record.entry_id)
    if record.transfer_type != INCOMING or entry.kind != EntryKind.PAYMENT:
        return None
    return record.credits - sum_refunds(transaction, record.entry_id)


def _left_of(context: Context, payment: TransferRecord) -> int:
    left = left_to_refund(context.transaction, payment)
    if left is None:
        raise NotAPaymentError
    if left == 0:
        raise AlreadyRefundedError
    return left


def own_sheet(context: AccountContext, kind: SheetKind, sheet_id: int | None, field: str) -> Sheet:
    """The account's sheet of that kind and id, or the active one; raises `NotFoundError`, which names `field`."""
    own = {"account_id": context.account.id, "kind": kind.name}
    found = sheets.find(context.transaction, id=sheet_id or kind.active(context), **own)
    if found is None:
        raise NotFoundError(kind.title, field)
    return found


def unlink_sheet(context: Context, kind: SheetKind, sheet: Sheet) -> None:
    """Take a sheet away with all its records."""
    kind.records.unlink_all(context.transaction, sheet.id, context.now)
    sheets.change(
        context.transaction, sheet.id, unlinked_at=context.now, record_count=0, written_at=context.now
    )


def own_record(context: AccountContext, kind: SheetKind, record_id: int, field: str = "record_id") -> Any:
    """The account's record of that kind and id; raises `NotFoundError`, which names `field`."""
    record = kind.records.own(context.transaction, record_id, context.account.id)
    if record is None:
        raise NotFoundError(kind.record_key.replace("_", " "), field)
    return record


def record_answer(context: Context, kind: SheetKind, record: Record) -> Answer:
    """What is answered of one record."""
    return success(
        **{kind.sheet_key: record.sheet_id, kind.record_key: record.id},
        record_data=record_data(context, kind, record),
    )


def record_answers(kind: SheetKind) -> dict[str, Any]:
    """The keys of what is answered of one record."""
    return {kind.sheet_key: int, kind.record_key: int, "record_data": dict[str, Any]}


def the_record(kind: SheetKind, verb: str) -> dict[str, str]:
    """The selectors of a verb for one record."""
    return {"action": verb, verb: str(kind.name), str(kind.name): "record"}
