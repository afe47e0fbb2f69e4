"""Events: what happened to an account, written in the transaction in which it happened."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

import msgspec
from msgspec import to_builtins
from sqlalchemy import bindparam, func, select

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction

LARGEST_PAGE = 1_000


class EventKind(StrEnum):
    CREDITS_ARRIVED = "credits_arrived"
    CREDITS_LEFT = "credits_left"
    CREDITS_CONVERTED = "credits_converted"
    TIME_MOVED_OUT = "time_moved_out"
    TIME_MOVED_IN = "time_moved_in"
    TIMER_STARTED = "timer_started"
    TIMER_PAUSED = "timer_paused"
    TIMER_RESUMED = "timer_resumed"
    TIMER_STOPPED = "timer_stopped"
    TIMER_RAN_OUT = "timer_ran_out"
    ACCOUNT_CHANGED = "account_changed"
    OWNED_ITEM_CHANGED = "belongings_changed"
    LOGIN_FROM_NEW_ADDRESS = "login_from_new_address"


class Movement(StrEnum):
    SUPPLY = "supply"
    PAYMENT = "payment"
    TRANSFER = "transfer"
    OWN_TRANSFER = "own_transfer"
    REFUND = "refund"
    CONVERSION = "conversion"
    TIME = "time"


class EventRow(Row, frozen=True):
    """One event of an account; `data` is JSON text, `request_id` is of its own request that caused it."""

    sequence: int
    kind: str
    data: str
    at: int
    request_id: str | None
    movement: str | None


events = Rows(schema.events, EventRow)

_account = schema.accounts.c
# Counting locks the account's row, so events become visible in the order of their sequence.
_COUNT = (
    schema.accounts.update()
    .where(_account.id == bindparam("account_id"))
    .values(event_sequence=_account.event_sequence + 1)
)
_SEQUENCE_OF_SESSION = (
    select(_account.event_sequence)
    .join(schema.sessions, schema.sessions.c.account_id == _account.id)
    .where(schema.sessions.c.id == bindparam("session_id"))
)
_event = schema.events.c
_SINCE = (
    select(*events.columns)
    .where(_event.account_id == bindparam("account_id"), _event.sequence > bindparam("since"))
    .order_by(_event.sequence)
    .limit(LARGEST_PAGE)
)
_AFTER = select(_event.id, _event.account_id).where(_event.id > bindparam("after")).order_by(_event.id)
_LATEST = select(func.max(_event.id))


class NewEvent(msgspec.Struct, frozen=True):
    """An event that has no number yet; its columns are those of `EventRow`."""

    account_id: int
    kind: EventKind
    data: str
    at: int
    request_id: str | None
    movement: Movement | None = None


# What was just counted is read by the INSERT: in SQLite a RETURNING costs more than both statements.
_COUNTED = select(_account.event_sequence).where(_account.id == bindparam("account_id")).scalar_subquery()
_APPEND = (
    schema.events.insert()
    .inline()
    .values(sequence=_COUNTED, **{name: bindparam(name) for name in NewEvent.__struct_fields__})
)


def append_events(transaction: Transaction, *new: NewEvent) -> None:
    """Write events of different accounts, each with the next number of its account's sequence."""
    account_ids = [event.account_id for event in new]
    transaction.require_locks(account_ids)
    transaction.run_many(_COUNT, [{"account_id": account_id} for account_id in account_ids])
    transaction.run_many(_APPEND, map(to_builtins, new))
    for account_id in account_ids:
        transaction.events_written[account_id] = transaction.events_written.get(account_id, 0) + 1


def events_since(transaction: Transaction, account_id: int, since: int) -> list[EventRow]:
    """The account's events after that one, oldest first."""
    return transaction.all(_SINCE, EventRow, account_id=account_id, since=since)


def session_event_sequence(transaction: Transaction, session_id: int) -> int | None:
    """The sequence of the newest event of the session's active account; None if none is logged in."""
    return transaction.number(_SEQUENCE_OF_SESSION, session_id=session_id)


class SettledEvents(NamedTuple):
    """Every transaction that writes an event with an id up to `last_id` has ended.

    It was found by the connection of that number, or by none yet if that is 0. After the connection is lost,
    the database may be another server, which gives some of the ids again.
    """

    last_id: int
    connection: int


class EventCursor(NamedTuple):
    """Which events of all accounts a reader knows: those up to `settled`, and some later ones."""

    settled: int
    later: frozenset[int] = frozenset()
    connection: int = 0


class _Activity(Row, frozen=True):
    id: int
    account_id: int


def find_changed_accounts(
    transaction: Transaction, after: EventCursor | None, settled: SettledEvents | None
) -> tuple[EventCursor, set[int] | None]:
    """Where the events have got to, and the accounts that have events which `after` does not know.

    None instead of accounts means that any may have new events. `settled` is `Database.settled_events` from
    before the transaction.
    """
    if settled is None:
        return _find_changed_in_order(transaction, after)
    if after is None or after.connection != settled.connection or not settled.connection:
        is_known = settled.connection > 0
        found = _read_after(transaction, settled.last_id) if is_known else []
        return EventCursor(settled.last_id, frozenset(one.id for one in found), settled.connection), None
    found = _read_after(transaction, after.settled)
    later = frozenset(one.id for one in found if one.id > settled.last_id)
    changed = {one.account_id for one in found if one.id not in after.later}
    return EventCursor(settled.last_id, later, settled.connection), changed


def _find_changed_in_order(
    transaction: Transaction, after: EventCursor | None
) -> tuple[EventCursor, set[int] | None]:
    if after is None:
        return EventCursor(transaction.number(_LATEST) or 0), None
    found = _read_after(transaction, after.settled)
    latest = found[-1].id if found else after.settled
    return EventCursor(latest), {one.account_id for one in found}


def _read_after(transaction: Transaction, event_id: int) -> list[_Activity]:
    """The events of all accounts after that one, by id."""
    return transaction.all(_AFTER, _Activity, after=event_id)
