"""Checks sheets against their records: how many there are, their positions, and whose they are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select, union_all

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import (
    Check,
    Findings,
    Violation,
    report_faulty,
    select_faulty,
    several,
)
from ewallet_core.types import RecordType, Role

_sheet, _account = schema.sheets.c, schema.accounts.c


class _SheetLine(Row, frozen=True):
    """A sheet, and its records: those that are not unlinked, all of them, and the highest position."""

    id: int
    kind: RecordType
    role: str | None
    record_count: int
    last_position: int
    linked: int
    placed: int
    highest: int


def _lines(kind: RecordType) -> Select[Any]:
    record = schema.metadata.tables[f"{kind}_records"].c
    # All records are counted by their index alone, and the unlinked ones, which are few, in one pass. With
    # `+ 0`, SQLite reads them in their own order, and not by the index.
    sheet_id = (record.sheet_id + 0).label("sheet_id")
    unlinked = (
        select(sheet_id, func.count().label("records"))
        .where(record.unlinked_at.is_not(None))
        .group_by(sheet_id)
        .subquery("unlinked")
    )
    is_on_it = record.sheet_id == _sheet.id
    count = select(func.count()).where(is_on_it).scalar_subquery()
    highest = select(func.coalesce(func.max(record.position), 0)).where(is_on_it).scalar_subquery()
    return (
        select(
            _sheet.id,
            _sheet.kind,
            _account.role,
            _sheet.record_count,
            _sheet.last_position,
            count - func.coalesce(unlinked.c.records, 0),
            count,
            highest,
        )
        .outerjoin_from(schema.sheets, schema.accounts, _account.id == _sheet.account_id)
        .outerjoin(unlinked, unlinked.c.sheet_id == _sheet.id)
        .where(_sheet.kind == kind)
        .order_by(_sheet.id)
    )


_contact = schema.contact_records
# The others are compared with their sheets where they are compared with their entries.
_MISPLACED = union_all(
    select_faulty(
        "The contact record",
        _contact.c.id,
        _contact.outerjoin(
            schema.sheets, (_sheet.id == _contact.c.sheet_id) & (_sheet.kind == RecordType.CONTACT)
        ),
        (_sheet.id.is_(None), "is on no contact sheet"),
        (_sheet.account_id != _contact.c.account_id, "is not of its sheet's account"),
    )
)
_LINES = tuple(_lines(kind) for kind in RecordType)


def check_sheets(transaction: Transaction) -> Findings:
    yield from report_faulty(transaction, _MISPLACED)
    sheets = 0
    for lines in _LINES:
        for sheet in transaction.each(lines, _SheetLine):
            sheets += 1
            yield from _check_sheet(sheet)
    yield Check(f"{several(sheets, 'sheet', 'sheets')}, each counts its records and holds its account's")


def _check_sheet(sheet: _SheetLine) -> Findings:
    # The issuer's sheets have no counts, so that supplies don't wait for each other.
    if sheet.role == Role.ISSUER:
        return
    if sheet.linked != sheet.record_count:
        yield Violation(
            f"Sheet {sheet.id} counts {sheet.record_count} records, and {sheet.linked} are on it."
        )
    if sheet.highest > sheet.last_position:
        yield Violation(
            f"Sheet {sheet.id} ends at position {sheet.last_position}, and a record is at {sheet.highest}."
        )
    # Only contacts are ever deleted. With no position below 1, the others are at each once.
    elif sheet.kind is not RecordType.CONTACT and sheet.placed != sheet.last_position:
        yield Violation(
            f"Sheet {sheet.id} ends at position {sheet.last_position}, and has {sheet.placed} records."
        )
