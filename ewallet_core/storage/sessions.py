"""Client ids and session tokens (stored as hashes), sessions, workers, and the requests that they sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Delete,
    Select,
    Text,
    Update,
    bindparam,
    case,
    cast,
    exists,
    func,
    literal,
    select,
)
from sqlalchemy.sql.dml import ReturningDelete

from ewallet_core.storage import schema
from ewallet_core.storage.accounts import Account, accounts
from ewallet_core.storage.rows import ABOVE_ALL_IDS, Row, Rows
from ewallet_core.storage.transaction import SESSION_PLACES, Transaction

SESSIONS_IN_A_SLICE = 200
"""How many of what has expired one transaction removes, so that it holds up others for some milliseconds."""
SESSIONS_AT_ONCE = 100
"""How many sessions one statement looks for."""
MOST_IDLE_AND_LONG = 1_000
"""How many sessions with a lifetime of their own are kept in which no account is active."""


class ClientId(Row, frozen=True):
    id: int
    expires_at: int


class CallersSession(Row, frozen=True):
    """What most instructions need to know of the session of their caller.

    `lifetime_ms` is how long its client wants it to live unused, None as long as usual.
    """

    id: int
    last_used_at: int
    expires_at: int
    lifetime_ms: int | None


class Session(CallersSession, frozen=True):
    client_id: int | None
    token_hash: bytes | None
    worker_id: int
    account_id: int | None
    address: str
    created_at: int


class SessionFacts(Row, frozen=True):
    """What is needed of a session only to show it."""

    worker_id: int
    created_at: int
    written_at: int
    reference: str | None


class ClientIdFacts(Row, frozen=True):
    """What is needed of a client id only to show it."""

    created_at: int
    written_at: int


class Worker(Row, frozen=True):
    """A group of at most `session_limit` sessions."""

    id: int
    session_limit: int
    created_at: int
    written_at: int


class SessionAccount(Row, frozen=True):
    session_id: int
    account_id: int
    logged_in_at: int


class RenewedToken(Row, frozen=True):
    """What the session's present token was made from, beside the token before it."""

    session_id: int
    salt: bytes


class SeenRequest(Row, frozen=True):
    """A request that was answered: a repeated one gets the same answer and does nothing again."""

    fingerprint: bytes
    answer: str
    seen_at: int


client_ids = Rows(schema.client_ids, ClientId)
sessions = Rows(schema.sessions, Session)
callers_sessions = Rows(schema.sessions, CallersSession)
session_facts = Rows(schema.sessions, SessionFacts)
client_id_facts = Rows(schema.client_ids, ClientIdFacts)
workers = Rows(schema.workers, Worker)
session_accounts = Rows(schema.session_accounts, SessionAccount)
renewed_tokens = Rows(schema.renewed_tokens, RenewedToken)
seen_requests = Rows(schema.seen_requests, SeenRequest)

_LOCK_SEEN = (
    select(schema.seen_requests.c.request_id)
    .where(
        schema.seen_requests.c.scope == bindparam("scope"),
        schema.seen_requests.c.request_id == bindparam("request_id"),
    )
    .with_for_update(key_share=True)
)

_session, _worker, _member = schema.sessions.c, schema.workers.c, schema.session_accounts.c
_LOGGED_IN = (
    select(*accounts.columns)
    .join(schema.session_accounts, _member.account_id == schema.accounts.c.id)
    .where(_member.session_id == bindparam("session_id"))
    .order_by(_member.logged_in_at.desc(), _member.account_id.desc())
)
_SESSION_COUNT = select(func.count()).where(
    _session.worker_id == bindparam("worker_id"), _session.expires_at > bindparam("now")
)
_LAST_EXPIRY = select(func.max(_session.expires_at)).where(
    _session.worker_id == bindparam("worker_id"), _session.expires_at <= bindparam("now")
)
_CLIENT_ID_EXPIRED = schema.client_ids.c.expires_at <= bindparam("now")

Removal = Update | Delete | ReturningDelete[Any]


