"""Client ids, session tokens and sessions: requesting, keeping alive, verifying, listing and ending them."""

from __future__ import annotations

from typing import Any, TypedDict, cast

import msgspec

from ewallet_core.errors.accounts import LifetimeTooLongError, SessionTokenExistsError
from ewallet_core.errors.credits import NotFoundError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import Answer, timestamp
from ewallet_core.instructions.registry import Access, Instruction, NoArguments, Request, instruction
from ewallet_core.ledger.rates import MILLISECONDS_PER_MINUTE
from ewallet_core.operations.answer_data import (
    Data,
    Minutes,
    SessionAnswer,
    Timestamp,
    in_minutes,
    session_answer,
)
from ewallet_core.operations.context import (
    AccountContext,
    ClientContext,
    Context,
    SessionContext,
    require_account,
)
from ewallet_core.operations.credentials import record_logout
from ewallet_core.operations.requests import WhichSession
from ewallet_core.operations.sessions import open_session, touch, used_now
from ewallet_core.security.tokens import hash_token, new_token
from ewallet_core.storage.logins import leave_session, log_out, sessions_of
from ewallet_core.storage.sessions import (
    Session,
    client_ids,
    drop_idle_long_sessions,
    end_session,
    sessions,
)
from ewallet_core.types import PEOPLE


class _RequestClientIdAnswer(TypedDict):
    client_id: str


@instruction({"action": "request", "request": "client_id"}, access=Access.ANYBODY)
def request_client_id(_request: NoArguments, context: Context) -> _RequestClientIdAnswer:
    """Request a client id, which can open one session."""
    client_id = new_token(context.randomness)
    client_ids.insert(
        context.transaction,
        hash=hash_token(client_id),
        **used_now(context),
        created_at=context.now,
        written_at=context.now,
    )
    return _RequestClientIdAnswer(client_id=client_id)


class RequestSessionToken(Request, frozen=True):
    """How long the session is to live from its last use, in minutes (absent: as long as usual)."""

    lifetime: fields.Lifetime | None = None

    @property
    def lifetime_ms(self) -> int | None:
        """The same in milliseconds."""
        return None if self.lifetime is None else self.lifetime * MILLISECONDS_PER_MINUTE


class _RequestSessionTokenAnswer(TypedDict):
    session_token: str
    expires: Timestamp


