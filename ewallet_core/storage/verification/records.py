"""Checks records against their entries (sheet, parties, type and cost), and what runs are for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Table,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    union_all,
)

from ewallet_core.ledger.journal import EntryKind, Unit
from ewallet_core.ledger.timer import State
from ewallet_core.storage import schema
from ewallet_core.storage.accounts import AccountStatus
from ewallet_core.storage.rows import Row
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import (
    Check,
    Fault,
    Findings,
    Violation,
    report_faulty,
    select_faulty,
    several,
)
from ewallet_core.types import RecordType, are_tags, stored_tags

# The type of the recipient's record of a transfer, unless it is a supply.
_INCOMING = "incoming"
_CREDIT_TRANSFERS = (EntryKind.SUPPLY, EntryKind.PAYMENT, EntryKind.TRANSFER, EntryKind.REFUND)
_SOLD = (EntryKind.SUPPLY, EntryKind.PAYMENT)
_CONVERTED = (EntryKind.CREDITS_TO_CLOCK, EntryKind.CLOCK_TO_CREDITS, EntryKind.TRANSFER)

_transfer, _invoice = schema.transfer_records, schema.invoice_records
_conversion, _time = schema.conversion_records, schema.time_records
_entry, _sheet, _wallet, _clock = schema.entries, schema.sheets, schema.ewallets, schema.clocks
_moved, _sent, _received = schema.postings, schema.postings.alias("sent"), schema.postings.alias("received")
_credits = schema.postings.alias("credits")
_linked_sheet = schema.sheets.alias("linked_sheet")
_sender, _recipient = schema.balances.alias("sender"), schema.balances.alias("recipient")
_own_wallet = schema.ewallets.alias("own_wallet")
_from_clock, _to_clock = schema.clocks.alias("from_clock"), schema.clocks.alias("to_clock")
_linked, _cost = schema.transfer_records.alias("linked"), schema.costs


def _with_holder(record: Table, holder: Table) -> FromClause:
    """The records with their entries, and with the wallets or clocks of their sheets."""
    return (
        record.outerjoin(_entry, _entry.c.id == record.c.entry_id)
        .outerjoin(_sheet, _sheet.c.id == record.c.sheet_id)
        .outerjoin(holder, holder.c.id == _sheet.c.owner_id)
    )


def _with_sides(record: Table) -> FromClause:
    """The records also with the balances of the sender and the recipient of their entries' credits.

    Those are the first and the second posting; the check of the journal finds a further one.
    """
    is_sent = and_(_sent.c.position == 1, _sent.c.unit == Unit.CREDIT, _sent.c.amount < 0)
    is_received = and_(_received.c.position == 2, _received.c.unit == Unit.CREDIT, _received.c.amount > 0)
    return (
        _with_holder(record, _wallet)
        .outerjoin(_sent, and_(_sent.c.entry_id == record.c.entry_id, is_sent))
        .outerjoin(_sender, _sender.c.id == _sent.c.balance_id)
        .outerjoin(_received, and_(_received.c.entry_id == record.c.entry_id, is_received))
        .outerjoin(_recipient, _recipient.c.id == _received.c.balance_id)
    )


def _with_moved(record: Table) -> FromClause:
    """The records of a clock's sheets also with their entries' postings on that clock."""
    is_on_clock = and_(_moved.c.entry_id == record.c.entry_id, _moved.c.balance_id == _clock.c.balance_id)
    return _with_holder(record, _clock).outerjoin(_moved, is_on_clock)


_IS_TIME_SENT = _sent.c.unit == Unit.MILLISECOND, _sent.c.amount < 0
_IS_CREDITS_RECEIVED = _credits.c.unit == Unit.CREDIT, _credits.c.amount > 0
_IS_TIME_RECEIVED = _received.c.unit == Unit.MILLISECOND, _received.c.amount > 0


def _with_moved_time(record: Table) -> FromClause:
    """The records of a clock's sheets also with both sides of the time that their entries moved."""
    return (
        _with_moved(record)
        .outerjoin(_sent, and_(_sent.c.entry_id == record.c.entry_id, *_IS_TIME_SENT))
        .outerjoin(_received, and_(_received.c.entry_id == record.c.entry_id, *_IS_TIME_RECEIVED))
        .outerjoin(_from_clock, _from_clock.c.id == record.c.from_clock_id)
        .outerjoin(_to_clock, _to_clock.c.id == record.c.to_clock_id)
    )


