"""Whether an account may be used now, and why not."""

from __future__ import annotations

from ewallet_core.errors.accounts import AccountFrozenError, AccountUnlinkPendingError
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.storage.accounts import Account, AccountState


def why_not_active(account: Account) -> WalletError | None:
    """The error that says why the account may not be used now; None if it may."""
    if account.state == AccountState.ACTIVE:
        return None
    if account.state == AccountState.FROZEN:
        return AccountFrozenError()
    return AccountUnlinkPendingError(timestamp(account.to_unlink_at))


def is_gone(account: Account, now: int) -> bool:
    """Whether the account is erased, or due to be."""
    is_due = account.to_unlink_at is not None and account.to_unlink_at <= now
    return is_due or account.state == AccountState.ERASED
