"""Search for an account's records, or those of one sheet, by text and date, the newest first.

They are read through the index on account, date and id from any position on, so every page costs the same."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, select, tuple_

from ewallet_core.storage import schema
from ewallet_core.storage.accounts import HAS_TEXT, text_patterns
from ewallet_core.storage.described_records import DESCRIBED
from ewallet_core.storage.rows import ABOVE_ALL_IDS, is_like, pattern_containing
from ewallet_core.storage.sheets import ALL_RECORDS, Record, Records
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import ANY_END, RecordType

Position = tuple[int, str, int]
"""A position in the order of all records: date, type, id."""


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """An account's records since an instant that contain `text`, also in the other party's name or email.

    With a `sheet_id`, only that sheet's; with `tags`, only time records that have all of them, where `ac*`
    is any tag that begins so. Unlinked records are not found.
    """

    account_id: int
    since: int = 0
    text: str = ""
    sheet_id: int | None = None
    tags: tuple[str, ...] = ()

    @property
    def how(self) -> tuple[bool, int]:
        """Which statement finds them: whether on one sheet, and with how many tags."""
        return self.sheet_id is not None, len(self.tags)

    @property
    def values(self) -> dict[str, Any]:
        return {
            "account_id": self.account_id,
            "sheet_id": self.sheet_id,
            "since": self.since,
            **text_patterns(self.text),
            **{_tag(index): _tag_pattern(tag) for index, tag in enumerate(self.tags)},
        }


class FoundRecord(msgspec.Struct, frozen=True):
    kind: RecordType
    record: Record

    @property
    def position(self) -> Position:
        return self.record.created_at, self.kind, self.record.id


class FoundRecords:
    """The records of one type, also found by the name or email of `other_party`, the id of an account."""

    def __init__(self, records: Records[Any], other_party: ColumnElement[int] | None = None) -> None:
        self.table, self.row_type, self.kind = records.table, records.row_type, records.kind
        self._described = DESCRIBED[records.kind]
        record, sheet = self.table.c, schema.sheets.c
        has_text = is_like(record.search_key, "pattern")
        self._is_found = and_(
            record.account_id == bindparam("account_id"),
            record.created_at >= bindparam("since"),
            record.unlinked_at.is_(None),
            sheet.unlinked_at.is_(None),
            has_text if other_party is None else has_text | _is_found(other_party, records.kind),
        )
        self._columns = select(*records.columns)
        self._of_account = self._build_newest_first(is_of_sheet=False, tags=0)
        self._select_found: Callable[[bool, int], Select[Any]] = cache(self._build_newest_first)

    @property
    def have_tags(self) -> bool:
        return "tags" in self.table.c

    def newest_first(
        self, transaction: Transaction, filters: SearchFilter, below: Position, batch: int
    ) -> Iterator[FoundRecord]:
        at, kind, number = below
        # At one date the types follow each other, so all, some or none of a type's records are below.
        highest = number if self.kind == kind else ABOVE_ALL_IDS * (self.kind < kind)
        if filters.tags and not self.have_tags:
            return
        statement, row_type = self._select_found(*filters.how), self._described.row_type
        for record in transaction.each(statement, row_type, batch, **filters.values, at=at, below=highest):
            yield FoundRecord(self.kind, record)

    def build_found(self, is_of_sheet: bool, tags: int) -> Select[Any]:
        """The statement for the records found before `until`, as yet without an order."""
        found = self._narrowed(self._columns, is_of_sheet, tags)
        return found.where(self.table.c.created_at < bindparam("until"))

    def _build_newest_first(self, is_of_sheet: bool, tags: int) -> Select[Any]:
        record = self.table.c
        below = tuple_(record.created_at, record.id) < tuple_(bindparam("at"), bindparam("below"))
        found = self._narrowed(self._described.statement, is_of_sheet, tags).where(below)
        return found.order_by(record.created_at.desc(), record.id.desc())

    def _narrowed(self, statement: Select[Any], is_of_sheet: bool, tags: int) -> Select[Any]:
        record = self.table.c
        conditions: list[ColumnElement[bool]] = [is_like(record.tags, _tag(index)) for index in range(tags)]
        if is_of_sheet:
            conditions.append(record.sheet_id == bindparam("sheet_id"))
        with_sheet = statement.join(schema.sheets, schema.sheets.c.id == record.sheet_id)
        return with_sheet.where(self._is_found, *conditions)


def _tag_pattern(tag: str) -> str:
    beginning = tag.removesuffix(ANY_END)
    return pattern_containing(f" {beginning}" if beginning != tag else f" {tag} ")


def _tag(index: int) -> str:
    return f"tag_{index}"


RECORDS_PER_ACCOUNT = 20
"""An account with this many records for each account that there is has all of those looked through once."""


def _is_found(party: ColumnElement[int], kind: RecordType) -> ColumnElement[bool]:
    """Whether that account, unless it is the searching one, has the text in its name or email.

    The account is looked up for each record, or all that have the text are found once, whichever reads less.
    """
    account, sheet, wallet = schema.accounts.c, schema.sheets.c, schema.ewallets.c
    has_text = (account.id != bindparam("account_id")) & HAS_TEXT
    accounts = select(func.max(account.id)).scalar_subquery()
    records = (
        select(func.sum(sheet.record_count))
        .join(schema.ewallets, (sheet.owner_id == wallet.id) & (sheet.kind == kind))
        .where(wallet.account_id == bindparam("account_id"))
        .scalar_subquery()
    )
    return case(
        (accounts * RECORDS_PER_ACCOUNT <= records, party.in_(select(account.id).where(has_text))),
        # No EXISTS: for one, PostgreSQL reads all accounts, also if the page is full after a few records.
        else_=select(has_text).where(account.id == party).scalar_subquery(),
    )


def _other_side(transfer: Any) -> ColumnElement[int]:
    """The account on the other side of the transfer record's columns; on both sides it is the own one."""
    is_own = transfer.from_account_id == bindparam("account_id")
    return case((is_own, transfer.to_account_id), else_=transfer.from_account_id)


_invoice, _paid_with = schema.invoice_records.c, schema.transfer_records.alias("paid_with").c

# Conversions, times and contacts have no other party.
_OTHER_PARTY = {
    RecordType.TRANSFER: _other_side(schema.transfer_records.c),
    RecordType.INVOICE: case(
        (_invoice.seller_account_id != bindparam("account_id"), _invoice.seller_account_id),
        else_=select(_other_side(_paid_with))
        .where(_paid_with.id == _invoice.transfer_record_id)
        .correlate(schema.invoice_records)
        .scalar_subquery(),
    ),
}

FOUND = tuple(FoundRecords(records, _OTHER_PARTY.get(records.kind)) for records in ALL_RECORDS)


def newest_first(
    transaction: Transaction, filters: SearchFilter, kinds: Collection[str], below: Position, batch: int
) -> Iterator[FoundRecord]:
    streams = [
        records.newest_first(transaction, filters, below, batch) for records in FOUND if records.kind in kinds
    ]
    return heapq.merge(*streams, key=lambda found: found.position, reverse=True)
