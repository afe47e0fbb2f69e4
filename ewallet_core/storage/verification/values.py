"""Checks each value of the tables: its type, range and search words.

The journal's columns are left out, because the check of the journal reads each of their values, and those of
records that other checks compare with the journal or the sheet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    LargeBinary,
    Select,
    Table,
    Text,
    and_,
    case,
    false,
    func,
    literal,
    or_,
    select,
    text,
)

from ewallet_core.storage import schema
from ewallet_core.storage.database_url import POSTGRESQL
from ewallet_core.storage.events import EventKind, Movement
from ewallet_core.storage.rows import Row
from ewallet_core.storage.sheets import ALL_RECORDS, PARTY_END, Records
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Findings, Violation, several
from ewallet_core.types import RecordType, Role, user_key

_OF_ENTRIES = {f"{kind}_records" for kind in RecordType if kind is not RecordType.CONTACT}

LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999."""
_READ_BY_THE_JOURNAL = {"entries", "postings", "seals", "balances"}
_COMPARED = {
    "sheet_id",
    "account_id",
    "entry_id",
    "transfer_record_id",
    "from_account_id",
    "to_account_id",
    "seller_account_id",
    "credits",
    "created_at",
    "transfer_type",
    "conversion_type",
    "from_ewallet_id",
    "to_ewallet_id",
    "from_clock_id",
    "to_clock_id",
    "currency",
    "cost",
}
"""The columns of an entry's records that must equal others, as the other checks prove."""
_ANY_NUMBER = {"boot_at", "confirmed_boot_at", "wall_at", "latest_at", "overruled_at"}
_KNOWN: dict[tuple[str, str], tuple[object, ...]] = {
    ("events", "kind"): tuple(EventKind),
    ("events", "movement"): tuple(Movement),
    ("permissions", "role"): tuple(Role),
    ("permissions", "allowed"): (0, 1),
    ("login_records", "is_new_address"): (0, 1),
}


class _FaultyLine(Row, frozen=True):
    """A row with a wrong value, or a record whose search text differs from its words if case is ignored."""

    id: int
    has_wrong_value: int
    search_key: str
    words: str


def _is_wrong(table: Table, column: Column[Any], *, may_have_other_type: bool) -> ColumnElement[bool]:
    """Whether the column has a value that is never written there; NULL, which has its constraint, is not."""
    is_number = not isinstance(column.type, LargeBinary | Text)
    wrong = []
    # An id is the number by which SQLite keeps the row.
    if may_have_other_type and column.name != "id":
        wrong.append(func.typeof(column) != _type_of(column))
    if is_number:
        wrong.append(_is_out_of_range(column))
    if known := _KNOWN.get((table.name, column.name)):
        wrong.append(and_(*(column != value for value in known)))
    is_wrong = or_(false(), *wrong)
    if not column.nullable:
        return is_wrong
    # Most optional numbers are NULL. Of a text, `typeof` reads only the type, and the comparison all of it.
    has_value = column.is_not(None)
    return and_(has_value, is_wrong) if is_number else and_(is_wrong, has_value)


def _type_of(column: Column[Any]) -> str:
    """SQLite's name of the type of its values."""
    if isinstance(column.type, LargeBinary):
        return "blob"
    return "text" if isinstance(column.type, Text) else "integer"


def _is_out_of_range(column: Column[Any]) -> ColumnElement[bool]:
    if column.name in _ANY_NUMBER:
        return false()
    if column.primary_key or column.name == "position":
        return column < 1
    is_date = column.name.endswith(("_at", "_until", "_since")) or column.name == "at"
    return ~column.between(0, LATEST) if is_date else column < 0


def _words(records: Records[Any]) -> ColumnElement[str]:
    record = records.table.c
    first, *others = records.searched
    joined: ColumnElement[str] = record[first]
    for name in others:
        joined = joined + " " + record[name]
    if records.kind is not RecordType.INVOICE:
        return joined
    party = case(
        (record.account_id == record.seller_account_id, record.buyer_name + " " + record.buyer_email),
        else_=record.seller_name + " " + record.seller_email,
    )
    # Invoices of earlier releases have no names, and an erased party has no name.
    return func.coalesce(party + PARTY_END, "") + joined


_RECORDS = {records.table: records for records in ALL_RECORDS}


def _faulty(table: Table, *, in_sqlite: bool) -> Select[Any]:
    # Only a table without an id has another key than a number.
    shown = table.c.id if "id" in table.c else literal(0)
    compared = _COMPARED if table.name in _OF_ENTRIES else ()
    wrong = or_(
        *(
            _is_wrong(table, column, may_have_other_type=in_sqlite)
            for column in table.columns
            if column.name not in compared
        ),
        # SQLite's own check of the file finds them.
        *([] if in_sqlite else _broken_constraints(table)),
    )
    key: ColumnElement[str] = literal("")
    words: ColumnElement[str] = literal("")
    differs: ColumnElement[bool] = false()
    if (records := _RECORDS.get(table)) is not None:
        key, words = table.c.search_key, _words(records)
        # What an account left when it was erased is found by nothing.
        differs = and_(key != func.lower(words), key != "")
    # The words come first: SQLite's `typeof` would free the memory in which it has just joined them.
    return select(shown, case((wrong, 1), else_=0), key, words).where(or_(differs, wrong))


def _broken_constraints(table: Table) -> Iterator[ColumnElement[bool]]:
    return (
        text(f"NOT ({constraint.sqltext})")  # type: ignore[misc]
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    )


def _statements(*, in_sqlite: bool) -> dict[str, Select[Any]]:
    return {
        table.name: _faulty(table, in_sqlite=in_sqlite)
        for table in schema.metadata.sorted_tables
        if table.name not in _READ_BY_THE_JOURNAL
    }


_IN_SQLITE = _statements(in_sqlite=True)
_IN_POSTGRESQL = _statements(in_sqlite=False)


def check_values(transaction: Transaction) -> Findings:
    statements = _IN_POSTGRESQL if transaction.dialect_name == POSTGRESQL else _IN_SQLITE
    for name, statement in statements.items():
        for line in transaction.each(statement, _FaultyLine):
            row = f"Row {line.id}" if line.id else "A row"
            if line.has_wrong_value:
                yield Violation(f"{row} of the table {name} has a value that is never written there.")
            # SQLite knows only the case of ASCII, and earlier releases joined the words with other spaces.
            elif line.search_key.split() != user_key(line.words).split():
                yield Violation(f"{row} of the table {name} is found by other words than its own.")
    yield Check(f"{several(len(statements), 'table', 'tables')}, each value of which has its type and range")
    yield Check("every record is found by its own words")
