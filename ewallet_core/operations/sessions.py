"""Opens sessions, extends them when they are used, and assigns them to workers."""

from __future__ import annotations

from typing import TypeVar

from ewallet_core.errors.accounts import SessionExpiredError, SessionUnknownError
from ewallet_core.operations.context import Context
from ewallet_core.storage.sessions import (
    CallersSession,
    ClientId,
    Worker,
    client_ids,
    drop_expired_client_ids,
    end_expired_sessions,
    sessions,
    worker_with_capacity,
    workers,
)
from ewallet_core.storage.transaction import SESSION_PLACES

S = TypeVar("S", bound=CallersSession)


def make_worker(context: Context) -> Worker:
    worker_id = workers.insert(
        context.transaction,
        session_limit=context.config.session_limit,
        created_at=context.now,
        written_at=context.now,
    )
    return workers.require(context.transaction, id=worker_id)


def open_session(
    context: Context,
    client: ClientId | None = None,
    token_hash: bytes | None = None,
    lifetime_ms: int | None = None,
    reference: str | None = None,
) -> int:
    """Open a session with the first worker that has room, or with a new one; returns its id.

    The client id, which is used now, lives as long as the session.
    """
    context.transaction.lock(SESSION_PLACES)
    end_expired_sessions(context.transaction, context.now)
    drop_expired_client_ids(context.transaction, context.now)
    worker = worker_with_capacity(context.transaction) or make_worker(context)
    workers.change(context.transaction, worker.id, written_at=context.now)
    used = used_now(context, lifetime_ms)
    if client is not None:
        client_ids.change(context.transaction, client.id, **used)
    return sessions.insert(
        context.transaction,
        client_id=None if client is None else client.id,
        token_hash=token_hash,
        worker_id=worker.id,
        address=context.caller.address,
        lifetime_ms=lifetime_ms,
        reference=reference,
        **used,
        created_at=context.now,
        written_at=context.now,
    )


def require_live(context: Context, session: S | None) -> S:
    """The session; raises `SessionUnknownError` if there is none, and `SessionExpiredError`."""
    if session is None:
        raise SessionUnknownError
    if session.expires_at <= context.now:
        raise SessionExpiredError
    return session


def touch(context: Context, client: ClientId | None, session: CallersSession | None) -> None:
    """Extend the life of the client id and of the session, which are used now.

    A client id lives as long as its session.
    """
    used = used_now(context, None if session is None else session.lifetime_ms)
    if client is not None:
        client_ids.change(context.transaction, client.id, **used)
    if session is not None:
        sessions.change(context.transaction, session.id, **used)


def used_now(context: Context, lifetime_ms: int | None = None) -> dict[str, int]:
    """The dates of what is used now, if its client asked for that lifetime."""
    return {"last_used_at": context.now, "expires_at": context.now + context.config.lifetime_ms(lifetime_ms)}
