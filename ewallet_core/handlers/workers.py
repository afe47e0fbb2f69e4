"""Creating and viewing session workers."""

from __future__ import annotations

from typing import TypedDict

from ewallet_core.errors.credits import NotFoundError
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import NoArguments, instruction
from ewallet_core.operations.answer_data import (
    SessionData,
    Timestamp,
    WorkerAnswer,
    WorkerData,
    session_data,
    worker_answer,
    worker_data,
)
from ewallet_core.operations.context import Context
from ewallet_core.operations.requests import WhichSession
from ewallet_core.operations.sessions import make_worker
from ewallet_core.storage.sessions import session_facts, sessions, workers


@instruction({"controller": "system", "action": "new", "new": "worker"})
def new_worker(_request: NoArguments, context: Context) -> WorkerAnswer:
    """Create a session worker."""
    return worker_answer(context, make_worker(context))


class _InterogateSessionAnswer(TypedDict):
    session_id: int
    ewallet_session: int
    reference: str | None
    session_data: SessionData
    worker: int
    address: str
    since: Timestamp
    last_use: Timestamp
    expires: Timestamp


@instruction({"controller": "system", "action": "interogate", "interogate": "session"})
def interogate_session(request: WhichSession, context: Context) -> _InterogateSessionAnswer:
    """View a live session: its accounts, its address, and when it was opened, last used and expires."""
    session = sessions.find(context.transaction, id=request.session_id)
    if session is None or session.expires_at <= context.now:
        raise NotFoundError("session", "session_id")
    return _InterogateSessionAnswer(
        session_id=session.id,
        ewallet_session=session.id,
        reference=session_facts.require(context.transaction, id=session.id).reference,
        session_data=session_data(context.transaction, session.id),
        worker=session.worker_id,
        address=session.address,
        since=timestamp(session.created_at),
        last_use=timestamp(session.last_used_at),
        expires=timestamp(session.expires_at),
    )


class _InterogateWorkersAnswer(TypedDict):
    workers: dict[str, WorkerData]


@instruction({"controller": "system", "action": "interogate", "interogate": "workers"})
def interogate_workers(_request: NoArguments, context: Context) -> _InterogateWorkersAnswer:
    """View all session workers: how many sessions each has, and whether it has room for more."""
    found = workers.all(context.transaction)
    return _InterogateWorkersAnswer(
        workers={str(worker.id): worker_data(context.transaction, worker, context.now) for worker in found}
    )
