"""Client ids, sessions and workers as they are kept; client ids and session tokens only as hashes."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from ewallet_core.storage import tables
from ewallet_core.storage.accounts import Account, accounts
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction


class ClientId(Row, frozen=True):
    """A client id that was given out."""

    id: int
    hash: bytes
    last_used_at: int
    expires_at: int


class Session(Row, frozen=True):
    """A session: its client, its worker, and the account that is active in it."""

    id: int
    client_id: int | None
    token_hash: bytes | None
    worker_id: int
    account_id: int | None
    address: str
    last_used_at: int
    expires_at: int


class Worker(Row, frozen=True):
    """A session worker, which takes as many sessions as its limit says."""

    id: int
    session_limit: int
    created_at: int
    written_at: int


class SessionAccount(Row, frozen=True):
    """An account that is logged in to a session, active or not."""

    session_id: int
    account_id: int
    logged_in_at: int


client_ids = Rows(tables.client_ids, ClientId)
sessions = Rows(tables.sessions, Session)
workers = Rows(tables.workers, Worker)
session_accounts = Rows(tables.session_accounts, SessionAccount)

_member = tables.session_accounts.c
_worker = tables.workers.c
_LOGGED_IN = (
    select(*accounts.columns)
    .join(tables.session_accounts, _member.account_id == tables.accounts.c.id)
    .where(_member.session_id == bindparam("session_id"))
    .order_by(_member.logged_in_at.desc(), _member.account_id.desc())
)
_session = tables.sessions.c
_SESSION_COUNT = select(func.count()).where(
    _session.worker_id == bindparam("worker_id"), _session.expires_at > bindparam("now")
)
_EXPIRED = select(_session.id).where(_session.expires_at <= bindparam("now"))
_END_EXPIRED = (
    tables.session_accounts.delete().where(_member.session_id.in_(_EXPIRED)),
    tables.sessions.delete().where(_session.expires_at <= bindparam("now")),
    tables.client_ids.delete().where(
        tables.client_ids.c.expires_at <= bindparam("now"),
        tables.client_ids.c.id.not_in(select(_session.client_id).where(_session.client_id.is_not(None))),
    ),
)
_ROOMY_WORKER = (
    select(*workers.columns)
    .outerjoin(tables.sessions, tables.sessions.c.worker_id == _worker.id)
    .group_by(*workers.columns)
    .having(func.count(tables.sessions.c.id) < _worker.session_limit)
    .order_by(_worker.id)
    .limit(1)
)
_OTHER_SESSIONS = (
    select(*sessions.columns)
    .join(tables.session_accounts, _member.session_id == tables.sessions.c.id)
    .where(_member.account_id == bindparam("account_id"), _member.session_id != bindparam("session_id"))
)


def logged_in(transaction: Transaction, session_id: int) -> list[Account]:
    """The accounts logged in to the session, the latest first."""
    return transaction.all(_LOGGED_IN, Account, session_id=session_id)


def session_count(transaction: Transaction, worker_id: int, now: int) -> int:
    """How many live sessions the worker has."""
    return transaction.number(_SESSION_COUNT, worker_id=worker_id, now=now) or 0


def end_expired_sessions(transaction: Transaction, now: int) -> None:
    """Remove the sessions and client ids that have expired; their accounts are logged out by that."""
    for statement in _END_EXPIRED:
        transaction.run(statement, now=now)


def worker_with_room(transaction: Transaction) -> Worker | None:
    """The first worker below its limit."""
    return transaction.one(_ROOMY_WORKER, Worker)


def end_session(transaction: Transaction, session_id: int) -> None:
    """Remove the session, and log its accounts out of it."""
    session_accounts.delete(transaction, session_id=session_id)
    sessions.delete(transaction, id=session_id)


def end_other_sessions(transaction: Transaction, account_id: int, kept_session_id: int) -> None:
    """End every session the account is logged in to, but one."""
    for session in transaction.all(
        _OTHER_SESSIONS, Session, account_id=account_id, session_id=kept_session_id
    ):
        end_session(transaction, session.id)