def _misplaced(record: Table, kind: RecordType) -> tuple[Fault, ...]:
    return (
        (or_(_sheet.c.id.is_(None), _sheet.c.kind != kind), f"is on no {kind} sheet"),
        (_sheet.c.account_id != record.c.account_id, "is not of its sheet's account"),
    )


_POINTS_AT_NOTHING = _entry.c.id.is_(None), "points at no entry"


def _is_dated_otherwise(record: Table) -> Fault:
    return record.c.created_at != _entry.c.at, "is dated otherwise than its entry"


def _moved_others(says: ColumnElement[Any], unit: Unit, moved: ColumnElement[Any]) -> Fault:
    """The record says another amount than its entry moved; `moved` is NULL if that was nothing."""
    sentence = literal("says ") + cast(says, Text) + f" {unit}s, its entry moved others"
    return says != func.coalesce(moved, 0), sentence


def _has_other_kind(*kinds: EntryKind) -> ColumnElement[bool]:
    return and_(*(_entry.c.kind != kind for kind in kinds))


_IS_ON_OTHER_WALLET = (
    and_(_wallet.c.balance_id != _sender.c.id, _wallet.c.balance_id != _recipient.c.id),
    "is on a sheet of a wallet in which its entry moved nothing",
)
_MOVED_NOTHING = _moved.c.entry_id.is_(None), "is on a sheet of a clock on which its entry moved nothing"


def _differ(one: ColumnElement[Any], other: ColumnElement[Any]) -> ColumnElement[bool]:
    return one.is_distinct_from(other)


_TYPE = case(
    (or_(_entry.c.kind == EntryKind.SUPPLY, _wallet.c.balance_id == _sender.c.id), _entry.c.kind),
    else_=_INCOMING,
)


def _balance_of_wallet(wallet_id: ColumnElement[Any]) -> ColumnElement[Any]:
    return select(_own_wallet.c.balance_id).where(_own_wallet.c.id == wallet_id).scalar_subquery()


# Subqueries, and not joins, because almost no transfer is between an account's own wallets.
_NAMES_OTHER_WALLETS = or_(
    _differ(_balance_of_wallet(_transfer.c.from_ewallet_id), _sender.c.id),
    _differ(_balance_of_wallet(_transfer.c.to_ewallet_id), _recipient.c.id),
)
_IS_MOVED_TIME = _entry.c.kind == EntryKind.TRANSFER
_TYPE_OF_CONVERSION = case((and_(_IS_MOVED_TIME, _moved.c.amount > 0), _INCOMING), else_=_entry.c.kind)
_NAMES_OTHER_CLOCKS = or_(
    _differ(_from_clock.c.balance_id, _sent.c.balance_id),
    _differ(_to_clock.c.balance_id, _received.c.balance_id),
    _differ(_from_clock.c.account_id, _conversion.c.account_id),
    _differ(_to_clock.c.account_id, _conversion.c.account_id),
)

# An invoice is compared with the transfer record of its side, which is itself compared with the entry: its
# wallet, accounts and credits. That takes half of the time, because no posting is read but those of supplies.
_copy = schema.invoice_records.alias("copy")
_seller, _buyer = schema.accounts.alias("seller"), schema.accounts.alias("buyer")
_KEPT = ("seller_name", "seller_email", "buyer_name", "buyer_email")
_IS_SUPPLY = _entry.c.kind == EntryKind.SUPPLY
_SELLER_ID = case((_IS_SUPPLY, _linked.c.from_account_id), else_=_linked.c.to_account_id)
_BUYER_ID = case(
    (_linked.c.from_account_id == _invoice.c.seller_account_id, _linked.c.to_account_id),
    else_=_linked.c.from_account_id,
)
_IS_SUPPLIED = and_(
    # NULL for a payment, so that none is looked for.
    _received.c.entry_id == case((_IS_SUPPLY, _invoice.c.entry_id)),
    _received.c.unit == Unit.CREDIT,
    _received.c.amount > 0,
)
_IS_COST = and_(_cost.c.balance_id == _received.c.balance_id, _cost.c.entry_id == _received.c.entry_id)
_WITH_PARTIES = (
    _invoice.outerjoin(_entry, _entry.c.id == _invoice.c.entry_id)
    .outerjoin(_sheet, _sheet.c.id == _invoice.c.sheet_id)
    .outerjoin(_linked, _linked.c.id == _invoice.c.transfer_record_id)
    .outerjoin(_linked_sheet, _linked_sheet.c.id == _linked.c.sheet_id)
    .outerjoin(_received, _IS_SUPPLIED)
    .outerjoin(_cost, _IS_COST)
    .outerjoin(_seller, _seller.c.id == _invoice.c.seller_account_id)
    .outerjoin(_buyer, _buyer.c.id == _BUYER_ID)
    .outerjoin(_copy, and_(_copy.c.entry_id == _invoice.c.entry_id, _copy.c.id < _invoice.c.id))
)


