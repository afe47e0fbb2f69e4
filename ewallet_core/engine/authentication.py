"""Authentication: the client id, session and account of a caller, as far as an instruction needs them."""

from __future__ import annotations

from typing import Any, TypeVar

from ewallet_core.errors.accounts import (
    ClientUnknownError,
    NotLoggedInError,
    SessionExpiredError,
    SessionUnknownError,
)
from ewallet_core.instructions.registry import Access
from ewallet_core.operations.account_status import why_not_active
from ewallet_core.operations.context import AccountContext, ClientContext, Context, SessionContext
from ewallet_core.operations.sessions import require_live, touch
from ewallet_core.security.tokens import hash_token
from ewallet_core.storage.accounts import accounts
from ewallet_core.storage.sessions import ClientId, Session, client_ids, sessions

LAST_USE_WRITTEN_EVERY_MS = 60_000

C = TypeVar("C", bound=Context)


def authenticate(context: Context, access: Access) -> Context:
    """The context of the authenticated caller; raises the error of what `access` needs and is missing."""
    if access is Access.ANYBODY or (access is Access.SYSTEM and context.caller.is_in_process):
        return context
    if context.caller.live_session_id is not None:
        found = sessions.find(context.transaction, id=context.caller.live_session_id)
        session = require_live(context, found)
        given = context.credentials.session_token
        if given is not None and hash_token(given) != session.token_hash:
            raise SessionUnknownError
        # A live session is used without its client id, which lives as long as the session.
        client = client_ids.find(context.transaction, id=session.client_id) if session.client_id else None
    else:
        client = _client(context)
        if access is Access.CLIENT:
            return _extended(ClientContext, context, client=client)
        session = _session(context, client)
    account = accounts.find(context.transaction, id=session.account_id) if session.account_id else None
    if access is not Access.SESSION:
        error = NotLoggedInError() if account is None else why_not_active(account)
        if error is not None:
            raise error
    if account is None:
        return _extended(SessionContext, context, session=session, client=client)
    return _extended(AccountContext, context, session=session, client=client, account=account)


def note_use(context: Context) -> None:
    """Count the instruction as a use of its session, written at most once a minute."""
    if not isinstance(context, SessionContext):
        return
    every = min(LAST_USE_WRITTEN_EVERY_MS, context.config.session_lifetime_ms // 2)
    if context.now - context.session.last_used_at >= every:
        context.transaction.must_write()
        touch(context, context.client, context.session)


def _extended(kind: type[C], context: Context, **authenticated: Any) -> C:
    return kind(**{name: getattr(context, name) for name in Context.__slots__}, **authenticated)


def _client(context: Context) -> ClientId:
    given = context.credentials.client_id
    found = client_ids.find(context.transaction, hash=hash_token(given)) if given is not None else None
    if found is None:
        raise ClientUnknownError
    if found.expires_at <= context.now:
        raise ClientUnknownError if context.credentials.session_token is None else SessionExpiredError
    return found


def _session(context: Context, client: ClientId) -> Session:
    given = context.credentials.session_token
    found = sessions.find(context.transaction, token_hash=hash_token(given)) if given is not None else None
    return require_live(context, found if found is not None and found.client_id == client.id else None)
