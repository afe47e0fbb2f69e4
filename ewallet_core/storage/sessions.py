"""Client ids, sessions and workers as they are kept; client ids and session tokens only as hashes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ColumnElement,
    Delete,
    Text,
    bindparam,
    cast,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.sql.dml import ReturningDelete

from ewallet_core.storage import schema
from ewallet_core.storage.accounts import Account, accounts
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.seen_requests import forget_scope
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
    created_at: int


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


client_ids = Rows(schema.client_ids, ClientId)
sessions = Rows(schema.sessions, Session)
workers = Rows(schema.workers, Worker)
session_accounts = Rows(schema.session_accounts, SessionAccount)

_member = schema.session_accounts.c
_worker = schema.workers.c
_LOGGED_IN = (
    select(*accounts.columns)
    .join(schema.session_accounts, _member.account_id == schema.accounts.c.id)
    .where(_member.session_id == bindparam("session_id"))
    .order_by(_member.logged_in_at.desc(), _member.account_id.desc())
)
_session = schema.sessions.c
_SESSION_COUNT = select(func.count()).where(
    _session.worker_id == bindparam("worker_id"), _session.expires_at > bindparam("now")
)
_CLIENT_IDS_HELD = select(_session.client_id).where(_session.client_id.is_not(None))
_CLIENT_ID_EXPIRED = schema.client_ids.c.expires_at <= bindparam("now")


Removal = Delete | ReturningDelete[Any]


def _ending(*which: ColumnElement[bool]) -> tuple[Removal, ...]:
    """What removes those sessions, the accounts that are logged in to them, and what they asked before."""
    scopes = select(literal("session ").concat(cast(_session.id, Text))).where(*which)
    return (
        schema.seen_requests.delete().where(schema.seen_requests.c.scope.in_(scopes)),
        schema.session_accounts.delete().where(_member.session_id.in_(select(_session.id).where(*which))),
        schema.sessions.delete().where(*which).returning(_session.id),
    )


_IS_EXPIRED = _session.expires_at <= bindparam("now")
_END_ONE = _ending(_session.id == bindparam("session_id"))
_END_EXPIRED = _ending(_IS_EXPIRED)
_END_EXPIRED_TOKENS = _ending(_IS_EXPIRED, _session.token_hash.is_not(None))
_END_WITH_THEIR_CLIENTS = _ending(
    _IS_EXPIRED, _session.client_id.in_(select(schema.client_ids.c.id).where(_CLIENT_ID_EXPIRED))
)
_DROP_EXPIRED_CLIENT_IDS = (
    schema.client_ids.delete()
    .where(_CLIENT_ID_EXPIRED, schema.client_ids.c.id.not_in(_CLIENT_IDS_HELD))
    .returning(schema.client_ids.c.id)
)
_IS_VACANT = ~exists().where(_session.worker_id == _worker.id)
_FORGET_VACANT_WORKERS = schema.seen_requests.delete().where(
    schema.seen_requests.c.scope.in_(
        select(literal("worker ").concat(cast(_worker.id, Text))).where(_IS_VACANT)
    )
)
_DROP_VACANT_WORKERS = schema.workers.delete().where(_IS_VACANT).returning(_worker.id)
_ROOMY_WORKER = (
    select(*workers.columns)
    .outerjoin(schema.sessions, schema.sessions.c.worker_id == _worker.id)
    .group_by(*workers.columns)
    .having(func.count(schema.sessions.c.id) < _worker.session_limit)
    .order_by(_worker.id)
    .limit(1)
)


def logged_in(transaction: Transaction, session_id: int) -> list[Account]:
    """The accounts logged in to the session, the latest first."""
    return transaction.all(_LOGGED_IN, Account, session_id=session_id)


def session_count(transaction: Transaction, worker_id: int, now: int) -> int:
    """How many live sessions the worker has."""
    return transaction.number(_SESSION_COUNT, worker_id=worker_id, now=now) or 0


def end_expired_sessions(transaction: Transaction, now: int) -> list[int]:
    """Remove the sessions that have expired; their accounts are logged out by that. Returns their ids."""
    return _removed(transaction, *_END_EXPIRED, now=now)


def end_expired_tokens(transaction: Transaction, now: int) -> list[int]:
    """Remove the expired sessions that a token opens, as `end_expired_sessions` does."""
    return _removed(transaction, *_END_EXPIRED_TOKENS, now=now)


def drop_expired_client_ids(transaction: Transaction, now: int) -> list[int]:
    """Remove the client ids that have expired, and the sessions that expired with them."""
    return _removed(transaction, *_END_WITH_THEIR_CLIENTS, _DROP_EXPIRED_CLIENT_IDS, now=now)


def drop_client_id(transaction: Transaction, client: ClientId) -> None:
    """Remove the client id, and with it the session that it opened."""
    session = sessions.find(transaction, client_id=client.id)
    if session is not None:
        end_session(transaction, session.id)
    client_ids.delete(transaction, id=client.id)


def drop_vacant_workers(transaction: Transaction, now: int) -> list[int]:
    """Remove the workers that have no live session; returns their ids."""
    end_expired_sessions(transaction, now)
    return _removed(transaction, _FORGET_VACANT_WORKERS, _DROP_VACANT_WORKERS)


def drop_worker(transaction: Transaction, worker: Worker, now: int) -> None:
    """Remove a worker that has no live session."""
    end_expired_sessions(transaction, now)
    forget_scope(transaction, f"worker {worker.id}")
    workers.delete(transaction, id=worker.id)


def worker_with_capacity(transaction: Transaction) -> Worker | None:
    """The first worker below its limit."""
    return transaction.one(_ROOMY_WORKER, Worker)


def end_session(transaction: Transaction, session_id: int) -> None:
    """Remove the session, and log its accounts out of it."""
    _removed(transaction, *_END_ONE, session_id=session_id)


def _removed(transaction: Transaction, *statements: Removal, **values: int) -> list[int]:
    """The ids that the last of the statements returns, in their order."""
    *before, last = statements
    for statement in before:
        transaction.run(statement, **values)
    return sorted(row[0] for row in transaction.run(last, **values).fetchall())
