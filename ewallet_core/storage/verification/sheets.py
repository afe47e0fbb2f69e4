"""Checks sheets against their records: how many there are, their positions, and whose they are.

Sheets are read once with their records in order, so one sheet at a time is in memory."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from sqlalchemy import Select, and_, select

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, RowId
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Findings, Violation, several
from ewallet_core.types import RecordType, Role

_sheet = schema.sheets


class _SheetLine(Row, frozen=True):
    id: int
    account_id: int
    role: str | None
    record_count: int
    last_position: int
    record_id: int | None
    position: int | None
    records_account: int | None
    unlinked_at: int | None


_account = schema.accounts


def _lines(kind: RecordType) -> Select[Any]:
    record = schema.metadata.tables[f"{kind}_records"]
    return (
        select(
            _sheet.c.id,
            _sheet.c.account_id,
            _account.c.role,
            _sheet.c.record_count,
            _sheet.c.last_position,
            record.c.id,
            record.c.position,
            record.c.account_id,
            record.c.unlinked_at,
        )
        .outerjoin_from(_sheet, _account, _account.c.id == _sheet.c.account_id)
        .outerjoin(record, record.c.sheet_id == _sheet.c.id)
        .where(_sheet.c.kind == kind)
        .order_by(_sheet.c.id, record.c.position)
    )


def _strays(kind: RecordType) -> Select[Any]:
    record = schema.metadata.tables[f"{kind}_records"]
    is_sheet = and_(_sheet.c.id == record.c.sheet_id, _sheet.c.kind == kind)
    return (
        select(record.c.id)
        .outerjoin_from(record, _sheet, is_sheet)
        .where(_sheet.c.id.is_(None))
        .order_by(record.c.id)
    )


_BY_KIND = tuple((kind, _lines(kind), _strays(kind)) for kind in RecordType)


def check_sheets(transaction: Transaction) -> Findings:
    sheets = 0
    for kind, lines, strays in _BY_KIND:
        for _, of_sheet in groupby(transaction.each(lines, _SheetLine), lambda line: line.id):
            sheets += 1
            yield from _check_sheet(kind, of_sheet)
        for stray in transaction.each(strays, RowId):
            yield Violation(f"The {kind} record {stray.id} is on no {kind} sheet.")
    yield Check(f"{several(sheets, 'sheet', 'sheets')}, each counts its records and holds its account's")


def _check_sheet(kind: RecordType, lines: Iterable[_SheetLine]) -> Findings:
    linked, highest = 0, 0
    for line in lines:
        if line.record_id is None:
            continue
        linked += line.unlinked_at is None
        highest = max(highest, line.position or 0)
        if line.records_account != line.account_id:
            yield Violation(f"The {kind} record {line.record_id} is not of its sheet's account.")
    # The issuer's sheets have no counts, so that supplies don't wait for each other.
    if line.role == Role.ISSUER:
        return
    if linked != line.record_count:
        yield Violation(f"Sheet {line.id} counts {line.record_count} records, and {linked} are on it.")
    if highest > line.last_position:
        yield Violation(
            f"Sheet {line.id} ends at position {line.last_position}, and a record is at {highest}."
        )
