"""Whether an account may be used now, and erasing it when its 30 days before deletion are over."""

from __future__ import annotations

from ewallet_core.errors.accounts import AccountFrozenError, AccountUnlinkPendingError
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.operations.context import Context
from ewallet_core.operations.settlement import stop_timers
from ewallet_core.security import throttle
from ewallet_core.storage.accounts import Account, AccountStatus, CallersAccount, accounts
from ewallet_core.storage.cleanup import erase_personal_data, find_accounts_to_erase
from ewallet_core.storage.logins import leave_sessions
from ewallet_core.types import SYSTEM_CORE_ID

DAY_MS = 24 * 60 * 60_000
RECOVERABLE_MS = 30 * DAY_MS
ONE_TIME_MS = DAY_MS
"""How long a one-time password can be used."""


def why_not_active(account: CallersAccount) -> WalletError | None:
    """The error that says why the account may not be used now; None if it may."""
    if account.state == AccountStatus.ACTIVE:
        return None
    if account.state == AccountStatus.FROZEN:
        return AccountFrozenError()
    return AccountUnlinkPendingError(timestamp(account.to_unlink_at))


def is_gone(account: Account, now: int) -> bool:
    is_due = account.to_unlink_at is not None and account.to_unlink_at <= now
    return is_due or account.state == AccountStatus.ERASED


def is_in_time(one_time_until: int, now: int) -> bool:
    """Whether a one-time password that ends then can be used now; it can't if the clock was ahead."""
    return now < one_time_until <= now + ONE_TIME_MS


def erase_due_accounts(context: Context) -> list[int]:
    """Erase the personal data of accounts whose 30 days are over; returns their ids, which stay."""
    transaction = context.transaction
    due = find_accounts_to_erase(transaction, context.now)
    transaction.require_locks(due)
    for account_id in due:
        account = accounts.require(transaction, id=account_id)
        stop_timers(context, account_id)
        leave_sessions(transaction, account_id, context.now)
        for login_key in (
            throttle.name_key(account.name),
            throttle.email_key(account.email),
            throttle.account_key(account_id),
        ):
            throttle.forget(transaction, login_key)
        erase_personal_data(transaction, account, SYSTEM_CORE_ID, context.now)
    return due
