"""The account's own limit on the credits that may leave it for others within 24 hours."""

from __future__ import annotations

from typing import TypedDict

from ewallet_core.errors.requests import ArgumentsClashError, MissingArgumentError
from ewallet_core.instructions import fields
from ewallet_core.instructions.registry import NoArguments, Request, instruction
from ewallet_core.operations.context import AccountContext, Preparation
from ewallet_core.operations.credentials import PasswordCheck, check_own_password, require_password
from ewallet_core.operations.events import record_event
from ewallet_core.operations.movements import left_within, spent_today
from ewallet_core.storage.accounts import PartyAccount, accounts
from ewallet_core.storage.events import EventKind


class _LimitAnswer(TypedDict):
    account: str
    daily_limit: int | None
    spent_today: int
    left_today: int | None


class EditLimit(Request, frozen=True):
    """The new limit, or no limit; to raise or lift it needs the password."""

    daily_limit: fields.DailyLimit | None = None
    no_limit: fields.Flag | None = None
    user_pass: fields.PasswordAttempt | None = None

    def check(self) -> None:
        """Exactly one of daily_limit and no_limit must be sent."""
        if (self.daily_limit is not None) == bool(self.no_limit):
            raise ArgumentsClashError(("daily_limit", "no_limit"))


@instruction({"action": "view", "view": "limit"})
def view_limit(_request: NoArguments, context: AccountContext) -> _LimitAnswer:
    """View the daily limit, and how much of it was spent in the last 24 hours."""
    return _limit_of(context, context.account)


def check_limit_password(request: EditLimit, preparation: Preparation) -> PasswordCheck | None:
    """Check the password, if one was sent."""
    return None if request.user_pass is None else check_own_password(request.user_pass, preparation)


@instruction({"action": "edit", "edit": "limit"}, prepare=check_limit_password)
def edit_limit(request: EditLimit, context: AccountContext) -> _LimitAnswer:
    """Set how much may leave the account within 24 hours; to raise or lift the limit needs the password."""
    account, new_limit = context.account, request.daily_limit
    if context.prepared is not None:
        require_password(context, context.prepared, "user_pass")
    elif account.daily_limit is not None and (new_limit is None or new_limit > account.daily_limit):
        raise MissingArgumentError("user_pass", "the account's password, which raising the limit takes")
    if new_limit != account.daily_limit:
        accounts.change(context.transaction, account.id, daily_limit=new_limit, written_at=context.now)
        record_event(context, account.id, EventKind.ACCOUNT_CHANGED)
    return _limit_of(context, accounts.require(context.transaction, id=account.id))


def _limit_of(context: AccountContext, account: PartyAccount) -> _LimitAnswer:
    spent, limit = spent_today(context, account), account.daily_limit
    return _LimitAnswer(
        account=account.email,
        daily_limit=limit,
        spent_today=spent.credits,
        left_today=None if limit is None else left_within(limit, spent),
    )
