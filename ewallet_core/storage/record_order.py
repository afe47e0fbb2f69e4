"""The records that a filter finds in another order than by date, and their totals.

Each page reads all that the filter finds, and keeps only what it answers. By a text, this process sorts them:
a database folds case and Unicode forms in another way than the engine does.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
)

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row
from ewallet_core.storage.search import FOUND, FoundRecords
from ewallet_core.storage.sheets import ALL_RECORDS, Records
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import RecordType, user_key

Key = Callable[[Any], Any]
"""The value by which records are sorted, from the columns of their table."""
DIGITS = 40
"""More digits than any cost has before its decimal point."""
HALF = 10**9
"""Sums are of halves, because the sum of the largest numbers is more than an integer of the database."""
IDS_AT_ONCE = 100
"""How many records one statement reads by their ids."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text to sort by without regard to case and Unicode form, as the engine compares names."""

    of: Key


def _text(name: str) -> Text:
    return Text(lambda record: record[name])


def _number(name: str) -> Key:
    return lambda record: record[name]


def _invoice_comes_in(record: Any) -> Any:
    is_sale = record.seller_account_id == record.account_id
    return is_sale == (record.currency == "")


def _comes_in(kind: RecordType) -> Key:
    if kind is RecordType.TRANSFER:
        return lambda record: (record.transfer_type == "supply") | (record.transfer_type == "incoming")
    if kind is RecordType.CONVERSION:
        return lambda record: record.conversion_type == "clock2credits"
    # Credits that are bought for money go to the buyer, those of a payment to the seller.
    return _invoice_comes_in


def _signed_credits(kind: RecordType) -> Key:
    return lambda record: case((_comes_in(kind)(record), record.credits), else_=-record.credits)


def _partner(record: Any) -> ColumnElement[Any]:
    """The email of the other side; empty for supplied credits."""
    account = schema.accounts.c
    other = case(
        (record.transfer_type == "incoming", record.from_account_id),
        (record.transfer_type == "supply", null()),
        else_=record.to_account_id,
    )
    # An account without a key has the same email as an older one, which is shown all the same.
    shown = func.coalesce(account.email_key, account.email)
    return func.coalesce(select(shown).where(account.id == other).scalar_subquery(), "")


def _invoice_partner(record: Any) -> ColumnElement[Any]:
    """The email of the other side as it was issued; today's on invoices from before it was kept."""
    is_sale = record.seller_account_id == record.account_id
    issued = case((is_sale, record.buyer_email), else_=record.seller_email)
    account, paid = schema.accounts.c, schema.transfer_records.alias("paid").c
    other = case((paid.from_account_id == record.account_id, paid.to_account_id), else_=paid.from_account_id)
    today = select(account.email).where(account.id == other, paid.id == record.transfer_record_id)
    return func.coalesce(issued, today.scalar_subquery(), "")


def _cost(record: Any) -> ColumnElement[Any]:
    """Decimal text that sorts as its number does: as many digits before the point as any has."""
    # What is left without the digits at the end is empty if there is no point.
    until_point = func.rtrim(record.cost, "0123456789")
    whole = case((until_point == "", record.cost), else_=func.rtrim(until_point, "."))
    rest = func.substr(record.cost, func.length(whole) + 1)
    padded = func.substr(literal("0" * DIGITS).concat(whole), func.length(whole) + 1)
    # Equal numbers have one key: 9.5 and 9.50.
    return padded.concat(func.rtrim(func.rtrim(rest, "0"), "."))


_ALL = {"create_date": _number("created_at"), "write_date": _number("written_at"), "reference": _number("id")}
SORTS: Mapping[RecordType, Mapping[str, Key | Text]] = {
    RecordType.TRANSFER: {
        **_ALL,
        "transfer_type": _number("transfer_type"),
        "credits": _number("credits"),
        "signed_credits": _signed_credits(RecordType.TRANSFER),
        "partner": Text(_partner),
        "notes": _text("notes"),
    },
    RecordType.INVOICE: {
        **_ALL,
        "credits": _number("credits"),
        "signed_credits": _signed_credits(RecordType.INVOICE),
        "currency": _number("currency"),
        "cost": _cost,
        "partner": Text(_invoice_partner),
        "notes": _text("notes"),
    },
    RecordType.CONVERSION: {
        **_ALL,
        "conversion_type": _number("conversion_type"),
        "credits": _number("credits"),
        "signed_credits": _signed_credits(RecordType.CONVERSION),
        "minutes": _number("milliseconds"),
        "notes": _text("notes"),
    },
    RecordType.TIME: {
        **_ALL,
        "time_start": _number("time_start"),
        "time_stop": _number("time_stop"),
        "time_spent": _number("time_spent"),
        "time_pending": _number("time_pending"),
        "pending_count": _number("pending_count"),
        "notes": _text("notes"),
        "tags": _number("tags"),
    },
    RecordType.CONTACT: {
        **_ALL,
        "name": _text("name"),
        "email": _text("email"),
        "phone": _number("phone"),
        "notes": _text("notes"),
    },
}
"""By what the records of each kind can be sorted."""