@instruction({"action": "request", "request": "session_token"}, access=Access.CLIENT)
def request_session_token(request: RequestSessionToken, context: ClientContext) -> _RequestSessionTokenAnswer:
    """Open a session and request its token, or renew a token by sending it; either may have a `lifetime`."""
    lifetime_ms, longest_ms = request.lifetime_ms, context.config.longest_lifetime_ms
    if lifetime_ms is not None and lifetime_ms > longest_ms:
        raise LifetimeTooLongError(longest_ms // MILLISECONDS_PER_MINUTE)
    live = sessions.find(context.transaction, client_id=context.client.id)
    if live is not None and live.expires_at > context.now:
        token = _renew_session(context, live, lifetime_ms)
    else:
        if live is not None:
            end_session(context.transaction, live.id, context.now)
        token = new_token(context.randomness)
        open_session(context, context.client, hash_token(token), lifetime_ms)
    session = sessions.require(context.transaction, client_id=context.client.id)
    if session.lifetime_ms is not None:
        drop_idle_long_sessions(context.transaction, context.now)
    return {"session_token": token, "expires": timestamp(session.expires_at)}


def _renew_session(context: ClientContext, session: Session, lifetime_ms: int | None) -> str:
    """Extend the client's session, from now on with that lifetime if one is given; returns the token sent."""
    given = context.credentials.session_token
    if given is None or hash_token(given) != session.token_hash:
        raise SessionTokenExistsError
    if lifetime_ms is not None:
        sessions.change(context.transaction, session.id, lifetime_ms=lifetime_ms)
        session = msgspec.structs.replace(session, lifetime_ms=lifetime_ms)
    touch(context, context.client, session)
    return given


class _ExtendedAnswer(TypedDict):
    extended: int
    time_unit: str
    valid_to: Timestamp


class _KeepClientIdAnswer(_ExtendedAnswer):
    ctoken: str


@instruction({"action": "alive", "alive": "ctoken"}, access=Access.SESSION, remembered=False)
def keep_client_id(_request: NoArguments, context: SessionContext) -> _KeepClientIdAnswer:
    """Extend the life of the client id and its session from now on."""
    return _KeepClientIdAnswer(ctoken=cast("str", context.credentials.client_id), **_extend(context))


class _KeepSessionTokenAnswer(_ExtendedAnswer):
    stoken: str


@instruction({"action": "alive", "alive": "stoken"}, access=Access.SESSION, remembered=False)
def keep_session_token(_request: NoArguments, context: SessionContext) -> _KeepSessionTokenAnswer:
    """Extend the life of the session token and its client id from now on."""
    return _KeepSessionTokenAnswer(stoken=cast("str", context.credentials.session_token), **_extend(context))


@instruction({"controller": "system", "action": "new", "new": "session"})
def new_session(_request: NoArguments, context: Context) -> SessionAnswer:
    """Open a session that belongs to no client."""
    return session_answer(context, open_session(context))


def _extend(context: SessionContext) -> _ExtendedAnswer:
    touch(context, context.client, context.session)
    lifetime_ms = context.config.lifetime_ms(context.session.lifetime_ms)
    return _ExtendedAnswer(
        extended=lifetime_ms // MILLISECONDS_PER_MINUTE,
        time_unit="minutes",
        valid_to=timestamp(context.now + lifetime_ms),
    )


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
        log_out(transaction, context.session, account.id, now)
    else:
        leave_session(transaction, request.session_id, account.id, now)
    record_logout(context, account)
    return _EndOwnSessionAnswer(session_id=request.session_id)


# What is verified in each aspect, in words and as keys of the answer.
_ASPECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "validity": ("is valid", {"valid": bool, "registered": bool, "expired": bool}),
    "linked": ("is linked to its counterpart", {"linked": bool}),
    "session": ("has a session plugged in", {"plugged": bool, "session": int}),
}


def _facts(context: SessionContext) -> Data:
    """The values of all these keys.

    The caller was authenticated by both tokens: expired and unknown ones were refused before.
    """
    is_expired = context.session.expires_at <= context.now
    return {
        "client_id": context.credentials.client_id,
        "session_token": context.credentials.session_token,
        "valid": not is_expired,
        "registered": True,
        "expired": is_expired,
        "linked": context.client is not None,
        "plugged": True,
        "session": context.session.id,
    }


def _verifications(selector: str, words: str, key: str, other: str) -> tuple[Instruction, ...]:
    """The four instructions that verify a client id or a session token; `other` is its counterpart."""

    def verification(aspect: str, claim: str, *parts: str) -> Instruction:
        answers: dict[str, Any] = dict.fromkeys((key, other) if "linked" in parts else (key,), str)
        for part in parts:
            answers |= _ASPECTS[part][1]

        def verify(_request: NoArguments, context: SessionContext) -> Answer:
            facts = _facts(context)
            return {name: facts[name] for name in answers}

        verify.__doc__ = f"Verify that the {words} sent {claim}."
        form = {"action": "verify", "verify": selector, selector: aspect}
        return instruction(form, access=Access.SESSION, answers=answers)(verify)

    one_by_one = (verification(aspect, claim, aspect) for aspect, (claim, _) in _ASPECTS.items())
    return (*one_by_one, verification("status", "is valid, linked and has a session, all in one", *_ASPECTS))


VERIFY_CLIENT_ID = _verifications("ctoken", "client id", "client_id", "session_token")
VERIFY_SESSION_TOKEN = _verifications("stoken", "session token", "session_token", "client_id")
