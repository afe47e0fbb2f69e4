"""The data dicts that answers hold, and their declared types (docs/protocol.md)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Protocol, TypedDict

from ewallet_core.instructions.envelope import timestamp
from ewallet_core.ledger.rates import milliseconds_to_minutes
from ewallet_core.ledger.timer import Timer
from ewallet_core.operations.context import Context
from ewallet_core.storage.accounts import Account
from ewallet_core.storage.sessions import logged_in, sessions
from ewallet_core.storage.sheets import sheets
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import wallets

Timestamp = Annotated[str, "time"]
Minutes = Annotated[float, "number of minutes"]
Archive = dict[str, str]


class Dated(TypedDict):
    """When it was made and last changed."""

    create_date: Timestamp
    write_date: Timestamp


class AccountData(Dated):
    """What an account's owner sees of it."""

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


class SessionData(TypedDict):
    """A session, and every account that is logged in to it."""

    session_user_account: str | None
    session_credit_ewallet: int | None
    session_contact_list: int | None
    session_account_archive: dict[str, str]
    expires: Timestamp


class EwalletData(Dated):
    """A wallet, what it holds, and what belongs to it."""

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


class ClockData(Dated):
    """A clock as of now: what is left on it, and what its timer is doing."""

    id: int
    ewallet: int
    reference: str
    credit_clock: Minutes
    credit_clock_ms: int
    clock_state: str
    start_timestamp: Timestamp | None
    minutes_spent: Minutes
    minutes_spent_ms: int
    pending_time: Minutes
    pending_time_ms: int
    pending_count: int
    milliseconds_per_credit: int
    time_sheet: int
    time_sheet_archive: Archive
    conversion_sheet: int
    conversion_sheet_archive: Archive


class SheetData(Dated):
    """A sheet or list and a page of its records, the newest first; `ewallet`, `clock` or `user` owns it."""

    id: int
    reference: str
    record_count: int
    records: Archive
    rows: list[dict[str, Any]]
    next: int | None


class WorkerData(Dated):
    """A worker, and whether it has sessions and room for more."""

    id: int
    state: str
    session_count: int
    session_limit: int


Data = dict[str, Any]


class HasReference(Protocol):
    """Something with a number, and a name for people."""

    @property
    def id(self) -> int:
        """Its number."""
        ...

    @property
    def reference(self) -> str:
        """Its name for people."""
        ...


class HasDates(Protocol):
    """Something that was made once and changed since."""

    @property
    def created_at(self) -> int:
        """When it was made, in milliseconds UTC."""
        ...

    @property
    def written_at(self) -> int:
        """When it was last changed."""
        ...


def minutes(**milliseconds: int) -> Data:
    """Each span in minutes under its name, and exactly under its name with `_ms`."""
    return {
        key: value
        for name, span in milliseconds.items()
        for key, value in ((name, float(milliseconds_to_minutes(span))), (f"{name}_ms", span))
    }


def timer_data(timer: Timer, balance: int, now: int) -> Data:
    """What a timer is doing, and what is left on its clock, which has that balance."""
    return {
        "clock_state": str(timer.state),
        "start_timestamp": timestamp(timer.started_at),
        **minutes(
            credit_clock=timer.left_at(now, balance),
            minutes_spent=timer.spent_at(now),
            pending_time=timer.pending_at(now),
        ),
        "pending_count": timer.pauses,
    }


def archive(things: Iterable[HasReference]) -> dict[str, str]:
    """References by number; numbers are text, as JSON has them."""
    return {str(thing.id): thing.reference for thing in things}


def dates(dated: HasDates) -> Data:
    """When it was made and last changed."""
    return {"create_date": timestamp(dated.created_at), "write_date": timestamp(dated.written_at)}


def account_data(context: Context, account: Account) -> Data:
    """What an account's owner sees of it."""
    transaction = context.transaction
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
        "ewallet_archive": archive(wallets.all(transaction, account_id=account.id)),
        "contact_list_archive": archive(sheets.all(transaction, owner_id=account.id, kind="contact")),
        "to_unlink": account.to_unlink_at is not None,
        "to_unlink_timestamp": timestamp(account.to_unlink_at),
        **dates(account),
    }


def session_data(transaction: Transaction, session_id: int) -> Data:
    """The session as it is now, with every account that is logged in to it."""
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
