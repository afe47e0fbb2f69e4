"""Logins: the sessions of an account, the login history and origins, and the throttle's failures."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, bindparam, or_, select

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.sessions import end_session, logged_in, session_accounts, sessions
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
    """The failures of a login key (by its hash) at a place, and the last of them."""

    failures: int
    last_failed_at: int


class LoginOrigin(Row, frozen=True):
    """A network or a client from which the account was logged in to."""

    origin: str


class OwnSession(Row, frozen=True):
    id: int
    logged_in_at: int
    last_used_at: int
    address: str
    expires_at: int
    lifetime_ms: int | None


login_records = Rows(schema.login_records, LoginRecord)
login_throttles = Rows(schema.login_throttles, LoginThrottle)
login_origins = Rows(schema.login_origins, LoginOrigin)

ORIGIN_KEPT_MS = 30 * 24 * 60 * 60_000
MOST_ORIGINS = 20
"""How many networks of an account are kept, and how many clients: the latest ones."""
CLIENT_ORIGIN = "client "
"""How the origin of a client begins."""

_throttle = schema.login_throttles.c
_FORGET = schema.login_throttles.delete().where(
    or_(_throttle.last_failed_at <= bindparam("before"), _throttle.last_failed_at > bindparam("after"))
)
_origin = schema.login_origins.c
_ORIGINS_AMONG = select(_origin.origin).where(
    _origin.account_id == bindparam("account_id"),
    _origin.origin.in_((bindparam("first"), bindparam("last"))),
    _origin.last_login_at > bindparam("after"),
)
_IS_CLIENT = _origin.origin.startswith(CLIENT_ORIGIN)


def _latest_origins(of_kind: ColumnElement[bool]) -> Select[tuple[str]]:
    return (
        select(_origin.origin)
        .where(_origin.account_id == bindparam("account_id"), of_kind)
        .order_by(_origin.last_login_at.desc(), _origin.origin)
        .limit(MOST_ORIGINS)
    )


# Apart, because a program that logs in with many clients must not make the owner's networks unknown.
_FORGET_EARLIER_ORIGINS = schema.login_origins.delete().where(
    _origin.account_id == bindparam("account_id"),
    _origin.origin.not_in(_latest_origins(_IS_CLIENT)),
    _origin.origin.not_in(_latest_origins(~_IS_CLIENT)),
)
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
    select(
        _session.id,
        _member.logged_in_at,
        _session.last_used_at,
        _session.address,
        _session.expires_at,
        _session.lifetime_ms,
    )
    .join(schema.session_accounts, _member.session_id == _session.id)
    .where(_member.account_id == bindparam("account_id"), _session.expires_at > bindparam("now"))
    .order_by(_member.logged_in_at.desc(), _session.id.desc())
)
_LOCK_SESSION = (
    select(_session.id).where(_session.id == bindparam("session_id")).with_for_update(key_share=True)
)


def forget_failures(transaction: Transaction, before: int, after: int) -> None:
    """Delete the failures of every login key that last failed up to `before`, or only later than `after`."""
    transaction.run(_FORGET, before=before, after=after)


def origins_among(transaction: Transaction, account_id: int, origins: Sequence[str], now: int) -> list[str]:
    """Those of one or two origins from which the account was logged in to within the last 30 days."""
    among = {"first": origins[0], "last": origins[-1]}
    found = transaction.all(
        _ORIGINS_AMONG, LoginOrigin, account_id=account_id, **among, after=now - ORIGIN_KEPT_MS
    )
    return [each.origin for each in found]


def note_origins(transaction: Transaction, account_id: int, origins: Sequence[str], now: int) -> None:
    """Note that the account was logged in to from these origins."""
    for origin in origins:
        login_origins.delete(transaction, account_id=account_id, origin=origin)
        login_origins.add(transaction, account_id=account_id, origin=origin, last_login_at=now)
    transaction.run(_FORGET_EARLIER_ORIGINS, account_id=account_id)


def is_new_address(transaction: Transaction, account_id: int, address: str) -> bool:
    """Whether the account has logins, and none from that address."""
    if transaction.number(_ACCEPTED_FROM_ADDRESS, account_id=account_id, address=address) is not None:
        return False
    return transaction.number(_ACCEPTED, account_id=account_id) is not None


def sessions_of(transaction: Transaction, account_id: int, now: int) -> list[OwnSession]:
    """The live sessions that the account is logged in to, the latest login first."""
    return transaction.all(_OWN_SESSIONS, OwnSession, account_id=account_id, now=now)


def log_out(transaction: Transaction, session_id: int, account_id: int, now: int) -> None:
    """Log the session's active account out of it; the next one becomes active."""
    session_accounts.delete(transaction, session_id=session_id, account_id=account_id)
    left = logged_in(transaction, session_id)
    active_id = left[0].id if left else None
    sessions.change(transaction, session_id, account_id=active_id, written_at=now)


def leave_session(transaction: Transaction, session_id: int, account_id: int, now: int) -> None:
    """Log the account out of another session, and end that session if it has no account left.

    If the account was active in it, no account is afterwards: its user must not act as another one unawares.
    """
    if transaction.locks_rows:
        # Another of its accounts may log out meanwhile, which makes one active that is left.
        transaction.run(_LOCK_SESSION, session_id=session_id)
    session_accounts.delete(transaction, session_id=session_id, account_id=account_id)
    if not logged_in(transaction, session_id):
        end_session(transaction, session_id, now)
    elif sessions.require(transaction, id=session_id).account_id == account_id:
        sessions.change(transaction, session_id, account_id=None, written_at=now)


def leave_sessions(transaction: Transaction, account_id: int, now: int, *, but: int | None = None) -> None:
    for member in session_accounts.all(transaction, account_id=account_id):
        if member.session_id != but:
            leave_session(transaction, member.session_id, account_id, now)