def _ending(*conditions: ColumnElement[bool]) -> tuple[Removal, ...]:
    """The statements that delete these sessions with their logins and their seen requests."""
    scopes = select(literal("session ").concat(cast(_session.id, Text))).where(*conditions)
    # An expired session has left its worker when it expired.
    left_at = case((_session.expires_at < bindparam("now"), _session.expires_at), else_=bindparam("now"))
    last_left = select(func.max(left_at)).where(_session.worker_id == _worker.id, *conditions)
    moved = last_left.correlate(schema.workers).scalar_subquery()
    return (
        schema.workers.update()
        .where(_worker.id.in_(select(_session.worker_id).where(*conditions)), _worker.written_at < moved)
        .values(written_at=moved),
        schema.seen_requests.delete().where(schema.seen_requests.c.scope.in_(scopes)),
        schema.session_accounts.delete().where(
            _member.session_id.in_(select(_session.id).where(*conditions))
        ),
        schema.sessions.delete().where(*conditions).returning(_session.id),
    )


_IS_EXPIRED = _session.expires_at <= bindparam("now")


class _Ending(NamedTuple):
    """How sessions are ended: they are locked first, so that each statement finds the same ones."""

    locking: Select[Any]
    removals: tuple[Removal, ...]


def _end_first_expired(*conditions: ColumnElement[bool]) -> _Ending:
    """The `most` sessions that expired first and meet the conditions."""
    first = (
        select(_session.id)
        .where(_IS_EXPIRED, *conditions)
        .order_by(_session.expires_at, _session.id)
        .limit(bindparam("most"))
    )
    locking = first.with_for_update(of=schema.sessions)
    return _Ending(locking, _ending(_session.id.in_(first.correlate(None))))


_END_ONE = _ending(_session.id == bindparam("session_id"))
_END_EXPIRED = _end_first_expired()
_END_EXPIRED_TOKENS = _end_first_expired(_session.token_hash.is_not(None))
_END_WITH_THEIR_CLIENTS = _end_first_expired(
    _session.client_id.in_(select(schema.client_ids.c.id).where(_CLIENT_ID_EXPIRED))
)
_FIRST_EXPIRED_CLIENT_IDS = (
    select(schema.client_ids.c.id)
    .where(_CLIENT_ID_EXPIRED, ~exists().where(_session.client_id == schema.client_ids.c.id))
    .order_by(schema.client_ids.c.expires_at, schema.client_ids.c.id)
    .limit(bindparam("most"))
)
_DROP_EXPIRED_CLIENT_IDS = (
    schema.client_ids.delete()
    # It may have been used meanwhile.
    .where(schema.client_ids.c.id.in_(_FIRST_EXPIRED_CLIENT_IDS.correlate(None)), _CLIENT_ID_EXPIRED)
    .returning(schema.client_ids.c.id)
)
_IDLE_AND_LONG = (
    select(*client_ids.columns)
    .join(schema.sessions, _session.client_id == schema.client_ids.c.id)
    .where(_session.lifetime_ms.is_not(None), _session.account_id.is_(None))
    .order_by(_session.last_used_at.desc(), _session.id.desc())
    .limit(SESSIONS_IN_A_SLICE)
    .offset(MOST_IDLE_AND_LONG)
)
_PLACES = tuple(f"session_{place}" for place in range(SESSIONS_AT_ONCE))
_ACTIVE_ACCOUNTS = select(_session.id, _session.account_id).where(
    _session.id.in_([bindparam(place, type_=BigInteger) for place in _PLACES])
)
_IS_VACANT = ~exists().where(_session.worker_id == _worker.id)
_FORGET_VACANT_WORKERS = schema.seen_requests.delete().where(
    schema.seen_requests.c.scope.in_(
        select(literal("worker ").concat(cast(_worker.id, Text))).where(_IS_VACANT)
    )
)
_DROP_VACANT_WORKERS = schema.workers.delete().where(_IS_VACANT).returning(_worker.id)
_WORKER_WITH_CAPACITY = (
    select(*workers.columns)
    .outerjoin(schema.sessions, schema.sessions.c.worker_id == _worker.id)
    .group_by(*workers.columns)
    .having(func.count(schema.sessions.c.id) < _worker.session_limit)
    .order_by(_worker.id)
    .limit(1)
)


def find_active_accounts(transaction: Transaction, session_ids: Sequence[int]) -> dict[int, int | None]:
    """The active account of each of these sessions, or None, by session id."""
    found = []
    for first in range(0, len(session_ids), SESSIONS_AT_ONCE):
        ids = list(session_ids[first : first + SESSIONS_AT_ONCE])
        # The statement takes always as many; the last id again adds nothing.
        ids += ids[-1:] * (SESSIONS_AT_ONCE - len(ids))
        found.append(transaction.run(_ACTIVE_ACCOUNTS, **dict(zip(_PLACES, ids, strict=True))))
    return dict(row for rows in found for row in rows.fetchall())


