"""Interrogating what the engine has under way: a session, and all workers."""

from __future__ import annotations

from ewallet_core.actions.context import Context
from ewallet_core.actions.data import session_data
from ewallet_core.actions.sessions.workers import worker_data
from ewallet_core.actions.shapes import SessionData, Timestamp, WorkerData
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Access, NoArguments, Request, instruction
from ewallet_core.instructions.envelope import Answer, ok, timestamp
from ewallet_core.refusals.holdings import NotFound
from ewallet_core.storage.sessions import sessions, workers


class InterogateSession(Request, frozen=True):
    """Which session."""

    session_id: fields.SessionId


@instruction(
    InterogateSession,
    {"controller": "system", "action": "interogate", "interogate": "session"},
    access=Access.SYSTEM,
    changes=False,
    answers={
        "session_id": int,
        "session_data": SessionData,
        "worker": int,
        "address": str,
        "since": Timestamp,
        "last_use": Timestamp,
        "expires": Timestamp,
    },
)
def interogate_session(asked: InterogateSession, context: Context) -> Answer:
    """View a live session: who is logged in to it, from where, since when and until when."""
    session = sessions.find(context.transaction, id=asked.session_id)
    if session is None or session.expires_at <= context.now:
        raise NotFound("session", "session_id")
    return ok(
        session_id=session.id,
        session_data=session_data(context.within(session)),
        worker=session.worker_id,
        address=session.address,
        since=timestamp(session.created_at),
        last_use=timestamp(session.last_used_at),
        expires=timestamp(session.expires_at),
    )


@instruction(
    NoArguments,
    {"controller": "system", "action": "interogate", "interogate": "workers"},
    access=Access.SYSTEM,
    changes=False,
    answers={"workers": dict[str, WorkerData]},
)
def interogate_workers(_asked: NoArguments, context: Context) -> Answer:
    """View all session workers: how many sessions each has, and whether it has room for more."""
    found = workers.all(context.transaction)
    return ok(
        workers={str(worker.id): worker_data(context.transaction, worker, context.now) for worker in found}
    )
