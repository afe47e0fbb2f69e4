"""Leaving: an account is deleted 30 days after its owner asked for it, unless it is recovered before."""

from __future__ import annotations

from functools import partial

from ewallet_core.actions.accounts.logins import (
    Login,
    Proof,
    log_in,
    must_be_proven,
    prove_login,
    prove_own_password,
    proven_account,
    record_logout,
    refuse_login,
)
from ewallet_core.actions.accounts.standing import why_not_active
from ewallet_core.actions.context import SYSTEM_CORE_ID, Context, Preparation
from ewallet_core.actions.credits.clock_timer import stop_timers
from ewallet_core.actions.shapes import AccountData, SessionData, Timestamp
from ewallet_core.credentials import throttle
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Access, Request, instruction
from ewallet_core.instructions.envelope import Answer, ok, timestamp
from ewallet_core.refusals.accounts import AccountNotLeaving, LastOperator
from ewallet_core.roles import Role
from ewallet_core.storage.accounts import AccountState, accounts, is_last_operator
from ewallet_core.storage.erasing import accounts_due, erase_personal_data
from ewallet_core.storage.events import EventKind, happened
from ewallet_core.storage.logins import leave_sessions, log_out

RECOVERABLE_MS = 30 * 24 * 60 * 60_000


class UnlinkAccount(Request, frozen=True):
    """The password, once more."""

    user_pass: fields.PasswordAttempt


def prove_leaver(asked: UnlinkAccount, preparation: Preparation) -> Proof:
    """The slow part of leaving."""
    return prove_own_password(asked.user_pass, preparation)


# It is asked by an account, but leaves nobody logged in: a repetition is known by its session.
@instruction(
    UnlinkAccount,
    {"action": "unlink", "unlink": "account"},
    access=Access.SESSION,
    prepare=prove_leaver,
    answers={"account": str, "to_unlink_timestamp": Timestamp},
    roles=(Role.USER, Role.OPERATOR),
)
def unlink_account(_asked: UnlinkAccount, context: Context) -> Answer:
    """Have the account deleted in 30 days; its timers stop, and it is logged out everywhere at once."""
    transaction, account, now = context.transaction, context.account, context.now
    refusal = why_not_active(account)
    if refusal is not None:
        raise refusal
    must_be_proven(context, context.prepared, "user_pass")
    if is_last_operator(transaction, account):
        raise LastOperator
    stop_timers(context, account.id)
    due = now + RECOVERABLE_MS
    accounts.change(
        transaction, account.id, state=AccountState.UNLINK_PENDING, to_unlink_at=due, written_at=now
    )
    happened(transaction, account.id, EventKind.ACCOUNT_CHANGED, now)
    leave_sessions(transaction, account.id, now, but=context.session.id)
    log_out(transaction, context.session, account.id, now)
    record_logout(context, account)
    return ok(account=account.email, to_unlink_timestamp=timestamp(due))


@instruction(
    Login,
    {"action": "recover", "recover": "account"},
    access=Access.SESSION,
    prepare=prove_login,
    remembered=False,
    answers={"account": str, "account_data": AccountData, "session_data": SessionData},
)
def recover_account(asked: Login, context: Context) -> Answer:
    """Keep an account that was about to be deleted, and log it in."""
    account = proven_account(asked, context)
    if account.state != AccountState.UNLINK_PENDING:
        refusal = why_not_active(account) or AccountNotLeaving()
        raise refusal.keeping(partial(refuse_login, context, account))
    accounts.change(
        context.transaction,
        account.id,
        state=AccountState.ACTIVE,
        to_unlink_at=None,
        written_at=context.now,
    )
    happened(context.transaction, account.id, EventKind.ACCOUNT_CHANGED, context.now)
    return log_in(asked, context, account)


def erase_due_accounts(context: Context) -> list[int]:
    """Erase every account whose 30 days are over; returns their ids."""
    due = accounts_due(context.transaction, context.now)
    for account_id in due:
        erase_account(context, account_id)
    return due


def erase_account(context: Context, account_id: int) -> None:
    """Erase all that tells whose account it was; the journal keeps its number."""
    transaction = context.transaction
    account = accounts.require(transaction, id=account_id)
    stop_timers(context, account_id)
    leave_sessions(transaction, account_id, context.now)
    doors = (
        throttle.by_name(account.name),
        throttle.by_email(account.email),
        throttle.by_account(account_id),
    )
    for door in doors:
        throttle.forget(transaction, door)
    erase_personal_data(transaction, account, SYSTEM_CORE_ID, context.now)
