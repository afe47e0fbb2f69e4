"""The data dicts that answers hold: the declared type of each, and the function that builds it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, Any, TypedDict

from ewallet_core.instructions.envelope import timestamp
from ewallet_core.ledger.rates import MILLIONTHS, milliseconds_to_millionths
from ewallet_core.ledger.timer import Timer
from ewallet_core.operations.context import Context, SessionContext
from ewallet_core.storage.accounts import Account, accounts
from ewallet_core.storage.sessions import (
    ClientIdFacts,
    SessionFacts,
    Worker,
    last_expiry,
    logged_in,
    session_count,
    sessions,
)
from ewallet_core.storage.sheets import Record, Sheet
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import (
    Clock,
    OwnedName,
    Wallet,
    names_owned_by_account,
    names_owned_by_clock,
    names_owned_by_wallet,
)
from ewallet_core.types import RecordType

Timestamp = Annotated[str, "time"]
Date = Annotated[str, "date"]
Minutes = Annotated[float, "number of minutes"]
Archive = dict[str, str]
"""References by id; the ids are text, as the keys of a JSON object."""
Data = dict[str, Any]
"""A data dict whose keys depend on the kind of record or event."""


def in_minutes(milliseconds: int) -> float:
    """A span in minutes, rounded to 6 places for reading."""
    return milliseconds_to_millionths(milliseconds) / MILLIONTHS


def minutes(**milliseconds: int) -> Data:
    """Each span in minutes under its name, and in whole milliseconds under its name with `_ms`."""
    return {
        key: value
        for name, span in milliseconds.items()
        for key, value in ((name, in_minutes(span)), (f"{name}_ms", span))
    }


def archive(items: Iterable[Record]) -> Archive:
    """The references of these items by id."""
    return {str(item.id): item.reference for item in items}


class Dated(TypedDict):
    """When it was created and last changed."""

    create_date: Timestamp
    write_date: Timestamp


def dates(row: Account | Wallet | Clock | Sheet | Record | SessionFacts | ClientIdFacts) -> Dated:
    created = timestamp(row.created_at)
    # Most rows of an export were never changed.
    written = created if row.written_at == row.created_at else timestamp(row.written_at)
    return {"create_date": created, "write_date": written}


class AccountData(Dated):
    """An account as its owner sees it."""

    id: int
    name: str
    email: str
    phone: str
    alias: str
    state: str
    role: str
    ewallet: int
    contact_list: int
    ewallet_archive: Archive
    contact_list_archive: Archive
    to_unlink: bool
    to_unlink_timestamp: Timestamp | None
    must_change_email: bool


def account_data(context: Context, account: Account) -> AccountData:
    archives = _archives(names_owned_by_account(context.transaction, account.id))
    return {
        "id": account.id,
        "name": account.name,
        "email": account.email,
        "phone": account.phone,
        "alias": account.alias,
        "state": str(account.state),
        "role": str(account.role),
        "ewallet": account.ewallet_id,
        "contact_list": account.contact_list_id,
        "ewallet_archive": archives["wallet"],
        "contact_list_archive": archives[RecordType.CONTACT],
        "to_unlink": account.to_unlink_at is not None,
        "to_unlink_timestamp": timestamp(account.to_unlink_at),
        # An older account has it in another spelling.
        "must_change_email": account.email_key is None,
        **dates(account),
    }


class SessionData(TypedDict):
    """A session, and every account that is logged in to it."""

    session_user_account: str | None
    session_credit_ewallet: int | None
    session_contact_list: int | None
    session_account_archive: dict[str, str]
    expires: Timestamp


def session_data(transaction: Transaction, session_id: int) -> SessionData:
    session = sessions.require(transaction, id=session_id)
    members = logged_in(transaction, session.id)
    active = next((account for account in members if account.id == session.account_id), None)
    return {
        "session_user_account": active.email if active else None,
        "session_credit_ewallet": active.ewallet_id if active else None,
        "session_contact_list": active.contact_list_id if active else None,
        "session_account_archive": {account.email: account.name for account in members},
        "expires": timestamp(session.expires_at),
    }


class AccountAnswer(TypedDict):
    """The answer about the caller's account."""

    account: str
    account_data: AccountData


class LoginAnswer(AccountAnswer):
    """The answer about an account and the session that it was made in or logged in to."""

    session_data: SessionData


def login_answer(context: SessionContext, account_id: int) -> LoginAnswer:
    """The answer about an account, as it is now, and the caller's session."""
    account = accounts.require(context.transaction, id=account_id)
    return {
        "account": account.email,
        "account_data": account_data(context, account),
        "session_data": session_data(context.transaction, context.session.id),
    }


class SessionAnswer(TypedDict):
    """The answer about a session."""

    ewallet_session: int
    session_data: SessionData


def session_answer(context: Context, session_id: int) -> SessionAnswer:
    return {"ewallet_session": session_id, "session_data": session_data(context.transaction, session_id)}


