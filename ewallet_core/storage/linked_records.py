"""What a record is linked to: its invoice, its payment and its refunds, and a transfer's parties."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Table, bindparam, select

from ewallet_core.ledger.journal import EntryKind
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import AccountStatus
from ewallet_core.storage.damage import MissingRowError
from ewallet_core.storage.rows import Row
from ewallet_core.storage.sheets import TransferRecord, transfers
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


_sheet, _entry = schema.sheets.c, schema.entries.c
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
    RecordType.INVOICE: (
        ("transfer", RecordType.TRANSFER, _select_own(schema.transfer_records, _is_same)),
        ("refunded_by", RecordType.TRANSFER, _select_own(schema.transfer_records, _is_refund)),
    ),
}


def find_linked_records(
    transaction: Transaction, kind: RecordType, entry_id: int | None, account_id: int
) -> Iterator[LinkedRecord]:
    """The account's own records that are linked to its record of that kind and journal entry."""
    for relation, other, statement in LINKS.get(kind, ()):
        for found in transaction.all(statement, _Referenced, entry_id=entry_id, account_id=account_id):
            yield LinkedRecord(relation, other, found.id, found.reference)


class TransferWithLinks(TransferRecord, frozen=True):
    """A transfer record with both parties, the account's own record of the payment that it refunds, and the
    names that its wallets have now.

    `reverses_id` is the entry of that payment, None unless this is a refund; `refund_of` is None too if that
    record was unlinked.
    """

    from_email: str
    from_state: AccountStatus
    to_email: str
    to_state: AccountStatus
    reverses_id: int | None
    refund_of: int | None
    from_reference: str | None
    to_reference: str | None


_record = schema.transfer_records.c
_sender, _recipient = schema.accounts.alias("sender"), schema.accounts.alias("recipient")
_paid = schema.transfer_records.alias("paid")
_from_wallet, _to_wallet = schema.ewallets.alias("from_wallet"), schema.ewallets.alias("to_wallet")

SELECT_TRANSFERS_WITH_LINKS = (
    select(
        *transfers.columns,
        _sender.c.email,
        _sender.c.state,
        _recipient.c.email,
        _recipient.c.state,
        _entry.reverses_id,
        _paid.c.id,
        _from_wallet.c.reference,
        _to_wallet.c.reference,
    )
    .select_from(schema.transfer_records)
    .join(_sender, _sender.c.id == _record.from_account_id)
    .join(_recipient, _recipient.c.id == _record.to_account_id)
    .join(schema.entries, _entry.id == _record.entry_id)
    .outerjoin(
        _paid,
        (_paid.c.entry_id == _entry.reverses_id)
        & (_paid.c.account_id == _record.account_id)
        & _paid.c.unlinked_at.is_(None),
    )
    .outerjoin(_from_wallet, _from_wallet.c.id == _record.from_ewallet_id)
    .outerjoin(_to_wallet, _to_wallet.c.id == _record.to_ewallet_id)
)
_ONE_WITH_LINKS = SELECT_TRANSFERS_WITH_LINKS.where(_record.id == bindparam("record_id"))


def read_transfer_with_links(transaction: Transaction, record_id: int) -> TransferWithLinks:
    """The transfer record of that id, which exists."""
    found = transaction.one(_ONE_WITH_LINKS, TransferWithLinks, record_id=record_id)
    if found is None:
        raise MissingRowError(f"no transfer record {record_id}")
    return found
