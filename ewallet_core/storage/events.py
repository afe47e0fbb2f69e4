"""Events: what happened to an account, written in the transaction in which it happened."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, select

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction

LARGEST_PAGE = 1_000


class EventKind(StrEnum):
    """What can happen to an account."""

    CREDITS_ARRIVED = "credits_arrived"
    CREDITS_LEFT = "credits_left"
    CREDITS_CONVERTED = "credits_converted"
    TIMER_STARTED = "timer_started"
    TIMER_PAUSED = "timer_paused"
    TIMER_RESUMED = "timer_resumed"
    TIMER_STOPPED = "timer_stopped"
    TIMER_RAN_OUT = "timer_ran_out"
    ACCOUNT_CHANGED = "account_changed"
    OWNED_ITEM_CHANGED = "belongings_changed"
    LOGIN_FROM_NEW_ADDRESS = "login_from_new_address"


class EventRow(Row, frozen=True):
    """An event at its place in its account's sequence; `data` is JSON text."""

    sequence: int
    kind: str
    data: str
    at: int


events = Rows(schema.events, EventRow)

_account = schema.accounts.c
# The account's row is locked while its sequence is counted, so that a reader of `since` misses none.
_NEXT_SEQUENCE = (
    schema.accounts.update()
    .where(_account.id == bindparam("account_id"))
    .values(event_sequence=_account.event_sequence + 1)
    .returning(_account.event_sequence)
)
_event = schema.events.c
_SINCE = (
    select(*events.columns)
    .where(_event.account_id == bindparam("account_id"), _event.sequence > bindparam("since"))
    .order_by(_event.sequence)
    .limit(LARGEST_PAGE)
)
_NEWS = select(_event.id, _event.account_id).where(_event.id > bindparam("after")).order_by(_event.id)
_LATEST = select(func.max(_event.id))
_FORGET = schema.events.delete().where(_event.at < bindparam("before"))


def append_event(transaction: Transaction, account_id: int, kind: EventKind, now: int, **data: Any) -> None:
    """Note that this happened to the account."""
    sequence = transaction.number(_NEXT_SEQUENCE, account_id=account_id)
    text = msgspec.json.encode(data).decode()
    events.insert(transaction, account_id=account_id, sequence=sequence, kind=kind, data=text, at=now)


def events_since(transaction: Transaction, account_id: int, since: int) -> list[EventRow]:
    """The account's events after that one, oldest first."""
    return transaction.all(_SINCE, EventRow, account_id=account_id, since=since)


class AccountActivity(Row, frozen=True):
    """That something happened to an account."""

    id: int
    account_id: int


def latest_event(transaction: Transaction) -> int:
    """The latest event of all accounts; 0 where there is none."""
    return transaction.number(_LATEST) or 0


def events_after(transaction: Transaction, event_id: int) -> list[AccountActivity]:
    """To which accounts something happened after that event, oldest first."""
    return transaction.all(_NEWS, AccountActivity, after=event_id)


def forget_old_events(transaction: Transaction, before: int) -> None:
    """Drop the events of all accounts from before then."""
    transaction.run(_FORGET, before=before)
