"""What the overview of an account reads: its recent records, begun timers and a wallet's past balances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Table, bindparam, select

from ewallet_core.ledger.timer import State
from ewallet_core.storage import schema
from ewallet_core.storage.described_records import DESCRIBED
from ewallet_core.storage.search import FoundRecord
from ewallet_core.storage.sheets import Record
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import Clock, clocks
from ewallet_core.types import RecordType


def _newest(statement: Select[Any], table: Table) -> Select[Any]:
    """The account's newest records that are still on a sheet, through the index on account and date."""
    record, sheet = table.c, schema.sheets.c
    return (
        statement.join(schema.sheets, sheet.id == record.sheet_id)
        .where(
            record.account_id == bindparam("account_id"),
            record.unlinked_at.is_(None),
            sheet.unlinked_at.is_(None),
        )
        .order_by(record.created_at.desc(), record.id.desc())
        .limit(bindparam("most"))
    )


_RECENT: tuple[tuple[RecordType, Select[Any], type[Record]], ...] = tuple(
    (kind, _newest(DESCRIBED[kind].statement, DESCRIBED[kind].table), DESCRIBED[kind].row_type)
    for kind in (RecordType.TRANSFER, RecordType.TIME, RecordType.CONVERSION)
)

_clock = schema.clocks.c
_SHOWN = (
    select(*clocks.columns)
    .where(
        _clock.account_id == bindparam("account_id"),
        (_clock.timer_state != State.INACTIVE) | (_clock.id == bindparam("active_id")),
        _clock.unlinked_at.is_(None),
    )
    .order_by(_clock.id)
)

PAST_DAYS = 29
"""How many days before today the balance history has."""

_posting = schema.postings.c
# One index lookup for each instant, however many postings are between them.
_BALANCES_BEFORE = select(
    *(
        select(_posting.balance_after)
        .where(_posting.balance_id == bindparam("balance_id"), _posting.at < bindparam(f"instant_{number}"))
        .order_by(_posting.at.desc(), _posting.entry_id.desc())
        .limit(1)
        .scalar_subquery()
        for number in range(PAST_DAYS)
    )
)


def read_recent_activity(transaction: Transaction, account_id: int, most: int) -> list[FoundRecord]:
    """At most that many of the account's transfer, conversion and time records, the newest first."""
    found = [
        FoundRecord(kind, record)
        for kind, statement, row_type in _RECENT
        for record in transaction.all(statement, row_type, account_id=account_id, most=most)
    ]
    return sorted(found, key=lambda one: one.position, reverse=True)[:most]


def find_shown_clocks(transaction: Transaction, account_id: int, active_id: int) -> list[Clock]:
    """The account's active clock, and those whose timer is active or paused, the oldest clock first."""
    return transaction.all(_SHOWN, Clock, account_id=account_id, active_id=active_id)


def read_balances_before(transaction: Transaction, balance_id: int, instants: Sequence[int]) -> list[int]:
    """What the balance held before each of these `PAST_DAYS` instants; 0 before its first posting."""
    values = {f"instant_{number}": instant for number, instant in enumerate(instants)}
    row = transaction.run(_BALANCES_BEFORE, balance_id=balance_id, **values).fetchone()
    return [held or 0 for held in row]


def prepare_overview(transaction: Transaction) -> None:
    """Compile the statements of an overview, which takes longer than to run them."""
    read_recent_activity(transaction, account_id=0, most=0)
    find_shown_clocks(transaction, account_id=0, active_id=0)
    read_balances_before(transaction, balance_id=0, instants=[0] * PAST_DAYS)
