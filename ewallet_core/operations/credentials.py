"""Checks of the account's own password, and the record of logins and failures."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ewallet_core.errors.accounts import WrongPasswordError
from ewallet_core.operations.context import (
    AccountContext,
    Context,
    Preparation,
    SessionContext,
    StalePreparationError,
    require_account,
)
from ewallet_core.security import throttle
from ewallet_core.security.throttle import Attempt
from ewallet_core.storage.accounts import Account, CallersAccount
from ewallet_core.storage.logins import login_records


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """The result of checking a password against an account's hash, and the account's new hash if any."""

    account: Account | None
    is_right: bool
    new_hash: str | None = None

    def holds_for(self, account: Account | None) -> bool:
        """Whether the password was right; raises `StalePreparationError` if the hash has changed since."""
        checked, current = (found.password_hash if found else None for found in (self.account, account))
        if checked != current:
            raise StalePreparationError
        return self.is_right


def check_own_password(attempt: str, preparation: Preparation) -> PasswordCheck:
    """Check the caller's password before the transaction; raises `ThrottledError` if the caller must wait."""

    def look(seen: Context) -> Account:
        context = require_account(seen)
        throttle.require_no_wait(context.transaction, _own_attempt(context))
        return context.full_account

    account: Account = preparation.look(look)
    return PasswordCheck(account, is_right=preparation.passwords.matches(attempt, account.password_hash))


def require_password(context: AccountContext, password_check: PasswordCheck, field: str) -> None:
    """Raise `WrongPasswordError` about that argument unless the account's own password was right."""
    transaction, account, attempt = context.transaction, context.full_account, _own_attempt(context)
    throttle.require_no_wait(transaction, attempt)
    if not password_check.holds_for(account):
        raise WrongPasswordError(field).with_after_rollback(partial(note_failure, context, attempt, account))
    throttle.record_success(transaction, attempt)


def login_attempt(context: Context, login_key: str, account: Account | None) -> Attempt:
    """The caller's attempt to log in to that account, which `login_key` names."""
    client = context.client if isinstance(context, SessionContext) else None
    return _attempt(context, login_key, account, client.id if client else None)


def _own_attempt(context: AccountContext) -> Attempt:
    # Without the client: an attacker who has taken over its session guesses as that client.
    return _attempt(context, throttle.account_key(context.account.id), context.account, None)


def _attempt(
    context: Context, login_key: str, account: CallersAccount | None, client_id: int | None
) -> Attempt:
    account_id = account.id if account else None
    return Attempt(login_key, account_id, context.caller.address, client_id, context.now)


def note_failure(context: Context, attempt: Attempt, account: Account | None) -> None:
    throttle.record_failure(context.transaction, attempt)
    record_refused_login(context, account)


def record_refused_login(context: Context, account: Account | None) -> None:
    record_login(context, account.id if account else None, "login", "refused")


def record_logout(context: Context, account: CallersAccount) -> None:
    record_login(context, account.id, "logout", "accepted")


def record_login(
    context: Context, account_id: int | None, kind: str, outcome: str, *, is_new: bool = False
) -> None:
    login_records.add(
        context.transaction,
        account_id=account_id,
        kind=kind,
        outcome=outcome,
        address=context.caller.address,
        at=context.now,
        is_new_address=int(is_new),
    )
