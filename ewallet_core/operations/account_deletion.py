"""Erases accounts whose 30 days before deletion are over."""

from __future__ import annotations

from ewallet_core.operations.context import SYSTEM_CORE_ID, Context
from ewallet_core.operations.settlement import stop_timers
from ewallet_core.security import throttle
from ewallet_core.storage.accounts import accounts
from ewallet_core.storage.erasure import erase_personal_data, find_accounts_to_erase
from ewallet_core.storage.logins import leave_sessions

RECOVERABLE_MS = 30 * 24 * 60 * 60_000


def erase_due_accounts(context: Context) -> list[int]:
    """Erase every account whose 30 days are over; returns their ids."""
    due = find_accounts_to_erase(context.transaction, context.now)
    for account_id in due:
        erase_account(context, account_id)
    return due


def erase_account(context: Context, account_id: int) -> None:
    """Erase all personal data of the account; the journal keeps its id."""
    transaction = context.transaction
    account = accounts.require(transaction, id=account_id)
    stop_timers(context, account_id)
    leave_sessions(transaction, account_id, context.now)
    login_keys = (
        throttle.name_key(account.name),
        throttle.email_key(account.email),
        throttle.account_key(account_id),
    )
    for login_key in login_keys:
        throttle.forget(transaction, login_key)
    erase_personal_data(transaction, account, SYSTEM_CORE_ID, context.now)
