"""Client ids, session tokens and sessions: asking for them and keeping them alive."""

from __future__ import annotations

from ewallet_core.actions.context import Context
from ewallet_core.actions.data import Data, session_data
from ewallet_core.actions.sessions.workers import worker_for_a_session
from ewallet_core.actions.shapes import SessionData, Timestamp
from ewallet_core.credentials.tokens import hash_of, new_token
from ewallet_core.instructions.catalogue import Access, NoArguments, instruction
from ewallet_core.instructions.envelope import Answer, ok, timestamp
from ewallet_core.ledger.rates import MILLISECONDS_PER_MINUTE
from ewallet_core.refusals.askers import ClientUnknown, SessionTokenExists
from ewallet_core.storage.sessions import (
    ClientId,
    Session,
    client_ids,
    drop_expired_client_ids,
    end_expired_sessions,
    end_session,
    sessions,
)


@instruction(
    NoArguments,
    {"action": "request", "request": "client_id"},
    access=Access.ANYBODY,
    answers={"client_id": str},
)
def request_client_id(_asked: NoArguments, context: Context) -> Answer:
    """Request a client id, under which one session can be opened."""
    client_id = new_token(context.randomness)
    client_ids.insert(
        context.transaction,
        hash=hash_of(client_id),
        **_use(context),
        created_at=context.now,
        written_at=context.now,
    )
    return ok(client_id=client_id)


@instruction(
    NoArguments,
    {"action": "request", "request": "session_token"},
    access=Access.CLIENT,
    answers={"session_token": str},
)
def request_session_token(_asked: NoArguments, context: Context) -> Answer:
    """Open a session and request its token, or renew it by sending it."""
    client, given = _client(context), context.call.session_token
    live = sessions.find(context.transaction, client_id=client.id)
    if live is not None and live.expires_at > context.now:
        if given is None or hash_of(given) != live.token_hash:
            raise SessionTokenExists
        touch(context, client, live)
        return ok(session_token=given)
    if live is not None:
        end_session(context.transaction, live.id)
    token = new_token(context.randomness)
    open_session(context, client_id=client.id, token_hash=hash_of(token))
    touch(context, client, None)
    return ok(session_token=token)


_EXTENDED = {"extended": int, "time_unit": str, "valid_to": Timestamp}


@instruction(
    NoArguments,
    {"action": "alive", "alive": "ctoken"},
    access=Access.SESSION,
    remembered=False,
    answers={"ctoken": str, **_EXTENDED},
)
def keep_client_id(_asked: NoArguments, context: Context) -> Answer:
    """Keep the client id, and with it the session, alive from now on."""
    return ok(ctoken=context.call.client_id, **_extend(context))


@instruction(
    NoArguments,
    {"action": "alive", "alive": "stoken"},
    access=Access.SESSION,
    remembered=False,
    answers={"stoken": str, **_EXTENDED},
)
def keep_session_token(_asked: NoArguments, context: Context) -> Answer:
    """Keep the session token, and with it the client id, alive from now on."""
    return ok(stoken=context.call.session_token, **_extend(context))


@instruction(
    NoArguments,
    {"controller": "system", "action": "new", "new": "session"},
    access=Access.SYSTEM,
    answers={"ewallet_session": int, "session_data": SessionData},
)
def new_session(_asked: NoArguments, context: Context) -> Answer:
    """Open a session that belongs to no client."""
    session_id = open_session(context)
    opened = sessions.require(context.transaction, id=session_id)
    return ok(
        ewallet_session=session_id,
        session_data=session_data(context.within(opened)),
    )


def open_session(context: Context, *, client_id: int | None = None, token_hash: bytes | None = None) -> int:
    """Open a session with the first worker that has room, or with a new one; returns its id."""
    end_expired_sessions(context.transaction, context.now)
    drop_expired_client_ids(context.transaction, context.now)
    worker = worker_for_a_session(context)
    return sessions.insert(
        context.transaction,
        client_id=client_id,
        token_hash=token_hash,
        worker_id=worker.id,
        address=context.address,
        **_use(context),
        created_at=context.now,
        written_at=context.now,
    )


def touch(context: Context, client: ClientId | None, session: Session | None) -> None:
    """Count this as a use of the client id and of the session."""
    if client is not None:
        client_ids.change(context.transaction, client.id, **_use(context))
    if session is not None:
        sessions.change(context.transaction, session.id, **_use(context))


def _client(context: Context) -> ClientId:
    if context.client is None:
        raise ClientUnknown
    return context.client


def _use(context: Context) -> dict[str, int]:
    return {
        "last_used_at": context.now,
        "expires_at": context.now + context.rules.session_lifetime_ms,
    }


def _extend(context: Context) -> Data:
    touch(context, context.client, context.session)
    return {
        "extended": context.rules.session_lifetime_ms // MILLISECONDS_PER_MINUTE,
        "time_unit": "minutes",
        "valid_to": timestamp(context.now + context.rules.session_lifetime_ms),
    }