class EwalletData(Dated):
    """A wallet, its credits, its clocks and its sheets."""

    id: int
    user: int
    reference: str
    credits: int
    clock: int
    clock_archive: Archive
    transfer_sheet: int
    transfer_sheet_archive: Archive
    invoice_sheet: int
    invoice_sheet_archive: Archive


def ewallet_data(context: Context, wallet: Wallet) -> EwalletData:
    """The wallet as it was read, and what belongs to it."""
    archives = _archives(names_owned_by_wallet(context.transaction, wallet.id))
    return {
        "id": wallet.id,
        "user": wallet.account_id,
        "reference": wallet.reference,
        "credits": wallet.credits,
        "clock": wallet.clock_id,
        "clock_archive": archives["clock"],
        "transfer_sheet": wallet.transfer_sheet_id,
        "transfer_sheet_archive": archives[RecordType.TRANSFER],
        "invoice_sheet": wallet.invoice_sheet_id,
        "invoice_sheet_archive": archives[RecordType.INVOICE],
        **dates(wallet),
    }


class TimerData(TypedDict):
    """What a timer is doing, since when, what its run is for, and the time left on its clock."""

    clock_state: str
    start_timestamp: Timestamp | None
    credit_clock: Minutes
    credit_clock_ms: int
    minutes_spent: Minutes
    minutes_spent_ms: int
    pending_time: Minutes
    pending_time_ms: int
    pending_count: int
    since_timestamp: Timestamp | None
    timer_notes: str
    timer_tags: list[str]


def timer_data(clock: Clock, timer: Timer, balance: int, now: int) -> TimerData:
    """A timer of the clock; its run has the clock's note and tags."""
    left, spent, pending = timer.left_at(now, balance), timer.spent_at(now), timer.pending_at(now)
    return {
        "clock_state": str(timer.state),
        "start_timestamp": timestamp(timer.started_at),
        "credit_clock": in_minutes(left),
        "credit_clock_ms": left,
        "minutes_spent": in_minutes(spent),
        "minutes_spent_ms": spent,
        "pending_time": in_minutes(pending),
        "pending_time_ms": pending,
        "pending_count": timer.pauses,
        "since_timestamp": timestamp(timer.since),
        "timer_notes": clock.timer_notes if timer.has_started else "",
        "timer_tags": clock.timer_tags.split() if timer.has_started else [],
    }


class ClockData(Dated, TimerData):
    """A clock as of now: the time left, the current run of its timer, and its sheets."""

    id: int
    ewallet: int
    reference: str
    milliseconds_per_credit: int
    may_stop_in_the_past: bool
    time_sheet: int
    time_sheet_archive: Archive
    conversion_sheet: int
    conversion_sheet_archive: Archive


def clock_data(context: Context, clock: Clock) -> ClockData:
    """The clock as it was read, with its timer as of now, and what belongs to it."""
    archives = _archives(names_owned_by_clock(context.transaction, clock.id))
    return {
        "id": clock.id,
        "ewallet": clock.ewallet_id,
        "reference": clock.reference,
        **timer_data(clock, clock.timer, clock.balance_ms, context.now),
        "milliseconds_per_credit": context.config.milliseconds_per_credit,
        "may_stop_in_the_past": context.may_stop_in_the_past,
        "time_sheet": clock.time_sheet_id,
        "time_sheet_archive": archives[RecordType.TIME],
        "conversion_sheet": clock.conversion_sheet_id,
        "conversion_sheet_archive": archives[RecordType.CONVERSION],
        **dates(clock),
    }


class SheetData(Dated):
    """A sheet or list, a page of its records, and their totals if they were asked for.

    `ewallet`, `clock` or `user` is its owner.
    """

    id: int
    reference: str
    record_count: int
    records: Archive
    rows: list[dict[str, Any]]
    next: int | None
    totals: dict[str, Any] | None


class FoundRow(TypedDict):
    """A record's kind, number and data."""

    kind: str
    record: int
    record_data: dict[str, Any]


class WorkerData(Dated):
    """A worker, and whether it has sessions and room for more."""

    id: int
    state: str
    session_count: int
    session_limit: int


def worker_data(transaction: Transaction, worker: Worker, now: int) -> WorkerData:
    count = session_count(transaction, worker.id, now)
    expired_at = last_expiry(transaction, worker.id, now) or worker.written_at
    return {
        "id": worker.id,
        "state": "vacant" if count == 0 else "full" if count >= worker.session_limit else "available",
        "session_count": count,
        "session_limit": worker.session_limit,
        "create_date": timestamp(worker.created_at),
        "write_date": timestamp(max(worker.written_at, expired_at)),
    }


class WorkerAnswer(TypedDict):
    """The answer about a worker."""

    worker: int
    worker_data: WorkerData


def worker_answer(context: Context, worker: Worker) -> WorkerAnswer:
    return {"worker": worker.id, "worker_data": worker_data(context.transaction, worker, context.now)}


def _archives(owned: Iterable[OwnedName]) -> dict[str, Archive]:
    """The references of what belongs to an owner, by what it is and by id."""
    archives: defaultdict[str, Archive] = defaultdict(dict)
    for item in owned:
        archives[item.what][str(item.id)] = item.reference
    return archives
