"""Who sends a request: everything about the caller that an instruction needs first, found by one query."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import FromClause, Select, Text, bindparam, case, cast, exists, func, literal, select

from ewallet_core.storage import schema
from ewallet_core.storage.accounts import Account, accounts
from ewallet_core.storage.operators import PermissionLine
from ewallet_core.storage.rows import JoinedRows
from ewallet_core.storage.sessions import ClientId, SeenRequest, Session, client_ids, seen_requests, sessions
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.wallets import Wallet, wallets
from ewallet_core.types import Role


class FoundCaller(NamedTuple):
    """A caller's rows, of which any may be missing, and what concerns its account and its request.

    `permission` is the permission sheet's line about the instruction for the account's role, or for users
    without an account. `seen` is the same request id as it was answered before.
    """

    client: ClientId | None
    session: Session | None
    account: Account | None
    wallet: Wallet | None
    seen: SeenRequest | None
    permission: PermissionLine
    has_due_timer: bool


_client, _session, _account = schema.client_ids.c, schema.sessions.c, schema.accounts.c
_wallet, _clock = schema.ewallets.c, schema.clocks.c
_permission, _seen = schema.permissions.c, schema.seen_requests.c
_ROWS = JoinedRows(client_ids, sessions, accounts, wallets, seen_requests)
_SCOPE = case(
    (bindparam("of_session") == 1, literal("session ").concat(cast(_session.id, Text))),
    else_=literal("account ").concat(cast(_account.id, Text)),
)
_HAS_DUE_TIMER = exists().where(_clock.account_id == _account.id, _clock.runs_out_at <= bindparam("now"))


def _select_with_account(sessions_found: FromClause) -> Select[Any]:
    return (
        select(*_ROWS.columns, _permission.allowed, _HAS_DUE_TIMER.correlate(schema.accounts))
        .select_from(sessions_found)
        .outerjoin(schema.accounts, _account.id == _session.account_id)
        .outerjoin(schema.ewallets, (_wallet.id == _account.ewallet_id) & _wallet.unlinked_at.is_(None))
        .outerjoin(
            schema.permissions,
            (_permission.role == func.coalesce(_account.role, Role.USER))
            & (_permission.instruction == bindparam("instruction")),
        )
        .outerjoin(
            schema.seen_requests, (_seen.scope == _SCOPE) & (_seen.request_id == bindparam("request_id"))
        )
    )


_BY_CREDENTIALS = _select_with_account(
    schema.client_ids.outerjoin(
        schema.sessions,
        (_session.client_id == _client.id) & (_session.token_hash == bindparam("token_hash")),
    )
).where(_client.hash == bindparam("client_hash"))
_BY_SESSION = _select_with_account(
    schema.sessions.outerjoin(schema.client_ids, _client.id == _session.client_id)
).where(_session.id == bindparam("session_id"))


class Asked(NamedTuple):
    """What is asked: when, the name of the instruction, and the request's id if the answer is remembered.

    That id is unique in the account, or in the session if the instruction may change the account.
    """

    now: int
    instruction: str
    request_id: str | None
    of_session: bool


def find_by_credentials(
    transaction: Transaction, asked: Asked, client_hash: bytes, token_hash: bytes | None
) -> FoundCaller:
    """The caller with that client id, and with its session if the token is of that."""
    return _find(transaction, _BY_CREDENTIALS, asked, client_hash=client_hash, token_hash=token_hash)


def find_by_session(transaction: Transaction, asked: Asked, session_id: int) -> FoundCaller:
    return _find(transaction, _BY_SESSION, asked, session_id=session_id)


def _find(transaction: Transaction, statement: Select[Any], asked: Asked, **which: Any) -> FoundCaller:
    now, instruction, request_id, of_session = asked
    values = {"now": now, "instruction": instruction, "request_id": request_id, **which}
    # As a number, because the driver looks for an adapter of a bool.
    row = transaction.run(statement, of_session=int(of_session), **values).fetchone()
    if row is None:
        return FoundCaller(None, None, None, None, None, PermissionLine(instruction, None), False)
    client, session, account, wallet, seen = _ROWS.split(row)
    *_, allowed, has_due_timer = row
    line = PermissionLine(instruction, None if allowed is None else bool(allowed))
    return FoundCaller(client, session, account, wallet, seen, line, bool(has_due_timer))
