"""Ledger sheets and contact lists, and the records on them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import BindParameter, Select, Table, bindparam, func, select

from ewallet_core.storage import schema
from ewallet_core.storage.rows import ABOVE_ALL_IDS, Row, Rows
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import RecordType, user_key


class Sheet(Row, frozen=True):
    """A sheet or contact list. Depending on its kind, the owner is a wallet, a clock or an account."""

    id: int
    account_id: int
    kind: RecordType
    owner_id: int
    reference: str
    last_position: int
    record_count: int
    created_at: int
    written_at: int


class Record(Row, frozen=True):
    id: int
    sheet_id: int
    position: int
    reference: str
    created_at: int
    written_at: int


class TransferRecord(Record, frozen=True):
    """A transfer; both wallets are noted only if it was between the account's own."""

    entry_id: int
    transfer_type: str
    from_account_id: int
    to_account_id: int
    credits: int
    notes: str
    private_notes: str
    from_ewallet_id: int | None
    to_ewallet_id: int | None


class InvoiceRecord(Record, frozen=True):
    """A purchase of credits; `cost` is decimal text."""

    entry_id: int
    transfer_record_id: int
    seller_account_id: int
    credits: int
    currency: str
    cost: str
    notes: str
    seller_name: str | None
    seller_email: str | None
    buyer_name: str | None
    buyer_email: str | None


class ConversionRecord(Record, frozen=True):
    """A conversion, or time that was moved between the account's own clocks: then it has no credits."""

    entry_id: int
    conversion_type: str
    milliseconds: int
    credits: int
    notes: str
    from_clock_id: int | None
    to_clock_id: int | None


class ContactRecord(Record, frozen=True):
    name: str
    email: str
    phone: str
    notes: str
    payee_account_id: int | None
    email_key: str


class TimeRecord(Record, frozen=True):
    entry_id: int
    time_start: int
    time_stop: int
    time_spent: int
    time_pending: int
    pending_count: int
    notes: str
    tags: str


R = TypeVar("R", bound=Record)

PARTY_END = "\x1f"
"""Ends the other party's name and email in the search text of an invoice, so that erasing them finds it."""

sheets = Rows(schema.sheets, Sheet)


class Place(NamedTuple):
    """Where a record goes: its sheet, the account of both, and the position on the sheet."""

    sheet_id: int
    account_id: int
    position: int


_sheet = schema.sheets.c


@cache
def _places_on(sheet_count: int) -> Select[Any]:
    """Where the last record is on each of so many sheets."""
    ids: list[BindParameter[int]] = [bindparam(f"sheet_{number}") for number in range(sheet_count)]
    return select(_sheet.id, _sheet.account_id, _sheet.last_position).where(_sheet.id.in_(ids))


# In SQLite a RETURNING costs more than to read the sheets first, which others can't change meanwhile.
_COUNT = (
    schema.sheets.update()
    .where(_sheet.id == bindparam("sheet_id"))
    .values(
        last_position=_sheet.last_position + 1,
        record_count=_sheet.record_count + 1,
        written_at=bindparam("now"),
    )
)


def next_places(transaction: Transaction, sheet_ids: Collection[int], now: int) -> dict[int, Place]:
    """The place of the next record on each of these sheets, which count it."""
    values = {f"sheet_{number}": sheet_id for number, sheet_id in enumerate(sheet_ids)}
    found = transaction.run(_places_on(len(sheet_ids)), **values).fetchall()
    transaction.run_many(_COUNT, [{"sheet_id": sheet_id, "now": now} for sheet_id in sheet_ids])
    return {sheet_id: Place(sheet_id, account_id, last + 1) for sheet_id, account_id, last in found}


_ADD_TO_COUNT = (
    schema.sheets.update()
    .where(_sheet.id == bindparam("sheet_id"))
    .values(record_count=_sheet.record_count + bindparam("more"), written_at=bindparam("now"))
)


def page_of(statement: Select[Any], records: Table, *, removed: bool = False) -> Select[Any]:
    """At most `most` of the records that the statement finds, on one sheet below position `before`.

    Pages are keyed by position, so every page of a long sheet costs the same.
    """
    record = records.c
    is_listed = record.unlinked_at.is_not(None) if removed else record.unlinked_at.is_(None)
    return (
        statement.where(
            record.sheet_id == bindparam("sheet_id"), record.position < bindparam("before"), is_listed
        )
        .order_by(record.position.desc())
        .limit(bindparam("most"))
    )