def _if(condition: Key, name: str) -> Key:
    return lambda record: case((condition(record), record[name]), else_=0)


def _if_not(condition: Key, name: str) -> Key:
    return lambda record: case((condition(record), 0), else_=record[name])


def _flows(kind: RecordType) -> dict[str, Key]:
    comes_in = _comes_in(kind)
    return {"credits_in": _if(comes_in, "credits"), "credits_out": _if_not(comes_in, "credits")}


def _gives_time(record: Any) -> Any:
    return (record.conversion_type == "credits2clock") | (record.conversion_type == "incoming")


TOTALS: Mapping[RecordType, Mapping[str, Key]] = {
    RecordType.TRANSFER: _flows(RecordType.TRANSFER),
    RecordType.INVOICE: _flows(RecordType.INVOICE),
    RecordType.CONVERSION: {
        **_flows(RecordType.CONVERSION),
        "minutes_in": _if(_gives_time, "milliseconds"),
        "minutes_out": _if_not(_gives_time, "milliseconds"),
    },
    RecordType.TIME: {name: _number(name) for name in ("time_spent", "time_pending", "pending_count")},
    RecordType.CONTACT: {},
}
"""What is added up of the records of each kind, besides their number and the money of invoices."""


@dataclass(frozen=True, slots=True)
class Order:
    """By `column`, equal ones newest first."""

    column: str
    descending: bool

    @classmethod
    def read(cls, sort: str) -> Order:
        """`credits` or, the greatest first, `-credits`."""
        return cls(sort.removeprefix("-"), sort.startswith("-"))


class _FoundText(Row, frozen=True):
    id: int
    text: str


class OrderedRecords:
    """The records of one kind in any order, for a statement that finds them."""

    def __init__(self, records: Records[Any] | FoundRecords, found: Callable[..., Select[Any]]) -> None:
        """`found` builds the statement from its arguments, with its columns as yet without an order."""
        self._records = records
        self._found = found
        self._page: Callable[..., Select[Any]] = cache(self._build_page)
        self._texts: Callable[..., tuple[Select[Any], Select[Any]]] = cache(self._build_texts)
        record = records.table.c
        ids: list[BindParameter[int]] = [bindparam(f"id_{number}") for number in range(IDS_AT_ONCE)]
        columns = (record[name] for name in records.row_type.__struct_fields__)
        self._by_ids = select(*columns).where(record.id.in_(ids))
        self._totals: Callable[..., tuple[Select[Any], Select[Any] | None]] = cache(self._build_totals)

    def page(
        self,
        transaction: Transaction,
        order: Order,
        how_found: tuple[Any, ...],
        *,
        after: int | None,
        skip: int,
        most: int,
        **values: Any,
    ) -> list[Any]:
        """At most `most` records after the one of id `after`, or after the first `skip`."""
        by = SORTS[self._records.kind][order.column]
        if isinstance(by, Text):
            texts = self._texts(by, how_found)
            ids = _ids_by_text(transaction, texts, order, after, skip + most, **values)
            return self._read(transaction, ids[skip:])
        statement = self._page(by, order, after is not None, how_found)
        return transaction.all(statement, self._records.row_type, after=after, skip=skip, most=most, **values)

    def _read(self, transaction: Transaction, ids: Sequence[int]) -> list[Any]:
        """The records with these ids, in that order."""
        found: dict[int, Any] = {}
        for start in range(0, len(ids), IDS_AT_ONCE):
            some = ids[start : start + IDS_AT_ONCE]
            # The last one fills up the list, so that there is one statement whatever its length.
            values = {f"id_{number}": some[min(number, len(some) - 1)] for number in range(IDS_AT_ONCE)}
            rows = transaction.all(self._by_ids, self._records.row_type, **values)
            found.update((row.id, row) for row in rows)
        return [found[number] for number in ids]

    def totals(self, transaction: Transaction, how_found: tuple[Any, ...], **values: Any) -> dict[str, Any]:
        """How many records are found, and the sums of what they move; money by currency, as decimal text."""
        sums, by_currency = self._totals(how_found)
        row = list(transaction.run(sums, **values).fetchone())
        found: dict[str, Any] = {"count": row[0]}
        for name, high, low in zip(TOTALS[self._records.kind], row[1::2], row[2::2], strict=True):
            found[name] = (high or 0) * HALF + (low or 0)
        if by_currency is not None:
            found |= _money(transaction.run(by_currency, **values).fetchall())
        return found

    def _build_page(
        self, key_of: Key, order: Order, has_cursor: bool, how_found: tuple[Any, ...]
    ) -> Select[Any]:
        table = self._records.table
        key, statement = key_of(table.c), self._found(*how_found)
        if has_cursor:
            last = table.alias("last")
            its = select(key_of(last.c)).where(last.c.id == bindparam("after")).scalar_subquery()
            beyond = key < its if order.descending else key > its
            statement = statement.where(beyond | ((key == its) & (table.c.id < bindparam("after"))))
        in_order = key.desc() if order.descending else key.asc()
        return (
            statement.order_by(in_order, table.c.id.desc()).limit(bindparam("most")).offset(bindparam("skip"))
        )

    def _build_texts(self, text: Text, how_found: tuple[Any, ...]) -> tuple[Select[Any], Select[Any]]:
        """The statements that read the ids and texts of all that is found, and of the record `after`."""
        table = self._records.table
        columns = (table.c.id, text.of(table.c))
        of_one = select(*columns).where(table.c.id == bindparam("after"))
        return self._found(*how_found).with_only_columns(*columns), of_one

    def _build_totals(self, how_found: tuple[Any, ...]) -> tuple[Select[Any], Select[Any] | None]:
        table, kind = self._records.table, self._records.kind
        statement = self._found(*how_found)
        parts = list(_halves(amount(table.c) for amount in TOTALS[kind].values()))
        sums = statement.with_only_columns(func.count(), *parts)
        if kind is not RecordType.INVOICE:
            return sums, None
        groups = (table.c.seller_account_id == table.c.account_id, table.c.currency, table.c.cost)
        by_currency = statement.with_only_columns(*groups, func.count()).where(table.c.currency != "")
        return sums, by_currency.group_by(*groups)


