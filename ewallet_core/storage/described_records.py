"""Records with all that their data in answers has, so that one statement reads a whole page of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, bindparam, select

from ewallet_core.storage import schema
from ewallet_core.storage.damage import MissingRowError
from ewallet_core.storage.invoices import SELECT_INVOICES_WITH_PARTIES, InvoiceWithParties
from ewallet_core.storage.linked_records import SELECT_TRANSFERS_WITH_LINKS, TransferWithLinks
from ewallet_core.storage.payees import Caution, caution_about
from ewallet_core.storage.sheets import (
    ContactRecord,
    ConversionRecord,
    Record,
    TimeRecord,
    contacts,
    conversions,
    page_of,
    times,
)
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import RecordType, Role


class ConversionWithClocks(ConversionRecord, frozen=True):
    """A conversion; if it moved time between own clocks, with the names that these have now."""

    from_reference: str | None
    to_reference: str | None


class ContactWithPayee(ContactRecord, frozen=True):
    """A contact with the account that has its email now, if there is one."""

    payee_id: int | None
    payee_name: str | None
    payee_email: str | None
    name_looks_like_id: int | None
    email_looks_like_id: int | None

    @property
    def caution(self) -> Caution | None:
        """Why the payee can be mistaken for another account."""
        if self.payee_name is None or self.payee_email is None:
            return None
        return caution_about(
            self.payee_name, self.payee_email, self.name_looks_like_id, self.email_looks_like_id
        )


_conversion, _contact = schema.conversion_records.c, schema.contact_records.c
_from_clock, _to_clock = schema.clocks.alias("from_clock"), schema.clocks.alias("to_clock")
_payee = schema.accounts.alias("payee")
_CONVERSIONS = (
    select(*conversions.columns, _from_clock.c.reference, _to_clock.c.reference)
    .outerjoin_from(schema.conversion_records, _from_clock, _from_clock.c.id == _conversion.from_clock_id)
    .outerjoin(_to_clock, _to_clock.c.id == _conversion.to_clock_id)
)
_CONTACTS = select(
    *contacts.columns,
    _payee.c.id,
    _payee.c.name,
    _payee.c.email,
    _payee.c.name_looks_like_id,
    _payee.c.email_looks_like_id,
).outerjoin_from(
    schema.contact_records,
    _payee,
    (_payee.c.email_key == _contact.email_key) & (_payee.c.role != Role.ISSUER),
)

R = TypeVar("R", bound=Record)


class DescribedRecords(Generic[R]):
    """The records of one type; `statement` reads them as `R`, and has as yet no condition and no order."""

    def __init__(self, kind: RecordType, row_type: type[R], statement: Select[Any]) -> None:
        self.table = schema.metadata.tables[f"{kind}_records"]
        self.row_type = row_type
        self.statement = statement
        self._by_id = statement.where(self.table.c.id == bindparam("record_id"))
        self._page = page_of(statement, self.table)
        self._removed_page = page_of(statement, self.table, removed=True)

    def page(self, transaction: Transaction, sheet_id: int, before: int, most: int) -> list[R]:
        """At most `most` records of the sheet below position `before`, the newest first."""
        return transaction.all(self._page, self.row_type, sheet_id=sheet_id, before=before, most=most)

    def removed_page(self, transaction: Transaction, sheet_id: int, before: int, most: int) -> list[R]:
        """As `page`, of the records that were unlinked."""
        return transaction.all(self._removed_page, self.row_type, sheet_id=sheet_id, before=before, most=most)

    def complete(self, transaction: Transaction, record: Record) -> R:
        """The record, which is read again unless it was read by this statement."""
        if isinstance(record, self.row_type):
            return record
        found = transaction.one(self._by_id, self.row_type, record_id=record.id)
        if found is None:
            raise MissingRowError(f"no row in {self.table.name} with id {record.id}")
        return found


DESCRIBED: Mapping[RecordType, DescribedRecords[Any]] = {
    kind: DescribedRecords(kind, row_type, statement)
    for kind, row_type, statement in (
        (RecordType.TRANSFER, TransferWithLinks, SELECT_TRANSFERS_WITH_LINKS),
        (RecordType.INVOICE, InvoiceWithParties, SELECT_INVOICES_WITH_PARTIES),
        (RecordType.CONVERSION, ConversionWithClocks, _CONVERSIONS),
        (RecordType.TIME, TimeRecord, select(*times.columns)),
        (RecordType.CONTACT, ContactWithPayee, _CONTACTS),
    )
}
