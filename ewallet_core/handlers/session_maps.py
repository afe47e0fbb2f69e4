"""Instructions for a live worker: finding, adding and mapping its sessions."""

from __future__ import annotations

from ewallet_core.errors.accounts import ClientUnknownError, SessionTokenExistsError, SessionUnknownError
from ewallet_core.errors.credits import NotFoundError
from ewallet_core.errors.server import WorkerFullError
from ewallet_core.instructions import fields
from ewallet_core.instructions.registry import InstructionRegistry, Request, instruction
from ewallet_core.operations.answer_data import SessionAnswer, WorkerAnswer, session_answer, worker_answer
from ewallet_core.operations.context import Context
from ewallet_core.operations.sessions import require_live, touch
from ewallet_core.security.tokens import hash_token
from ewallet_core.storage.sessions import (
    ClientId,
    Session,
    Worker,
    assign,
    client_ids,
    end_session,
    session_count,
    sessions,
    workers,
)
from ewallet_core.storage.transaction import SESSION_PLACES


class SearchSession(Request, frozen=True):
    """The session's token."""

    session_token: fields.IssuedToken


class AddSession(Request, frozen=True):
    """The session to take over: its live object or its id."""

    session: fields.SessionId


class AddSessionMap(Request, frozen=True):
    """A session of this worker, and the client id and token for it."""

    client_id: fields.IssuedToken
    session_token: fields.NewToken
    session: fields.SessionId


class RemoveSessionMap(Request, frozen=True):
    """The session, by its id, its token or its client id."""

    exactly_one_of = ("session_id", "session_token", "client_id")

    session_id: fields.SessionId | None = None
    session_token: fields.IssuedToken | None = None
    client_id: fields.IssuedToken | None = None


class _WithWorkerAnswer(WorkerAnswer):
    ewallet_session: int


@instruction({"controller": "system", "action": "search", "search": "session"})
def search_session(request: SearchSession, context: Context) -> SessionAnswer:
    """Find the session of this worker that has that token."""
    session = _own(context, _by_token(context, request.session_token))
    return session_answer(context, session.id)


@instruction({"controller": "system", "action": "add", "add": "session"})
def add_session(request: AddSession, context: Context) -> _WithWorkerAnswer:
    """Move a session to this worker from the worker that has it."""
    context.transaction.lock(SESSION_PLACES)
    worker = _worker(context)
    session = require_live(context, sessions.find(context.transaction, id=request.session))
    if session.worker_id != worker.id:
        if session_count(context.transaction, worker.id, context.now) >= worker.session_limit:
            raise WorkerFullError(worker.session_limit)
        assign(context.transaction, session, worker.id, context.now)
    return _with_worker(context, session)


@instruction({"controller": "system", "action": "add", "add": "session_map"})
def add_session_map(request: AddSessionMap, context: Context) -> _WithWorkerAnswer:
    """Give a session of this worker another client id and session token."""
    transaction = context.transaction
    session = _own(context, sessions.find(transaction, id=request.session))
    client = _client(context, request.client_id)
    if client.expires_at <= context.now:
        raise ClientUnknownError
    token_hash = hash_token(request.session_token)
    for column, value in (("client_id", client.id), ("token_hash", token_hash)):
        mapped = sessions.find(transaction, **{column: value})
        if mapped is not None and mapped.id != session.id:
            # An expired session that has the same map makes way.
            if mapped.expires_at > context.now:
                raise SessionTokenExistsError
            end_session(transaction, mapped.id, context.now)
    if (session.client_id, session.token_hash) != (client.id, token_hash):
        sessions.change(
            transaction, session.id, client_id=client.id, token_hash=token_hash, written_at=context.now
        )
    touch(context, client, session)
    return _with_worker(context, session)


@instruction({"controller": "system", "action": "remove", "remove": "session_map"})
def remove_session_map(request: RemoveSessionMap, context: Context) -> _WithWorkerAnswer:
    """Remove a session of this worker with its map: it ends, and its accounts are logged out."""
    session = _own(context, _session_of(request, context))
    end_session(context.transaction, session.id, context.now)
    return _with_worker(context, session)


WORKER_REGISTRY = InstructionRegistry((search_session, add_session, add_session_map, remove_session_map))


def _worker(context: Context) -> Worker:
    worker = workers.find(context.transaction, id=context.caller.live_worker_id)
    if worker is None:
        raise NotFoundError("worker", "worker")
    return worker


def _with_worker(context: Context, session: Session) -> _WithWorkerAnswer:
    return _WithWorkerAnswer(ewallet_session=session.id, **worker_answer(context, _worker(context)))


def _own(context: Context, session: Session | None) -> Session:
    """The session, if it is live and this worker has it; otherwise raises an error."""
    if session is None or session.worker_id != _worker(context).id:
        raise SessionUnknownError
    return require_live(context, session)


def _by_token(context: Context, token: str) -> Session | None:
    return sessions.find(context.transaction, token_hash=hash_token(token))


def _client(context: Context, client_id: str) -> ClientId:
    client = client_ids.find(context.transaction, hash=hash_token(client_id))
    if client is None:
        raise ClientUnknownError
    return client


def _session_of(request: RemoveSessionMap, context: Context) -> Session | None:
    if request.session_id is not None:
        return sessions.find(context.transaction, id=request.session_id)
    if request.session_token is not None:
        return _by_token(context, request.session_token)
    return sessions.find(context.transaction, client_id=_client(context, request.client_id or "").id)
