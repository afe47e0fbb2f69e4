"""Records that belong together: a transfer, its invoice, the payment it refunds, and its refunds."""

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
"""How many records of one relation are named at most: a payment may be given back credit by credit."""


class _Referenced(Row, frozen=True):
    id: int
    reference: str


class LinkedRecord(NamedTuple):
    """A record of the same account, and what it is to the record that it is linked to."""

    relation: str
    kind: RecordType
    id: int
    reference: str


_entry, _sheet = schema.entries.c, schema.sheets.c
_is_same = _entry.id == bindparam("entry_id")
_is_given_back = _entry.id == select(_entry.reverses_id).where(_is_same).correlate(None).scalar_subquery()
_gives_back = (_entry.reverses_id == bindparam("entry_id")) & (_entry.kind == EntryKind.REFUND)


def _own_of(records: Table, is_wanted: ColumnElement[bool]) -> Select[Any]:
    """The account's own records of the wanted entries that are still on a sheet, the newest first."""
    record = records.c
    return (
        select(record.id, record.reference)
        .select_from(schema.entries)
        .join(records, record.entry_id == _entry.id)
        # The sheet says whose it is: the record's own account would lead through all that the account has.
        .join(schema.sheets, _sheet.id == record.sheet_id)
        .where(is_wanted, _sheet.account_id == bindparam("account_id"), record.unlinked_at.is_(None))
        .order_by(_entry.id.desc())
        .limit(MOST_LINKED)
    )


# Of each kind that is linked to others: the relation, the other's kind, and how it is found.
LINKS: dict[RecordType, tuple[tuple[str, RecordType, Select[Any]], ...]] = {
    RecordType.TRANSFER: (
        ("invoice", RecordType.INVOICE, _own_of(schema.invoice_records, _is_same)),
        ("refund_of", RecordType.TRANSFER, _own_of(schema.transfer_records, _is_given_back)),
        ("refunded_by", RecordType.TRANSFER, _own_of(schema.transfer_records, _gives_back)),
    ),
    RecordType.INVOICE: (("transfer", RecordType.TRANSFER, _own_of(schema.transfer_records, _is_same)),),
}


def find_linked_records(
    transaction: Transaction, kind: RecordType, entry_id: int | None, account_id: int
) -> Iterator[LinkedRecord]:
    """The account's own records that are linked to its record of that kind and journal entry."""
    for relation, other, statement in LINKS.get(kind, ()):
        for found in transaction.all(statement, _Referenced, entry_id=entry_id, account_id=account_id):
            yield LinkedRecord(relation, other, found.id, found.reference)


class Refunded(Row, frozen=True):
    """The record of the payment that a refund gives back, on the same side; None where it was unlinked."""

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
    """Which record of the same account a transfer record gives back; None unless it is of a refund."""
    return transaction.one(_REFUNDED_BY, Refunded, record_id=record_id)
