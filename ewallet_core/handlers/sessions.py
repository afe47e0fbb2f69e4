"""Sessions: opening one for the system, and listing and ending those of an account."""

from __future__ import annotations

from typing import TypedDict

from ewallet_core.errors.credits import NotFoundError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.registry import Access, NoArguments, Request, instruction
from ewallet_core.operations.answer_data import (
    Minutes,
    SessionAnswer,
    Timestamp,
    in_minutes,
    session_answer,
)
from ewallet_core.operations.context import AccountContext, Context, SessionContext, require_account
from ewallet_core.operations.credentials import record_logout
from ewallet_core.operations.requests import WhichSession
from ewallet_core.operations.sessions import open_session
from ewallet_core.storage.logins import leave_session, log_out, sessions_of
from ewallet_core.storage.sessions import sessions
from ewallet_core.types import PEOPLE


class NewSession(Request, frozen=True):
    """What to call the session."""

    added = frozenset({"reference"})

    reference: fields.Reference | None = None


class _NewSessionAnswer(SessionAnswer):
    reference: str | None
    worker: int


@instruction({"controller": "system", "action": "new", "new": "session"})
def new_session(request: NewSession, context: Context) -> _NewSessionAnswer:
    """Open a session that belongs to no client, with a worker that has room."""
    opened = open_session(context, reference=request.reference)
    session = sessions.require(context.transaction, id=opened)
    return {
        **session_answer(context, opened),
        "reference": request.reference,
        "worker": session.worker_id,
    }


class SessionRow(TypedDict):
    """A session, since when the account is logged in to it, and whether it is the caller's.

    `lifetime` is how many minutes it lives from its last use.
    """

    session_id: int
    since: Timestamp
    last_use: Timestamp
    address: str
    expires: Timestamp
    lifetime: Minutes
    lifetime_ms: int
    is_this: bool


class _ViewSessionsAnswer(TypedDict):
    sessions: list[SessionRow]


@instruction({"action": "view", "view": "sessions"})
def view_sessions(_request: NoArguments, context: AccountContext) -> _ViewSessionsAnswer:
    """View the sessions that the account is logged in to, latest login first."""
    found = sessions_of(context.transaction, context.account.id, context.now)
    return _ViewSessionsAnswer(
        sessions=[
            {
                "session_id": session.id,
                "since": timestamp(session.logged_in_at),
                "last_use": timestamp(session.last_used_at),
                "address": session.address,
                "expires": timestamp(session.expires_at),
                "lifetime": in_minutes(lifetime_ms),
                "lifetime_ms": lifetime_ms,
                "is_this": session.id == context.session.id,
            }
            for session in found
            for lifetime_ms in (context.config.lifetime_ms(session.lifetime_ms),)
        ]
    )


class _EndOwnSessionAnswer(TypedDict):
    session_id: int


# Like a logout, it works for a frozen account too, whose owner may want to end a stranger's session.
@instruction({"action": "end", "end": "session"}, access=Access.SESSION, roles=PEOPLE)
def end_own_session(request: WhichSession, context: SessionContext) -> _EndOwnSessionAnswer:
    """Log the account out of one of its sessions, which ends if no other account is logged in to it.

    The caller's own session goes on, as after a logout.
    """
    transaction, account, now = context.transaction, require_account(context).account, context.now
    own = {session.id for session in sessions_of(transaction, account.id, now)}
    if request.session_id not in own:
        raise NotFoundError("session", "session_id")
    if request.session_id == context.session.id:
        log_out(transaction, context.session.id, account.id, now)
    else:
        leave_session(transaction, request.session_id, account.id, now)
    record_logout(context, account)
    return _EndOwnSessionAnswer(session_id=request.session_id)