def _ids_by_text(
    transaction: Transaction,
    texts: tuple[Select[Any], Select[Any]],
    order: Order,
    after: int | None,
    most: int,
    **values: Any,
) -> list[int]:
    """The ids of at most `most` records after the one of id `after`, in the order of their texts."""
    of_all, of_one = texts
    # Of equal texts, the greater id comes first in either order.
    sign, first = (1, heapq.nlargest) if order.descending else (-1, heapq.nsmallest)

    def place(found: _FoundText) -> tuple[str, int]:
        return user_key(found.text), sign * found.id

    places: Iterator[tuple[str, int]] = map(place, transaction.each(of_all, _FoundText, **values))
    if after is not None:
        last = transaction.one(of_one, _FoundText, after=after)
        if last is None:
            return []
        end = place(last)
        places = (each for each in places if (each < end if order.descending else each > end))
    return [sign * number for _, number in first(most, places)]


def _money(rows: Sequence[Any]) -> dict[str, dict[str, str]]:
    """What invoices ask for, by currency: bought ones and sold ones."""
    bought: defaultdict[str, Decimal] = defaultdict(Decimal)
    sold: defaultdict[str, Decimal] = defaultdict(Decimal)
    for is_sale, currency, cost, count in rows:
        (sold if is_sale else bought)[currency] += Decimal(cost) * count
    return {
        name: {currency: f"{sums[currency]:f}" for currency in sorted(sums)}
        for name, sums in (("money_in", sold), ("money_out", bought))
    }


def _halves(amounts: Iterator[ColumnElement[Any]]) -> Iterator[ColumnElement[Any]]:
    for amount in amounts:
        yield cast(func.sum(amount // HALF), BigInteger)
        yield cast(func.sum(amount % HALF), BigInteger)


def _on_sheet(records: Records[Any]) -> Callable[..., Select[Any]]:
    record = records.table.c
    listed = select(*records.columns).where(record.sheet_id == bindparam("sheet_id"))

    def build(is_removed: bool) -> Select[Any]:
        unlinked = record.unlinked_at
        return listed.where(unlinked.is_not(None) if is_removed else unlinked.is_(None))

    return build


ON_SHEET = {records.kind: OrderedRecords(records, _on_sheet(records)) for records in ALL_RECORDS}
"""The records of a sheet, or those removed from it."""
FOUND_IN_ORDER = {found.kind: OrderedRecords(found, found.build_found) for found in FOUND}
"""The records that a search finds."""