def _is_misnamed(party: str, state: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the invoice names a party that was erased, or not one that was not."""
    name, email = _invoice.c[f"{party}_name"], _invoice.c[f"{party}_email"]
    is_erased = state == AccountStatus.ERASED
    return or_(and_(is_erased, or_(name != "", email != "")), and_(~is_erased, or_(name == "", email == "")))


_FAULTY = union_all(
    select_faulty(
        "The transfer record",
        _transfer.c.id,
        _with_sides(_transfer),
        *_misplaced(_transfer, RecordType.TRANSFER),
        _POINTS_AT_NOTHING,
        _is_dated_otherwise(_transfer),
        (_has_other_kind(*_CREDIT_TRANSFERS), "is of an entry that transferred nothing"),
        _IS_ON_OTHER_WALLET,
        (
            or_(
                _differ(_sender.c.account_id, _transfer.c.from_account_id),
                _differ(_recipient.c.account_id, _transfer.c.to_account_id),
            ),
            "is not from and to the accounts that its entry moved credits between",
        ),
        (_transfer.c.transfer_type != _TYPE, "is not of the type that its entry is on its side"),
        (
            case(
                (_sender.c.account_id == _recipient.c.account_id, _NAMES_OTHER_WALLETS),
                else_=or_(_transfer.c.from_ewallet_id.is_not(None), _transfer.c.to_ewallet_id.is_not(None)),
            ),
            "names other own wallets than its entry moved credits between",
        ),
        also=(_moved_others(_transfer.c.credits, Unit.CREDIT, _received.c.amount),),
    ),
    select_faulty(
        "The invoice record",
        _invoice.c.id,
        _WITH_PARTIES,
        *_misplaced(_invoice, RecordType.INVOICE),
        _POINTS_AT_NOTHING,
        _is_dated_otherwise(_invoice),
        (_has_other_kind(*_SOLD), "is of an entry that sold nothing"),
        (
            or_(
                _differ(_linked.c.entry_id, _invoice.c.entry_id),
                _differ(_linked.c.account_id, _invoice.c.account_id),
            ),
            "has a transfer record that is not of its entry and account",
        ),
        (
            _sheet.c.owner_id != _linked_sheet.c.owner_id,
            "is on a sheet of another wallet than its transfer record",
        ),
        (_differ(_invoice.c.seller_account_id, _SELLER_ID), "has a seller who didn't sell"),
        # A payment has no cost, nor have its invoices.
        (
            or_(
                _invoice.c.currency != _cost.c.currency,
                _invoice.c.cost != _cost.c.cost,
                and_(_cost.c.cost.is_(None), or_(_invoice.c.currency != "", _invoice.c.cost != "")),
            ),
            "has another cost than what was noted for its entry",
        ),
        also=(
            _moved_others(_invoice.c.credits, Unit.CREDIT, _linked.c.credits),
            (
                or_(*(_invoice.c[name].is_(None) != _invoice.c.seller_name.is_(None) for name in _KEPT[1:])),
                "keeps only a part of the names of its parties",
            ),
            (
                or_(_is_misnamed("seller", _seller.c.state), _is_misnamed("buyer", _buyer.c.state)),
                "names an erased party, or leaves another one without a name",
            ),
            (
                and_(
                    _copy.c.id.is_not(None),
                    or_(*(_differ(_invoice.c[name], _copy.c[name]) for name in _KEPT)),
                ),
                "names its parties otherwise than the other side's record of it",
            ),
        ),
    ),
    select_faulty(
        "The conversion record",
        _conversion.c.id,
        _with_moved_time(_conversion).outerjoin(
            _credits, and_(_credits.c.entry_id == _conversion.c.entry_id, *_IS_CREDITS_RECEIVED)
        ),
        *_misplaced(_conversion, RecordType.CONVERSION),
        _POINTS_AT_NOTHING,
        _is_dated_otherwise(_conversion),
        (_has_other_kind(*_CONVERTED), "is of an entry that converted nothing"),
        (_conversion.c.conversion_type != _TYPE_OF_CONVERSION, "is not of the type that its entry is"),
        (
            case(
                (_IS_MOVED_TIME, _NAMES_OTHER_CLOCKS),
                else_=or_(_conversion.c.from_clock_id.is_not(None), _conversion.c.to_clock_id.is_not(None)),
            ),
            "names other own clocks than its entry moved time between",
        ),
        _MOVED_NOTHING,
        also=(
            _moved_others(_conversion.c.credits, Unit.CREDIT, _credits.c.amount),
            _moved_others(_conversion.c.milliseconds, Unit.MILLISECOND, _received.c.amount),
        ),
    ),
    select_faulty(
        "Entry",
        _entry.c.id,
        # With `entry_id > 0`, SQLite reads the postings in their own order, and not by the index of balances.
        _entry.join(
            _sent, and_(_sent.c.entry_id == _entry.c.id, _sent.c.entry_id > 0, _IS_MOVED_TIME, *_IS_TIME_SENT)
        )
        .join(_sender, _sender.c.id == _sent.c.balance_id)
        .join(_received, and_(_received.c.entry_id == _entry.c.id, *_IS_TIME_RECEIVED))
        .join(_recipient, _recipient.c.id == _received.c.balance_id),
        (_sender.c.account_id != _recipient.c.account_id, "moved time from one account to another"),
    ),
    select_faulty(
        "The time record",
        _time.c.id,
        _with_moved(_time),
        *_misplaced(_time, RecordType.TIME),
        _POINTS_AT_NOTHING,
        _is_dated_otherwise(_time),
        (_has_other_kind(EntryKind.TIME_SPENT), "is of an entry that spent no time"),
        # A run that took no time has no posting.
        (and_(_time.c.time_spent != 0, _MOVED_NOTHING[0]), _MOVED_NOTHING[1]),
        also=(_moved_others(_time.c.time_spent, Unit.MILLISECOND, -_moved.c.amount),),
    ),
)


_COUNTS = tuple(
    select(func.count()).select_from(records) for records in (_transfer, _invoice, _conversion, _time)
)


def check_records(transaction: Transaction) -> Findings:
    yield from report_faulty(transaction, _FAULTY)
    records = sum(transaction.number(count) or 0 for count in _COUNTS)
    yield Check(f"{several(records, 'record', 'records')}, each points at an entry that moved what it says")
    yield Check("every record is of what its entry moved, and names whom it moved it between")


MOST_NOTES = 1_000


class _Described(Row, frozen=True):
    """What a run is or was for."""

    id: int
    notes: str
    tags: str
    state: str


_DESCRIBED_RUNS = (
    (
        "The time record",
        select(_time.c.id, _time.c.notes, _time.c.tags, literal("")).where(
            or_(_time.c.notes != "", _time.c.tags != "")
        ),
    ),
    (
        "The timer of clock",
        select(_clock.c.id, _clock.c.timer_notes, _clock.c.timer_tags, _clock.c.timer_state).where(
            or_(_clock.c.timer_notes != "", _clock.c.timer_tags != "")
        ),
    ),
)


def check_notes(transaction: Transaction) -> Findings:
    """Notes and tags of runs are as an instruction writes them, and a timer that has not begun has none."""
    described = 0
    for what, statement in _DESCRIBED_RUNS:
        for run in transaction.each(statement, _Described):
            described += 1
            if len(run.notes) > MOST_NOTES:
                yield Violation(f"{what} {run.id} has a note of more than {MOST_NOTES:,} characters.")
            if run.tags != stored_tags(run.tags) or not are_tags(run.tags):
                yield Violation(f"{what} {run.id} has tags that are not words between spaces.")
            if run.state == State.INACTIVE:
                yield Violation(f"{what} {run.id} says what it is for, and has not begun.")
    yield Check(f"{several(described, 'run', 'runs')} with a note or tags, each well-formed")
