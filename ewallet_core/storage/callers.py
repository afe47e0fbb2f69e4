"""Who sends a request: everything about the caller that an instruction needs first, found by one query."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import FromClause, Select, Text, bindparam, case, cast, exists, func, literal_column, select

from ewallet_core.storage import schema
from ewallet_core.storage.accounts import CallersAccount, callers_accounts
from ewallet_core.storage.operators import PermissionLine
from ewallet_core.storage.rows import JoinedRows, constant, whole_number
from ewallet_core.storage.sessions import (
    CallersSession,
    ClientId,
    SeenRequest,
    callers_sessions,
    client_ids,
    seen_requests,
)
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import Wallet, wallets
from ewallet_core.types import Role


class FoundCaller(msgspec.Struct, frozen=True):
    """A caller's rows, of which any may be missing, and what concerns its account and its request.

    `permission` is the permission sheet's line about the instruction for the account's role, or for users
    without an account. `seen` is the same request id as it was answered before.
    """

    client: ClientId | None
    session: CallersSession | None
    account: CallersAccount | None
    wallet: Wallet | None
    permission: PermissionLine
    has_due_timer: bool
    seen: SeenRequest | None


_client, _session, _account = schema.client_ids.c, schema.sessions.c, schema.accounts.c
_wallet, _clock = schema.ewallets.c, schema.clocks.c
_permission, _seen = schema.permissions.c, schema.seen_requests.c
# Each column costs: what few instructions need of a session or an account, those read by themselves.
_CALLER = JoinedRows(client_ids, callers_sessions, callers_accounts, wallets)
_HAS_DUE_TIMER = exists().where(_clock.account_id == _account.id, _clock.runs_out_at <= bindparam("now"))
_SCOPE = case(
    (whole_number("of_session") == literal_column("1"), constant("session ").concat(cast(_session.id, Text))),
    else_=constant("account ").concat(cast(_account.id, Text)),
)


def _select_caller(sessions_found: FromClause) -> Select[Any]:
    return (
        select(*_CALLER.columns, _permission.allowed, _HAS_DUE_TIMER.correlate(schema.accounts))
        .select_from(sessions_found)
        .outerjoin(schema.accounts, _account.id == _session.account_id)
        .outerjoin(schema.ewallets, (_wallet.id == _account.ewallet_id) & _wallet.unlinked_at.is_(None))
        .outerjoin(
            schema.permissions,
            (_permission.role == func.coalesce(_account.role, constant(Role.USER)))
            & (_permission.instruction == bindparam("instruction")),
        )
    )


def _with_seen_request(caller: Select[Any]) -> Select[Any]:
    """The same with the request as it was answered before, for an instruction whose answer is remembered."""
    return caller.add_columns(*seen_requests.columns).outerjoin(
        schema.seen_requests, (_seen.scope == _SCOPE) & (_seen.request_id == bindparam("request_id"))
    )


_BY_CREDENTIALS = _select_caller(
    schema.client_ids.outerjoin(
        schema.sessions,
        (_session.client_id == _client.id) & (_session.token_hash == bindparam("token_hash")),
    )
).where(_client.hash == bindparam("client_hash"))
_BY_CREDENTIALS_WITH_SEEN = _with_seen_request(_BY_CREDENTIALS)
_BY_SESSION = _select_caller(
    schema.sessions.outerjoin(schema.client_ids, _client.id == _session.client_id)
).where(_session.id == bindparam("session_id"))
_BY_SESSION_WITH_SEEN = _with_seen_request(_BY_SESSION)


class Asked(msgspec.Struct, frozen=True):
    """What is asked: when, the name of the instruction, and the request's id if the answer is remembered.

    That id is unique in the account, or in the session if the instruction may change the account.
    """

    now: int
    instruction: str
    request_id: str | None
    of_session: int
    """1 or 0, because the driver looks for an adapter of a bool."""


def find_by_credentials(
    transaction: Transaction, asked: Asked, client_hash: bytes, token_hash: bytes | None
) -> FoundCaller:
    """The caller with that client id, and with its session if the token is of that."""
    found = transaction.run(
        _BY_CREDENTIALS if asked.request_id is None else _BY_CREDENTIALS_WITH_SEEN,
        client_hash=client_hash,
        token_hash=token_hash,
        now=asked.now,
        instruction=asked.instruction,
        request_id=asked.request_id,
        of_session=asked.of_session,
    )
    return _caller_in(found.fetchone(), asked.instruction)


def find_by_session(transaction: Transaction, asked: Asked, session_id: int) -> FoundCaller:
    found = transaction.run(
        _BY_SESSION if asked.request_id is None else _BY_SESSION_WITH_SEEN,
        session_id=session_id,
        now=asked.now,
        instruction=asked.instruction,
        request_id=asked.request_id,
        of_session=asked.of_session,
    )
    return _caller_in(found.fetchone(), asked.instruction)


def _caller_in(row: tuple[Any, ...] | None, instruction: str) -> FoundCaller:
    if row is None:
        line = PermissionLine(Role.USER, instruction, None)
        return FoundCaller(None, None, None, None, line, False, None)
    client, session, account, wallet = _CALLER.split(row)
    allowed, has_due_timer, *seen = row[len(_CALLER.columns) :]
    role = Role.USER if account is None else account.role
    line = PermissionLine(role, instruction, None if allowed is None else bool(allowed))
    answered = msgspec.convert(seen, SeenRequest) if seen and seen[0] is not None else None
    return FoundCaller(client, session, account, wallet, line, bool(has_due_timer), answered)
