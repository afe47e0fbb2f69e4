"""Sheets and their records: one implementation, and a description for each kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ewallet_core.actions.context import SYSTEM_CORE_ID, Context
from ewallet_core.actions.data import Data, archive, dates, minutes
from ewallet_core.actions.shapes import SheetData
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Instruction, Request, instruction
from ewallet_core.instructions.envelope import Answer, ok, timestamp
from ewallet_core.refusals.holdings import NotFound
from ewallet_core.storage.accounts import accounts
from ewallet_core.storage.sheets import (
    ConversionRecord,
    InvoiceRecord,
    Record,
    Records,
    Sheet,
    TimeRecord,
    TransferRecord,
    conversions,
    invoices,
    refunded_by,
    sheets,
    times,
    transfers,
)

DELETED_ACCOUNT = "deleted account"
DEFAULT_PAGE = 100
TOP = 2**63 - 1


class ViewList(Request, frozen=True):
    """A page of a sheet, from the newest record or from a cursor on."""

    limit: fields.PageLength = DEFAULT_PAGE
    before: fields.Cursor | None = None


class ViewRecord(Request, frozen=True):
    """One record of the user's own."""

    record_id: fields.RecordId


@dataclass(frozen=True)
class SheetKind:
    """What makes sheets of one kind what they are."""

    name: str
    owner: str
    records: Records[Any]
    active: Callable[[Context], int]
    describe: Callable[[Context, Any], Data]

    @property
    def sheet_key(self) -> str:
        """The key under which answers name the sheet."""
        return f"{self.name}_sheet"


def email_of(context: Context, account_id: int) -> str:
    """The account's email of today; an erased one has none."""
    account = accounts.require(context.transaction, id=account_id)
    return DELETED_ACCOUNT if account.state == "erased" else account.email


def _transfer(context: Context, record: TransferRecord) -> Data:
    refunded = refunded_by(context.transaction, record.id)
    return {
        "transfer_type": record.transfer_type,
        "transfer_from": email_of(context, record.from_account_id),
        "transfer_to": email_of(context, record.to_account_id),
        "credits": record.credits,
        "notes": record.notes,
        **({} if refunded is None else {"refund_of": refunded.id}),
    }


def _invoice(context: Context, record: InvoiceRecord) -> Data:
    return {
        "credits": record.credits,
        # A payment is of credits alone.
        "currency": record.currency or None,
        "cost": record.cost or None,
        "seller": record.seller_account_id,
        "seller_email": email_of(context, record.seller_account_id),
        "transfer_record": record.transfer_record_id,
        "notes": record.notes,
    }


def _conversion(_context: Context, record: ConversionRecord) -> Data:
    return {
        "conversion_type": record.conversion_type,
        **minutes(minutes=record.milliseconds),
        "credits": record.credits,
        "notes": record.notes,
    }


def _time(_context: Context, record: TimeRecord) -> Data:
    return {
        "time_start": timestamp(record.time_start),
        "time_stop": timestamp(record.time_stop),
        **minutes(time_spent=record.time_spent, time_pending=record.time_pending),
        "pending_count": record.pending_count,
    }


TRANSFER = SheetKind("transfer", "ewallet", transfers, lambda asks: asks.wallet.transfer_sheet_id, _transfer)
INVOICE = SheetKind("invoice", "ewallet", invoices, lambda asks: asks.wallet.invoice_sheet_id, _invoice)
CONVERSION = SheetKind(
    "conversion", "clock", conversions, lambda asks: asks.clock.conversion_sheet_id, _conversion
)
TIME = SheetKind("time", "clock", times, lambda asks: asks.clock.time_sheet_id, _time)

SHEET_KINDS = (TRANSFER, INVOICE, CONVERSION, TIME)


def record_data(context: Context, kind: SheetKind, record: Record) -> Data:
    """A record as answers show it."""
    return {
        "id": record.id,
        kind.sheet_key: record.sheet_id,
        "reference": record.reference,
        **dates(record),
        **kind.describe(context, record),
    }


def sheet_data(context: Context, kind: SheetKind, sheet: Sheet, asked: ViewList) -> Data:
    """A sheet and a page of its records, the newest first."""
    before = asked.before or TOP
    found = kind.records.page(context.transaction, sheet.id, before, asked.limit + 1)
    page = found[: asked.limit]
    return {
        "id": sheet.id,
        kind.owner: sheet.owner_id,
        "reference": sheet.reference,
        **dates(sheet),
        "record_count": _record_count(context, kind, sheet),
        "records": archive(page),
        "rows": [record_data(context, kind, record) for record in page],
        "next": page[-1].position if len(found) > len(page) else None,
    }


def _record_count(context: Context, kind: SheetKind, sheet: Sheet) -> int:
    if sheet.account_id != SYSTEM_CORE_ID:
        return sheet.record_count
    return kind.records.count(context.transaction, sheet.id)


def _view_list(kind: SheetKind) -> Instruction:
    @instruction(
        ViewList,
        {"action": "view", "view": kind.name, kind.name: "list"},
        changes=False,
        answers={kind.sheet_key: int, "sheet_data": SheetData},
    )
    def view_list(asked: ViewList, context: Context) -> Answer:
        """View the active sheet, a page of records at a time, the newest first."""
        sheet = sheets.require(context.transaction, id=kind.active(context))
        return ok(**{kind.sheet_key: sheet.id}, sheet_data=sheet_data(context, kind, sheet, asked))

    return view_list


def _view_record(kind: SheetKind) -> Instruction:
    @instruction(
        ViewRecord,
        {"action": "view", "view": kind.name, kind.name: "record"},
        changes=False,
        answers={kind.sheet_key: int, f"{kind.name}_record": int, "record_data": dict[str, Any]},
    )
    def view_record(asked: ViewRecord, context: Context) -> Answer:
        """View one record of the user's own."""
        record = kind.records.own(context.transaction, asked.record_id, context.account.id)
        if record is None:
            raise NotFound(f"{kind.name} record", "record_id")
        return ok(
            **{kind.sheet_key: record.sheet_id, f"{kind.name}_record": record.id},
            record_data=record_data(context, kind, record),
        )

    return view_record


VIEWS = tuple(view(kind) for kind in SHEET_KINDS for view in (_view_list, _view_record))
