"""Records found across an account's sheets, or on one of them, the newest first: by their words and dates.

They are read down the index of account, date and number from any place on, so that a page costs the same
wherever it is."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Exists, bindparam, exists, select, tuple_

from ewallet_core.storage import schema
from ewallet_core.storage.rows import ABOVE_ALL_IDS, ESCAPE, Rows, containing
from ewallet_core.storage.sheets import ALL_RECORDS, Record, Records
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import RecordType, user_key

Below = tuple[int, str, int]
"""A place in the order of all records: by date, then kind, then number."""


@dataclass(frozen=True, slots=True)
class SearchFilter:
    """An account's records since an instant that hold `text`, or whose other side's name or email does.

    Only what is still on a sheet is found, and only on the sheet `sheet_id` where that is given.
    """

    account_id: int
    since: int = 0
    text: str = ""
    sheet_id: int | None = None


class FoundRecord(NamedTuple):
    """A record, and of what kind it is."""

    kind: RecordType
    record: Record

    @property
    def place(self) -> Below:
        """Where it is in the order of all records."""
        return self.record.created_at, self.kind, self.record.id


class FoundRecords(Rows[Any]):
    """The records of one kind as they are looked for; `with_somebody` finds them by the other side."""

    def __init__(self, records: Records[Any], with_somebody: Exists | None = None) -> None:
        super().__init__(records.table, records.row_type)
        self.kind = records.kind
        record, sheet = self.table.c, schema.sheets.c
        has_text = record.search_key.like(bindparam("words"), escape=ESCAPE)
        self._of_account = (
            select(*self.columns)
            .join(schema.sheets, sheet.id == record.sheet_id)
            .where(
                record.account_id == bindparam("account_id"),
                record.created_at >= bindparam("since"),
                tuple_(record.created_at, record.id) < tuple_(bindparam("at"), bindparam("below")),
                record.unlinked_at.is_(None),
                sheet.unlinked_at.is_(None),
                has_text if with_somebody is None else has_text | with_somebody,
            )
            .order_by(record.created_at.desc(), record.id.desc())
            .limit(bindparam("most"))
        )
        self._of_sheet = self._of_account.where(record.sheet_id == bindparam("sheet_id"))

    def newest_first(
        self, transaction: Transaction, wanted: SearchFilter, below: Below, batch: int
    ) -> Iterator[FoundRecord]:
        """The wanted records below that place, read `batch` at a time."""
        at, kind, number = below
        # At one date the kinds follow each other, so all, some or none of a kind's records are below.
        highest = number if self.kind == kind else ABOVE_ALL_IDS * (self.kind < kind)
        statement = self._of_account if wanted.sheet_id is None else self._of_sheet
        values = {
            "account_id": wanted.account_id,
            "sheet_id": wanted.sheet_id,
            "since": wanted.since,
            "words": containing(user_key(wanted.text)),
            "called": containing(user_key(wanted.text)),
            "most": batch,
        }
        while found := transaction.all(statement, self.row_type, **values, at=at, below=highest):
            yield from (FoundRecord(self.kind, record) for record in found)
            if len(found) < batch:
                return
            at, highest = found[-1].created_at, found[-1].id


def _somebody(*parties: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether another of these accounts has the text in its name or email of today."""
    account = schema.accounts.c
    names = (account.email_key, account.name_key)
    is_called = [name.like(bindparam("called"), escape=ESCAPE) for name in names]
    return account.id.in_(parties) & (account.id != bindparam("account_id")) & (is_called[0] | is_called[1])


_transfer, _paid_with = schema.transfer_records.c, schema.transfer_records.alias("paid_with")

# Who the other side of a record is; conversions, times and contacts have none.
_WITH_SOMEBODY = {
    RecordType.TRANSFER: exists().where(_somebody(_transfer.from_account_id, _transfer.to_account_id)),
    RecordType.INVOICE: exists().where(
        _paid_with.c.id == schema.invoice_records.c.transfer_record_id,
        _somebody(_paid_with.c.from_account_id, _paid_with.c.to_account_id),
    ),
}

FOUND = tuple(FoundRecords(records, _WITH_SOMEBODY.get(records.kind)) for records in ALL_RECORDS)


def newest_first(
    transaction: Transaction, wanted: SearchFilter, kinds: Collection[str], below: Below, batch: int
) -> Iterator[FoundRecord]:
    """The wanted records of these kinds below that place; each kind's are read `batch` at a time."""
    streams = [
        records.newest_first(transaction, wanted, below, batch) for records in FOUND if records.kind in kinds
    ]
    return heapq.merge(*streams, key=lambda found: found.place, reverse=True)