class Records(Rows[R]):
    """The records of one type; a search finds them by their reference and the `searched` columns."""

    def __init__(self, kind: RecordType, row_type: type[R], *searched: str) -> None:
        super().__init__(schema.metadata.tables[f"{kind}_records"], row_type)
        self.kind = kind
        self._word = kind.capitalize()
        self.searched = ("reference", *searched)
        record = self.table.c
        on_sheet = (record.sheet_id == bindparam("sheet_id")) & record.unlinked_at.is_(None)
        self._page = page_of(select(*self.columns), self.table)
        nth = select(record.position).where(on_sheet).limit(1).offset(bindparam("others"))
        self._nth_newest = nth.order_by(record.position.desc())
        self._nth_oldest = nth.order_by(record.position)
        self._unlink_all = (
            self.table.update()
            .where(on_sheet)
            .values(unlinked_at=bindparam("now"), written_at=bindparam("now"))
        )
        self._count_linked = select(func.count()).where(on_sheet)
        self._own_or_removed = (
            select(*self.columns)
            .join(schema.sheets, _sheet.id == record.sheet_id)
            .where(record.id == bindparam("record_id"), _sheet.account_id == bindparam("account_id"))
        )
        self._own_id: Callable[..., Select[Any]] = cache(self._build_own_id)
        self._own = self._own_or_removed.where(record.unlinked_at.is_(None))

    def append(self, transaction: Transaction, sheet_id: int, now: int, **values: Any) -> int:
        """Add a record to the sheet; returns its id."""
        return self.put(transaction, next_places(transaction, [sheet_id], now)[sheet_id], now, **values)

    def put(self, transaction: Transaction, place: Place, now: int, **values: Any) -> int:
        """Add a record at that place, which the sheet has counted; returns its id."""
        values["sheet_id"], values["account_id"], values["position"] = place
        values.setdefault("reference", f"{self._word} {place.position}")
        values["created_at"] = values["written_at"] = now
        values["search_key"] = self.search_key(values)
        return transaction.insert(self._insert(*values), values)

    def search_key(self, values: Mapping[str, Any]) -> str:
        """The text by which a search finds a record with these values."""
        return user_key(" ".join([values.get(name, "") for name in self.searched]))

    def unlink(self, transaction: Transaction, record: Record, now: int) -> None:
        self.change(transaction, record.id, unlinked_at=now, written_at=now)
        transaction.run(_ADD_TO_COUNT, sheet_id=record.sheet_id, more=-1, now=now)

    def restore(self, transaction: Transaction, record: Record, now: int) -> None:
        """Put an unlinked record back where it was."""
        self.change(transaction, record.id, unlinked_at=None, written_at=now)
        transaction.run(_ADD_TO_COUNT, sheet_id=record.sheet_id, more=1, now=now)

    def unlink_all(self, transaction: Transaction, sheet_id: int, now: int) -> None:
        transaction.run(self._unlink_all, sheet_id=sheet_id, now=now)

    def page(self, transaction: Transaction, sheet_id: int, before: int, most: int) -> list[R]:
        """At most `most` records below position `before`, the newest first."""
        return transaction.all(self._page, self.row_type, sheet_id=sheet_id, before=before, most=most)

    def below_newest(self, transaction: Transaction, sheet: Sheet, count: int, newest: int) -> int:
        """The position below which are all of the sheet's `count` records except the `newest`."""
        if newest == 0:
            return ABOVE_ALL_IDS
        if newest >= count:
            return 0
        if count == sheet.last_position:
            # No record was ever unlinked, so the positions have no gaps.
            return count + 1 - newest
        # Counted from the nearer end.
        if newest <= count // 2:
            statement, others = self._nth_newest, newest - 1
        else:
            statement, others = self._nth_oldest, count - newest
        return transaction.number(statement, sheet_id=sheet.id, others=others) or 0

    def count(self, transaction: Transaction, sheet_id: int) -> int:
        return transaction.number(self._count_linked, sheet_id=sheet_id) or 0

    def own(self, transaction: Transaction, record_id: int, account_id: int) -> R | None:
        return transaction.one(self._own, self.row_type, record_id=record_id, account_id=account_id)

    def find_own_id(self, transaction: Transaction, account_id: int, **place: int) -> int | None:
        """The id of the account's record with these values, also if it was unlinked."""
        return transaction.number(self._own_id(*place), account_id=account_id, **place)

    def _build_own_id(self, *place: str) -> Select[Any]:
        record = self.table.c
        equal = (record[name] == bindparam(name) for name in place)
        return select(record.id).where(record.account_id == bindparam("account_id"), *equal)

    def own_or_removed(self, transaction: Transaction, record_id: int, account_id: int) -> R | None:
        """As `own`, also if it was unlinked, or its sheet."""
        return transaction.one(
            self._own_or_removed, self.row_type, record_id=record_id, account_id=account_id
        )


class InvoiceRecords(Records[InvoiceRecord]):
    """Invoices are also found by the name and email that the other party had when they were issued."""

    def search_key(self, values: Mapping[str, Any]) -> str:
        other = "buyer" if values["account_id"] == values["seller_account_id"] else "seller"
        party = user_key(f"{values[f'{other}_name']} {values[f'{other}_email']}")
        return f"{party}{PARTY_END}{super().search_key(values)}"


transfers = Records(RecordType.TRANSFER, TransferRecord, "notes", "private_notes")
invoices = InvoiceRecords(RecordType.INVOICE, InvoiceRecord, "notes", "currency")
conversions = Records(RecordType.CONVERSION, ConversionRecord, "notes")
times = Records(RecordType.TIME, TimeRecord, "notes", "tags")
contacts = Records(RecordType.CONTACT, ContactRecord, "name", "email", "phone", "notes")

_CONTACT_NAME = (
    select(schema.contact_records.c.name)
    .where(
        schema.contact_records.c.payee_account_id == bindparam("payee_id"),
        schema.contact_records.c.account_id == bindparam("account_id"),
        schema.contact_records.c.unlinked_at.is_(None),
    )
    .order_by(schema.contact_records.c.id)
    .limit(1)
)


def find_contact_name(transaction: Transaction, account_id: int, payee_id: int) -> str | None:
    """The name under which an account has another one among its contacts."""
    found = transaction.run(_CONTACT_NAME, account_id=account_id, payee_id=payee_id).fetchone()
    return None if found is None else str(found[0])


ALL_RECORDS: tuple[Records[Any], ...] = (transfers, invoices, conversions, times, contacts)
