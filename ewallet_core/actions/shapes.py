"""What the data dicts of answers are made of (PROTOCOL section 4), declared for the reference and the tests.

`Timestamp` is RFC 3339 in UTC, `Minutes` are rounded to 6 places for reading, and a key with `_ms` is the
same span in whole milliseconds. The keys of an `Archive` are numbers as text.
"""

from __future__ import annotations

from typing import Annotated, Any, TypedDict

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