def logged_in(transaction: Transaction, session_id: int) -> list[Account]:
    return transaction.all(_LOGGED_IN, Account, session_id=session_id)


def has_token(transaction: Transaction, session_id: int, token_hash: bytes) -> bool:
    return sessions.find(transaction, id=session_id, token_hash=token_hash) is not None


def session_count(transaction: Transaction, worker_id: int, now: int) -> int:
    return transaction.number(_SESSION_COUNT, worker_id=worker_id, now=now) or 0


def last_expiry(transaction: Transaction, worker_id: int, now: int) -> int | None:
    """When the last of the worker's expired sessions that are not deleted yet expired."""
    return transaction.number(_LAST_EXPIRY, worker_id=worker_id, now=now)


def confirm_seen(transaction: Transaction, scope: str, request_id: str) -> None:
    """Make sure that the answer to that request is kept for good, before it is given once more."""
    transaction.confirm(_LOCK_SEEN, scope=scope, request_id=request_id)


def assign(transaction: Transaction, session: Session, worker_id: int, now: int) -> None:
    """Move the session to another worker."""
    for worker in (session.worker_id, worker_id):
        workers.change(transaction, worker, written_at=now)
    sessions.change(transaction, session.id, worker_id=worker_id, written_at=now)


def end_expired_sessions(transaction: Transaction, now: int, most: int = SESSIONS_IN_A_SLICE) -> list[int]:
    """Delete so many of the expired sessions, which logs their accounts out. Returns their ids."""
    return _end(transaction, _END_EXPIRED, now=now, most=most)


def end_expired_tokens(transaction: Transaction, now: int) -> list[int]:
    """As `end_expired_sessions`, for the sessions that have a token."""
    return _end(transaction, _END_EXPIRED_TOKENS, now=now, most=SESSIONS_IN_A_SLICE)


def drop_expired_client_ids(transaction: Transaction, now: int) -> list[int]:
    """Delete some of the expired client ids and their expired sessions. Returns the ids of the client ids."""
    _end(transaction, _END_WITH_THEIR_CLIENTS, now=now, most=SESSIONS_IN_A_SLICE)
    return _delete(transaction, _DROP_EXPIRED_CLIENT_IDS, now=now, most=SESSIONS_IN_A_SLICE)


def drop_client_id(transaction: Transaction, client: ClientId, now: int) -> None:
    session = sessions.find(transaction, client_id=client.id)
    if session is not None:
        end_session(transaction, session.id, now)
    client_ids.delete(transaction, id=client.id)


def drop_idle_long_sessions(transaction: Transaction, now: int) -> None:
    """Delete the sessions, with their client ids, that are too many: the latest used ones are kept.

    They cost nothing to open, and would else fill the database while no account needs them.
    """
    for client in transaction.all(_IDLE_AND_LONG, ClientId):
        drop_client_id(transaction, client, now)


def drop_vacant_workers(transaction: Transaction, now: int) -> list[int]:
    """Delete the workers without a live session. Returns their ids."""
    transaction.lock(SESSION_PLACES)
    end_expired_sessions(transaction, now, most=ABOVE_ALL_IDS)
    return _delete(transaction, _FORGET_VACANT_WORKERS, _DROP_VACANT_WORKERS)


def drop_worker(transaction: Transaction, worker: Worker, now: int) -> None:
    end_expired_sessions(transaction, now, most=ABOVE_ALL_IDS)
    seen_requests.delete(transaction, scope=f"worker {worker.id}")
    workers.delete(transaction, id=worker.id)


def worker_with_capacity(transaction: Transaction) -> Worker | None:
    return transaction.one(_WORKER_WITH_CAPACITY, Worker)


def end_session(transaction: Transaction, session_id: int, now: int) -> None:
    _delete(transaction, *_END_ONE, session_id=session_id, now=now)


def _end(transaction: Transaction, ending: _Ending, *, now: int, most: int) -> list[int]:
    """End the sessions; returns their ids."""
    if transaction.locks_rows:
        # Only one at a time, because it locks several sessions and changes several workers.
        transaction.lock(SESSION_PLACES)
        transaction.run(ending.locking, now=now, most=most)
    return _delete(transaction, *ending.removals, now=now, most=most)


def _delete(transaction: Transaction, *statements: Removal, **values: int) -> list[int]:
    """Run the statements; returns the ids that the last one returns, sorted."""
    *before, last = statements
    for statement in before:
        transaction.run(statement, **values)
    return sorted(row[0] for row in transaction.run(last, **values).fetchall())
