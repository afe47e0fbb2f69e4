"""The records that a filter finds in another order than by date, and their totals.

Each page reads all that the filter finds, and keeps only what it answers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, literal, null, select

from ewallet_core.storage import schema
from ewallet_core.storage.search import FOUND, FoundRecords
from ewallet_core.storage.sheets import ALL_RECORDS, Records
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import RecordType

Key = Callable[[Any], Any]
"""The value by which records are sorted, from the columns of their table."""
DIGITS = 40
"""More digits than any cost has before its decimal point."""
HALF = 10**9
"""Sums are of halves, because the sum of the largest numbers is more than an integer of the database."""


def _text(name: str) -> Key:
    """A text without regard to case and Unicode form, as the engine compares names."""
    return lambda record: func.user_key(record[name])


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
    shown = func.coalesce(account.email_key, func.user_key(account.email))
    return func.coalesce(select(shown).where(account.id == other).scalar_subquery(), "")


def _invoice_partner(record: Any) -> ColumnElement[Any]:
    """The email of the other side as it was issued; today's on invoices from before it was kept."""
    is_sale = record.seller_account_id == record.account_id
    issued = case((is_sale, record.buyer_email), else_=record.seller_email)
    account, paid = schema.accounts.c, schema.transfer_records.alias("paid").c
    other = case((paid.from_account_id == record.account_id, paid.to_account_id), else_=paid.from_account_id)
    today = select(account.email).where(account.id == other, paid.id == record.transfer_record_id)
    return func.user_key(func.coalesce(issued, today.scalar_subquery(), ""))


def _cost(record: Any) -> ColumnElement[Any]:
    """Decimal text that sorts as its number does: as many digits before the point as any has."""
    point = func.instr(record.cost, ".")
    whole = case((point > 0, func.substr(record.cost, 1, point - 1)), else_=record.cost)
    rest = case((point > 0, func.substr(record.cost, point)), else_="")
    padded = func.substr(literal("0" * DIGITS).op("||")(whole), -DIGITS)
    # Equal numbers have one key: 9.5 and 9.50.
    return padded.op("||")(func.rtrim(func.rtrim(rest, "0"), "."))


_ALL = {"create_date": _number("created_at"), "write_date": _number("written_at"), "reference": _number("id")}
SORTS: Mapping[RecordType, Mapping[str, Key]] = {
    RecordType.TRANSFER: {
        **_ALL,
        "transfer_type": _number("transfer_type"),
        "credits": _number("credits"),
        "signed_credits": _signed_credits(RecordType.TRANSFER),
        "partner": _partner,
        "notes": _text("notes"),
    },
    RecordType.INVOICE: {
        **_ALL,
        "credits": _number("credits"),
        "signed_credits": _signed_credits(RecordType.INVOICE),
        "currency": _number("currency"),
        "cost": _cost,
        "partner": _invoice_partner,
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


class OrderedRecords:
    """The records of one kind in any order, for a statement that finds them."""

    def __init__(self, records: Records[Any] | FoundRecords, found: Callable[..., Select[Any]]) -> None:
        """`found` builds the statement from its arguments, with its columns as yet without an order."""
        self._records = records
        self._found = found
        self._page: Callable[..., Select[Any]] = cache(self._build_page)
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
        statement = self._page(order, after is not None, how_found)
        return transaction.all(statement, self._records.row_type, after=after, skip=skip, most=most, **values)

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

    def _build_page(self, order: Order, has_cursor: bool, how_found: tuple[Any, ...]) -> Select[Any]:
        table = self._records.table
        key_of = SORTS[self._records.kind][order.column]
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
        yield func.sum(amount // HALF)
        yield func.sum(amount % HALF)


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
