"""Logins: the sessions of an account, the login history, and the throttle's failures."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.sessions import Session, end_session, logged_in, session_accounts, sessions
from ewallet_core.storage.transaction import Transaction


class LoginRecord(Row, frozen=True):
    id: int
    account_id: int | None
    kind: str
    outcome: str
    address: str
    at: int
    is_new_address: int


class LoginThrottle(Row, frozen=True):
    """The failures in a row of a login key (by its hash) at an address, and the last of them."""

    failures: int
    last_failed_at: int


class OwnSession(Row, frozen=True):
    id: int
    logged_in_at: int
    last_used_at: int
    address: str
    expires_at: int


login_records = Rows(schema.login_records, LoginRecord)
login_throttles = Rows(schema.login_throttles, LoginThrottle)

_throttle = schema.login_throttles.c
_FORGET = schema.login_throttles.delete().where(_throttle.last_failed_at <= bindparam("before"))
_record = schema.login_records.c
_ACCEPTED = (
    select(_record.id)
    .where(
        _record.account_id == bindparam("account_id"), _record.kind == "login", _record.outcome == "accepted"
    )
    .limit(1)
)
_ACCEPTED_FROM_ADDRESS = _ACCEPTED.where(_record.address == bindparam("address"))
_session, _member = schema.sessions.c, schema.session_accounts.c
_OWN_SESSIONS = (
    select(_session.id, _member.logged_in_at, _session.last_used_at, _session.address, _session.expires_at)
    .join(schema.session_accounts, _member.session_id == _session.id)
    .where(_member.account_id == bindparam("account_id"), _session.expires_at > bindparam("now"))
    .order_by(_member.logged_in_at.desc(), _session.id.desc())
)


def forget_failures(transaction: Transaction, before: int) -> None:
    """Delete the failures of every login key that has not failed since then."""
    transaction.run(_FORGET, before=before)


def is_new_address(transaction: Transaction, account_id: int, address: str) -> bool:
    """Whether the account has logins, and none from that address."""
    if transaction.number(_ACCEPTED_FROM_ADDRESS, account_id=account_id, address=address) is not None:
        return False
    return transaction.number(_ACCEPTED, account_id=account_id) is not None


def sessions_of(transaction: Transaction, account_id: int, now: int) -> list[OwnSession]:
    """The live sessions that the account is logged in to, the latest login first."""
    return transaction.all(_OWN_SESSIONS, OwnSession, account_id=account_id, now=now)


def log_out(transaction: Transaction, session: Session, account_id: int, now: int) -> None:
    """Log the account out of the session. If it was active there, the next account becomes active."""
    session_accounts.delete(transaction, session_id=session.id, account_id=account_id)
    active_id = session.account_id
    if active_id == account_id:
        left = logged_in(transaction, session.id)
        active_id = left[0].id if left else None
    sessions.change(transaction, session.id, account_id=active_id, written_at=now)


def leave_session(transaction: Transaction, session_id: int, account_id: int, now: int) -> None:
    """Log the account out of another session, and end that session if it has no account left.

    If the account was active in it, no account is afterwards: its user must not act as another one unawares.
    """
    session_accounts.delete(transaction, session_id=session_id, account_id=account_id)
    if not logged_in(transaction, session_id):
        end_session(transaction, session_id, now)
    elif sessions.require(transaction, id=session_id).account_id == account_id:
        sessions.change(transaction, session_id, account_id=None, written_at=now)


def leave_sessions(transaction: Transaction, account_id: int, now: int, *, but: int | None = None) -> None:
    for member in session_accounts.all(transaction, account_id=account_id):
        if member.session_id != but:
            leave_session(transaction, member.session_id, account_id, now)
