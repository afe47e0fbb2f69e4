"""Authentication: the client id, session and account of a caller, as far as an instruction needs them."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec

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
from ewallet_core.storage.callers import Asked, FoundCaller, find_by_credentials, find_by_session
from ewallet_core.storage.sessions import ClientId, client_ids, has_token, renewed_tokens

LAST_USE_WRITTEN_EVERY_MS = 60_000

C = TypeVar("C", bound=Context)


def authenticate(
    context: Context,
    access: Access,
    instruction: str = "",
    *,
    remembered_id: str | None = None,
    renews_token: bool = False,
) -> Context:
    """The context of the authenticated caller; raises the error of what `access` needs and is missing.

    `remembered_id` is the request id by which the answer is remembered, if it is. A request that
    `renews_token` may be repeated with the token that it has replaced.
    """
    if access is Access.ANYBODY or (access is Access.SYSTEM and context.caller.is_in_process):
        return context
    is_live = context.caller.live_session_id is not None
    if access is Access.CLIENT and not is_live:
        return _extended(ClientContext, context, _client(context))
    asked = Asked(context.now, instruction, remembered_id, int(access is Access.SESSION))
    if is_live:
        found = _find_live(context, asked)
    else:
        found = _find_by_credentials(context, asked, renews_token=renews_token)
    account = found.account
    if access is not Access.SESSION:
        error = NotLoggedInError() if account is None else why_not_active(account)
        if error is not None:
            raise error
    of_session = found.session, found.client, found.permission, found.seen
    if account is None:
        return _extended(SessionContext, context, *of_session)
    context.transaction.require_locks((account.id,))
    return _extended(AccountContext, context, *of_session, account, found.wallet, found.has_due_timer)


def note_use(context: Context) -> None:
    """Count the instruction as a use of its session, written at most once a minute."""
    if not isinstance(context, SessionContext):
        return
    session = context.session
    every = min(LAST_USE_WRITTEN_EVERY_MS, (session.expires_at - session.last_used_at) // 2)
    # A use in the future was noted while the wall clock was ahead.
    if abs(context.now - session.last_used_at) >= every:
        context.transaction.must_write()
        touch(context, context.client, session)


def _extended(kind: type[C], context: Context, *authenticated: Any) -> C:
    """The context with what was authenticated, in the order of the kind's fields."""
    # By position, because a struct with many fields takes five times as long to make by their names.
    return kind(*msgspec.structs.astuple(context), *authenticated)


def _client(context: Context) -> ClientId:
    client_hash = _hash(context.credentials.client_id)
    found = client_ids.find(context.transaction, hash=client_hash) if client_hash is not None else None
    return _require_valid(context, found)


def _find_by_credentials(context: Context, asked: Asked, *, renews_token: bool) -> FoundCaller:
    """The caller with a valid client id and a live session."""
    client_hash = _hash(context.credentials.client_id)
    if client_hash is None:
        raise ClientUnknownError
    token_hash = _hash(context.credentials.session_token)
    found = find_by_credentials(context.transaction, asked, client_hash, token_hash)
    client = _require_valid(context, found.client)
    if found.session is None and renews_token:
        found = _find_by_replaced_token(context, asked, token_hash) or found
        if found.client != client:
            raise SessionUnknownError
    require_live(context, found.session)
    return found


def _find_by_replaced_token(context: Context, asked: Asked, token_hash: bytes | None) -> FoundCaller | None:
    """The caller of a repeated request, whose session has the token that the first request renewed it to."""
    if token_hash is None or context.request_id is None:
        return None
    renewed = renewed_tokens.find(context.transaction, token_hash=token_hash, request_id=context.request_id)
    return None if renewed is None else find_by_session(context.transaction, asked, renewed.session_id)


def _find_live(context: Context, asked: Asked) -> FoundCaller:
    """The live session's caller; it is used without its client id, which lives as long as the session."""
    found = find_by_session(context.transaction, asked, cast("int", context.caller.live_session_id))
    session = require_live(context, found.session)
    given = _hash(context.credentials.session_token)
    if given is not None and not has_token(context.transaction, session.id, given):
        raise SessionUnknownError
    return found


def _hash(token: str | None) -> bytes | None:
    return None if token is None else hash_token(token)


def _require_valid(context: Context, client: ClientId | None) -> ClientId:
    """The client id; raises `ClientUnknownError`, or `SessionExpiredError` if its session expired with it."""
    if client is None:
        raise ClientUnknownError
    if client.expires_at <= context.now:
        raise ClientUnknownError if context.credentials.session_token is None else SessionExpiredError
    return client
