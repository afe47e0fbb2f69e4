"""Proves whose records are: their entries moved what they are the sheets of, between those that they name."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table, and_, case, or_

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.storage import schema
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Faults, Findings, faulty

# What a transfer's record is called by who received it, unless it is of a supply.
_INCOMING = "incoming"
_CREDIT_TRANSFERS = (EntryKind.SUPPLY, EntryKind.PAYMENT, EntryKind.TRANSFER, EntryKind.REFUND)
_SOLD = (EntryKind.SUPPLY, EntryKind.PAYMENT)
_CONVERTED = (EntryKind.CREDITS_TO_CLOCK, EntryKind.CLOCK_TO_CREDITS)

_transfer, _invoice = schema.transfer_records, schema.invoice_records
_conversion, _time = schema.conversion_records, schema.time_records
_entry, _sheet, _wallet, _clock = schema.entries, schema.sheets, schema.ewallets, schema.clocks
_moved, _given, _taken = schema.postings, schema.postings.alias("given"), schema.postings.alias("taken")
_sender, _taker = schema.balances.alias("giver"), schema.balances.alias("taker")
_linked, _cost = schema.transfer_records.alias("linked"), schema.costs


def _with_holder(record: Table, holder: Table) -> FromClause:
    """The records with their entries, and with the wallets or clocks on whose sheets they are."""
    return (
        record.outerjoin(_entry, _entry.c.id == record.c.entry_id)
        .outerjoin(_sheet, _sheet.c.id == record.c.sheet_id)
        .outerjoin(holder, holder.c.id == _sheet.c.owner_id)
    )


def _with_sides(record: Table) -> FromClause:
    """The records also with the balances that their entries took credits from, and gave them to."""
    side = {
        _given: and_(_given.c.unit == Unit.CREDIT, _given.c.amount < 0),
        _taken: and_(_taken.c.unit == Unit.CREDIT, _taken.c.amount > 0),
    }
    return (
        _with_holder(record, _wallet)
        .outerjoin(_given, and_(_given.c.entry_id == record.c.entry_id, side[_given]))
        .outerjoin(_sender, _sender.c.id == _given.c.balance_id)
        .outerjoin(_taken, and_(_taken.c.entry_id == record.c.entry_id, side[_taken]))
        .outerjoin(_taker, _taker.c.id == _taken.c.balance_id)
    )


def _with_moved(record: Table) -> FromClause:
    """The records of a clock's sheets also with what their entries moved on that clock."""
    moved_there = and_(_moved.c.entry_id == record.c.entry_id, _moved.c.balance_id == _clock.c.balance_id)
    return _with_holder(record, _clock).outerjoin(_moved, moved_there)


def _is_none_of(*kinds: EntryKind) -> ColumnElement[bool]:
    return and_(*(_entry.c.kind != kind for kind in kinds))


_IS_ASTRAY = (
    and_(_wallet.c.balance_id != _sender.c.id, _wallet.c.balance_id != _taker.c.id),
    "is on a sheet of a wallet in which its entry moved nothing",
)
_MOVED_NOTHING = _moved.c.id.is_(None), "is on a sheet of a clock on which its entry moved nothing"


def _differ(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    return one.is_distinct_from(other)


_TYPE = case(
    (
        or_(_entry.c.kind == EntryKind.SUPPLY, _transfer.c.account_id == _transfer.c.from_account_id),
        _entry.c.kind,
    ),
    else_=_INCOMING,
)
_SELLER = case(
    (_entry.c.kind == EntryKind.SUPPLY, _sender.c.account_id),
    else_=_taker.c.account_id,
)
_ITS_COST = and_(_cost.c.balance_id == _taken.c.balance_id, _cost.c.entry_id == _taken.c.entry_id)

_WRONG = Faults(
    faulty(
        "The transfer record",
        _transfer.c.id,
        _with_sides(_transfer),
        (_is_none_of(*_CREDIT_TRANSFERS), "is of an entry that handed nothing over"),
        _IS_ASTRAY,
        (
            or_(
                _differ(_sender.c.account_id, _transfer.c.from_account_id),
                _differ(_taker.c.account_id, _transfer.c.to_account_id),
            ),
            "is not from and to the accounts that its entry moved credits between",
        ),
        (_transfer.c.transfer_type != _TYPE, "is not of the type that its entry is on its side"),
    ),
    faulty(
        "The invoice record",
        _invoice.c.id,
        _with_sides(_invoice)
        .outerjoin(_linked, _linked.c.id == _invoice.c.transfer_record_id)
        .outerjoin(_cost, _ITS_COST),
        (_is_none_of(*_SOLD), "is of an entry that sold nothing"),
        _IS_ASTRAY,
        (
            or_(
                _differ(_linked.c.entry_id, _invoice.c.entry_id),
                _differ(_linked.c.account_id, _invoice.c.account_id),
            ),
            "has a transfer record that is not of its entry and account",
        ),
        (_differ(_invoice.c.seller_account_id, _SELLER), "has a seller who didn't sell"),
        # A payment has no cost, and its invoices none either.
        (
            or_(
                _invoice.c.currency != _cost.c.currency,
                _invoice.c.cost != _cost.c.cost,
                and_(_cost.c.cost.is_(None), or_(_invoice.c.currency != "", _invoice.c.cost != "")),
            ),
            "has another cost than what was noted for its entry",
        ),
    ),
    faulty(
        "The conversion record",
        _conversion.c.id,
        _with_moved(_conversion),
        (_is_none_of(*_CONVERTED), "is of an entry that converted nothing"),
        (_conversion.c.conversion_type != _entry.c.kind, "is not of the type that its entry is"),
        _MOVED_NOTHING,
    ),
    faulty(
        "The time record",
        _time.c.id,
        _with_moved(_time),
        (_is_none_of(EntryKind.TIME_SPENT), "is of an entry that spent no time"),
        # What took no time moved nothing.
        (and_(_time.c.time_spent != 0, _MOVED_NOTHING[0]), _MOVED_NOTHING[1]),
    ),
)


def check_records(transaction: Transaction) -> Findings:
    """Every record is on a sheet of what its entry moved, and says of it between whom and why."""
    yield from _WRONG.found(transaction)
    yield Check("every record is of what its entry moved, and names whom it moved it between")
