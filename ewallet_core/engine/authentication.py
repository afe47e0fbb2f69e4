"""Who asks: the client id, the session and the account behind a call, and whether that is enough."""

from __future__ import annotations

from dataclasses import replace

from ewallet_core.errors.accounts import (
    ClientUnknownError,
    NotLoggedInError,
    SessionExpiredError,
    SessionUnknownError,
)
from ewallet_core.instructions.registry import Access
from ewallet_core.operations.account_status import why_not_active
from ewallet_core.operations.context import Context
from ewallet_core.operations.sessions import touch
from ewallet_core.security.tokens import hash_token
from ewallet_core.storage.accounts import Account, accounts
from ewallet_core.storage.sessions import ClientId, Session, client_ids, sessions

LAST_USE_WRITTEN_EVERY_MS = 60_000


def authenticate(context: Context, access: Access) -> Context:
    """The context with who asks filled in, as far as `access` needs; raises what is missing."""
    if access is Access.ANYBODY or (access is Access.SYSTEM and context.is_in_process):
        return context
    if context.live_session_id is not None:
        session = _live_session(context)
        return _with_account(context, _client_of(context, session), session, access)
    client = _client(context)
    if access is Access.CLIENT:
        return replace(context, client=client)
    return _with_account(context, client, _session(context, client), access)


def _with_account(context: Context, client: ClientId | None, session: Session, access: Access) -> Context:
    account = accounts.find(context.transaction, id=session.account_id) if session.account_id else None
    if access is not Access.SESSION:
        _must_be_active(account)
    return replace(context, client=client, open_session=session, logged_in=account)


def _live_session(context: Context) -> Session:
    found = sessions.find(context.transaction, id=context.live_session_id)
    if found is None:
        raise SessionUnknownError
    return _must_be_live(found, context)


def _client_of(context: Context, session: Session) -> ClientId | None:
    """The client id lives as long as the session it opens, whoever uses that."""
    return client_ids.find(context.transaction, id=session.client_id) if session.client_id else None


def _must_be_live(session: Session, context: Context) -> Session:
    if session.expires_at <= context.now:
        raise SessionExpiredError
    return session


def note_use(context: Context) -> None:
    """Count the instruction as a use of its session, written down at most once a minute."""
    session = context.open_session
    every = min(LAST_USE_WRITTEN_EVERY_MS, context.config.session_lifetime_ms // 2)
    if session is None or context.now - session.last_used_at < every:
        return
    context.transaction.must_write()
    touch(context, context.client, session)


def _client(context: Context) -> ClientId:
    given = context.call.client_id
    found = client_ids.find(context.transaction, hash=hash_token(given)) if given is not None else None
    if found is None:
        raise ClientUnknownError
    if found.expires_at <= context.now:
        raise ClientUnknownError if context.call.session_token is None else SessionExpiredError
    return found


def _session(context: Context, client: ClientId) -> Session:
    given = context.call.session_token
    found = sessions.find(context.transaction, token_hash=hash_token(given)) if given is not None else None
    if found is None or found.client_id != client.id:
        raise SessionUnknownError
    return _must_be_live(found, context)


def _must_be_active(account: Account | None) -> None:
    error = NotLoggedInError() if account is None else why_not_active(account)
    if error is not None:
        raise error
