"""Logins as they are kept: who is logged in where, the record of each, and failures that make one wait."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.sessions import (
    Session,
    end_session,
    logged_in,
    session_accounts,
    sessions,
)
from ewallet_core.storage.transaction import Transaction


class LoginRecord(Row, frozen=True):
    """A login or a logout, and what came of it."""

    id: int
    account_id: int | None
    kind: str
    outcome: str
    address: str
    at: int
    is_new_address: int


class LoginThrottle(Row, frozen=True):
    """How often in a row a name, known by its hash, failed from an address, and when last."""

    failures: int
    last_failed_at: int


class OwnSession(Row, frozen=True):
    """A session that an account is logged in to, and since when."""

    id: int
    logged_in_at: int
    last_used_at: int
    address: str
    expires_at: int


login_records = Rows(schema.login_records, LoginRecord)
login_throttles = Rows(schema.login_throttles, LoginThrottle)

_throttle = schema.login_throttles.c
_FORGET = schema.login_throttles.delete().where(_throttle.last_failed_at <= bindparam("before"))
_FORGET_NAME = schema.login_throttles.delete().where(_throttle.name_hash == bindparam("name_hash"))
_record = schema.login_records.c
_FORGET_NOBODYS = schema.login_records.delete().where(
    _record.account_id.is_(None), _record.at < bindparam("before")
)
_ACCEPTED = (
    select(_record.id)
    .where(
        _record.account_id == bindparam("account_id"),
        _record.kind == "login",
        _record.outcome == "accepted",
    )
    .limit(1)
)
_ACCEPTED_FROM_THERE = _ACCEPTED.where(_record.address == bindparam("address"))
_session, _member = schema.sessions.c, schema.session_accounts.c
_OWN_SESSIONS = (
    select(_session.id, _member.logged_in_at, _session.last_used_at, _session.address, _session.expires_at)
    .join(schema.session_accounts, _member.session_id == _session.id)
    .where(_member.account_id == bindparam("account_id"), _session.expires_at > bindparam("now"))
    .order_by(_member.logged_in_at.desc(), _session.id.desc())
)


def forget_failures(transaction: Transaction, before: int) -> None:
    """Drop the failures of every name that has not failed since then."""
    transaction.run(_FORGET, before=before)


def delete_logins_without_account(transaction: Transaction, before: int) -> None:
    """Drop the records, from before then, of logins with a name that nobody has."""
    transaction.run(_FORGET_NOBODYS, before=before)


def forget_failures_of(transaction: Transaction, name_hash: bytes) -> None:
    """Drop the failures of that name, from wherever."""
    transaction.run(_FORGET_NAME, name_hash=name_hash)


def is_new_address(transaction: Transaction, account_id: int, address: str) -> bool:
    """Whether the account was logged in to before, and never from that address."""
    if transaction.number(_ACCEPTED_FROM_THERE, account_id=account_id, address=address) is not None:
        return False
    return transaction.number(_ACCEPTED, account_id=account_id) is not None


def sessions_of(transaction: Transaction, account_id: int, now: int) -> list[OwnSession]:
    """The sessions that the account is logged in to now, the latest login first."""
    return transaction.all(_OWN_SESSIONS, OwnSession, account_id=account_id, now=now)


def log_out(transaction: Transaction, session: Session, account_id: int, now: int) -> None:
    """Log the account out of the session; if it was active there the next one becomes so, or none."""
    session_accounts.delete(transaction, session_id=session.id, account_id=account_id)
    active_id = session.account_id
    if active_id == account_id:
        left = logged_in(transaction, session.id)
        active_id = left[0].id if left else None
    sessions.change(transaction, session.id, account_id=active_id, written_at=now)


def leave_session(transaction: Transaction, session_id: int, account_id: int, now: int) -> None:
    """Log the account out of a session from elsewhere, and end it where nobody is left in it.

    Where it was active nobody is then: whoever sits there must not go on unasked as somebody else.
    """
    session_accounts.delete(transaction, session_id=session_id, account_id=account_id)
    if not logged_in(transaction, session_id):
        end_session(transaction, session_id)
    elif sessions.require(transaction, id=session_id).account_id == account_id:
        sessions.change(transaction, session_id, account_id=None, written_at=now)


def leave_sessions(transaction: Transaction, account_id: int, now: int, *, but: int | None = None) -> None:
    """Have the account leave every session that it is logged in to, but one."""
    for member in session_accounts.all(transaction, account_id=account_id):
        if member.session_id != but:
            leave_session(transaction, member.session_id, account_id, now)
