"""Client ids and session tokens: requesting, keeping alive and verifying them."""

from __future__ import annotations

from typing import Any, TypedDict, cast

import msgspec

from ewallet_core.errors.accounts import LifetimeTooLongError, SessionTokenExistsError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import Answer, timestamp
from ewallet_core.instructions.registry import Access, Instruction, NoArguments, Request, instruction
from ewallet_core.ledger.rates import MILLISECONDS_PER_MINUTE
from ewallet_core.operations.answer_data import Data, Dated, Timestamp, dates
from ewallet_core.operations.context import ClientContext, Context, SessionContext
from ewallet_core.operations.sessions import open_session, touch, used_now
from ewallet_core.security.tokens import hash_token, new_token
from ewallet_core.storage.sessions import (
    Session,
    client_id_facts,
    client_ids,
    drop_idle_long_sessions,
    end_session,
    session_facts,
    sessions,
)


class RequestClientId(Request, frozen=True):
    """Nothing that has an effect."""

    expires_on: fields.UnusedTime | None = None


class _RequestClientIdAnswer(TypedDict):
    client_id: str


@instruction({"action": "request", "request": "client_id"}, access=Access.ANYBODY)
def request_client_id(_request: RequestClientId, context: Context) -> _RequestClientIdAnswer:
    """Request a client id, which can open one session."""
    client_id = new_token(context.randomness)
    client_ids.add(
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
    expires_on: fields.UnusedTime | None = None
    expiration_date: fields.UnusedTime | None = None

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


class TokenData(Dated):
    """A client id or a session token: the token itself, whether it is valid, and until when.

    `unlink` is never true, because what has ended is gone.
    """

    label: str | None
    active: bool
    unlink: bool
    valid_to: Timestamp


class ClientIdData(TokenData):
    """A client id, and the session token that is linked to it."""

    stoken: str | None


class SessionTokenData(TokenData):
    """A session token, the client id that is linked to it, and the worker of its session."""

    ctoken: str | None
    worker_id: int


def _client_id_data(context: SessionContext, expires_at: int) -> ClientIdData | None:
    """The data of the caller's client id, valid to then; None for a session that belongs to no client."""
    if context.client is None:
        return None
    facts = client_id_facts.require(context.transaction, id=context.client.id)
    return {
        "label": context.credentials.client_id,
        "stoken": context.credentials.session_token,
        "active": expires_at > context.now,
        "unlink": False,
        "valid_to": timestamp(expires_at),
        **dates(facts),
    }


def _session_token_data(context: SessionContext, expires_at: int) -> SessionTokenData:
    """The data of the caller's session token, valid to then."""
    facts = session_facts.require(context.transaction, id=context.session.id)
    return {
        "label": context.credentials.session_token,
        "ctoken": context.credentials.client_id,
        "worker_id": facts.worker_id,
        "active": expires_at > context.now,
        "unlink": False,
        "valid_to": timestamp(expires_at),
        **dates(facts),
    }


class _ExtendedAnswer(TypedDict):
    extended: int
    time_unit: str
    valid_to: Timestamp


class _KeepClientIdAnswer(_ExtendedAnswer):
    ctoken: str
    ctoken_data: ClientIdData | None


@instruction({"action": "alive", "alive": "ctoken"}, access=Access.SESSION, remembered=False)
def keep_client_id(_request: NoArguments, context: SessionContext) -> _KeepClientIdAnswer:
    """Extend the life of the client id and its session from now on."""
    lifetime_ms = _extend(context)
    return {
        "ctoken": cast("str", context.credentials.client_id),
        "ctoken_data": _client_id_data(context, context.now + lifetime_ms),
        **_extended(context, lifetime_ms),
    }


class _KeepSessionTokenAnswer(_ExtendedAnswer):
    stoken: str
    stoken_data: SessionTokenData


@instruction({"action": "alive", "alive": "stoken"}, access=Access.SESSION, remembered=False)
def keep_session_token(_request: NoArguments, context: SessionContext) -> _KeepSessionTokenAnswer:
    """Extend the life of the session token and its client id from now on."""
    lifetime_ms = _extend(context)
    return {
        "stoken": cast("str", context.credentials.session_token),
        "stoken_data": _session_token_data(context, context.now + lifetime_ms),
        **_extended(context, lifetime_ms),
    }


def _extend(context: SessionContext) -> int:
    """Extend the life of both; returns by how many milliseconds from now."""
    touch(context, context.client, context.session)
    return context.config.lifetime_ms(context.session.lifetime_ms)


def _extended(context: SessionContext, lifetime_ms: int) -> _ExtendedAnswer:
    return {
        "extended": lifetime_ms // MILLISECONDS_PER_MINUTE,
        "time_unit": "minutes",
        "valid_to": timestamp(context.now + lifetime_ms),
    }


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
    expires_at = context.session.expires_at
    return {
        "client_id": context.credentials.client_id,
        "ctoken_data": _client_id_data(context, expires_at),
        "session_token": context.credentials.session_token,
        "stoken_data": _session_token_data(context, expires_at),
        "valid": expires_at > context.now,
        "registered": True,
        "expired": expires_at <= context.now,
        "linked": context.client is not None,
        "plugged": True,
        "session": context.session.id,
    }


def _verifications(
    selector: str, words: str, key: str, other: str, data: dict[str, Any]
) -> tuple[Instruction, ...]:
    """The four instructions that verify a client id or a session token; `other` is its counterpart."""

    def verification(aspect: str, claim: str, *parts: str) -> Instruction:
        answers: dict[str, Any] = dict.fromkeys((key, other) if "linked" in parts else (key,), str) | data
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


VERIFY_CLIENT_ID = _verifications(
    "ctoken", "client id", "client_id", "session_token", {"ctoken_data": ClientIdData | None}
)
VERIFY_SESSION_TOKEN = _verifications(
    "stoken", "session token", "session_token", "client_id", {"stoken_data": SessionTokenData}
)
