"""Linked records: a transfer, its invoice, the payment that it refunds, and its refunds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, bindparam, select

from ewallet_core.ledger.journal import EntryKind
from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import RecordType

MOST_LINKED = 100
"""The most records per relation: a payment may have one refund for each credit."""


class _Referenced(Row, frozen=True):
    id: int
    reference: str


class LinkedRecord(NamedTuple):
    """A record of the same account, and its relation to the record that it is linked to."""

    relation: str
    kind: RecordType
    id: int
    reference: str


_entry, _sheet = schema.entries.c, schema.sheets.c
_is_same = _entry.id == bindparam("entry_id")
_is_refunded = _entry.id == select(_entry.reverses_id).where(_is_same).correlate(None).scalar_subquery()
_is_refund = (_entry.reverses_id == bindparam("entry_id")) & (_entry.kind == EntryKind.REFUND)


def _select_own(records: Table, condition: ColumnElement[bool]) -> Select[Any]:
    """The account's own records of the entries that meet the condition, the newest first."""
    record = records.c
    return (
        select(record.id, record.reference)
        .select_from(schema.entries)
        .join(records, record.entry_id == _entry.id)
        # By the sheet's account: an index on the record's account would lead through all of its records.
        .join(schema.sheets, _sheet.id == record.sheet_id)
        .where(condition, _sheet.account_id == bindparam("account_id"), record.unlinked_at.is_(None))
        .order_by(_entry.id.desc())
        .limit(MOST_LINKED)
    )


# By record type: the relation, the type of the other record, and the statement that finds it.
LINKS: dict[RecordType, tuple[tuple[str, RecordType, Select[Any]], ...]] = {
    RecordType.TRANSFER: (
        ("invoice", RecordType.INVOICE, _select_own(schema.invoice_records, _is_same)),
        ("refund_of", RecordType.TRANSFER, _select_own(schema.transfer_records, _is_refunded)),
        ("refunded_by", RecordType.TRANSFER, _select_own(schema.transfer_records, _is_refund)),
    ),
    RecordType.INVOICE: (("transfer", RecordType.TRANSFER, _select_own(schema.transfer_records, _is_same)),),
}


def find_linked_records(
    transaction: Transaction, kind: RecordType, entry_id: int | None, account_id: int
) -> Iterator[LinkedRecord]:
    """The account's own records that are linked to its record of that kind and journal entry."""
    for relation, other, statement in LINKS.get(kind, ()):
        for found in transaction.all(statement, _Referenced, entry_id=entry_id, account_id=account_id):
            yield LinkedRecord(relation, other, found.id, found.reference)


class Refunded(Row, frozen=True):
    """The same account's record of a refunded payment; None if it was unlinked."""

    id: int | None


_refund = schema.transfer_records.alias("refund")
_paid = schema.transfer_records.alias("paid")
_REFUNDED_BY = (
    select(_paid.c.id)
    .select_from(_refund)
    .join(schema.entries, schema.entries.c.id == _refund.c.entry_id)
    .outerjoin(
        _paid,
        (_paid.c.entry_id == schema.entries.c.reverses_id)
        & (_paid.c.account_id == _refund.c.account_id)
        & _paid.c.unlinked_at.is_(None),
    )
    .where(_refund.c.id == bindparam("record_id"), schema.entries.c.reverses_id.is_not(None))
)


def refunded_by(transaction: Transaction, record_id: int) -> Refunded | None:
    """The payment that a transfer record refunds; None if the record is not of a refund."""
    return transaction.one(_REFUNDED_BY, Refunded, record_id=record_id)
