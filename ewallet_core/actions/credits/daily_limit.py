"""The limit that an account's owner sets on what may leave it for others within 24 hours."""

from __future__ import annotations

from ewallet_core.actions.accounts.logins import Proof, must_be_proven, prove_own_password
from ewallet_core.actions.context import Context, Preparation
from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import NoArguments, Request, instruction
from ewallet_core.instructions.envelope import Answer, ok, timestamp
from ewallet_core.refusals.payments import DailyLimitReached
from ewallet_core.refusals.requests import ArgumentsClash, MissingArgument
from ewallet_core.storage.accounts import Account, accounts
from ewallet_core.storage.events import EventKind, happened
from ewallet_core.storage.spending import Spent, spent_since

DAY_MS = 24 * 60 * 60_000

_LIMIT = {"account": str, "daily_limit": int | None, "spent_today": int, "left_today": int | None}


class EditLimit(Request, frozen=True):
    """The new limit, or that there is to be none; more than until now needs the password."""

    daily_limit: fields.DailyLimit | None = None
    no_limit: fields.Flag | None = None
    user_pass: fields.PasswordAttempt | None = None

    def check(self) -> None:
        """Either a limit is set, or it is lifted."""
        if (self.daily_limit is not None) == bool(self.no_limit):
            raise ArgumentsClash("daily_limit", "no_limit")


@instruction(NoArguments, {"action": "view", "view": "limit"}, changes=False, answers=_LIMIT)
def view_limit(_asked: NoArguments, context: Context) -> Answer:
    """View how much may leave the account within 24 hours, and how much of that has left."""
    return _limit_of(context, context.account)


def prove_password(asked: EditLimit, preparation: Preparation) -> Proof | None:
    """The slow part of raising a limit."""
    return None if asked.user_pass is None else prove_own_password(asked.user_pass, preparation)


@instruction(EditLimit, {"action": "edit", "edit": "limit"}, prepare=prove_password, answers=_LIMIT)
def edit_limit(asked: EditLimit, context: Context) -> Answer:
    """Set how much may leave the account within 24 hours; to raise it, or to lift it, takes the password."""
    account = context.account
    if context.prepared is not None:
        must_be_proven(context, context.prepared, "user_pass")
    elif _is_raised(account.daily_limit, asked.daily_limit):
        raise MissingArgument("user_pass", "the account's password, which raising the limit takes")
    if asked.daily_limit != account.daily_limit:
        accounts.change(
            context.transaction, account.id, daily_limit=asked.daily_limit, written_at=context.now
        )
        happened(context.transaction, account.id, EventKind.ACCOUNT_CHANGED, context.now)
    return _limit_of(context, accounts.require(context.transaction, id=account.id))


def must_be_within_limit(context: Context, account: Account, credits: int) -> None:
    """Raise `DailyLimitReached` where that many more are more than may leave the account now."""
    if account.daily_limit is None:
        return
    spent = _spent_today(context, account)
    if spent.credits + credits > account.daily_limit:
        raise DailyLimitReached(
            account.daily_limit,
            spent.credits,
            _left(account.daily_limit, spent),
            timestamp(None if spent.first_at is None else spent.first_at + DAY_MS),
        )


def _is_raised(limit: int | None, wanted: int | None) -> bool:
    return limit is not None and (wanted is None or wanted > limit)


def _limit_of(context: Context, account: Account) -> Answer:
    spent, limit = _spent_today(context, account), account.daily_limit
    return ok(
        account=account.email,
        daily_limit=limit,
        spent_today=spent.credits,
        left_today=None if limit is None else _left(limit, spent),
    )


def _spent_today(context: Context, account: Account) -> Spent:
    return spent_since(context.transaction, account.id, context.now - DAY_MS)


def _left(limit: int, spent: Spent) -> int:
    # A limit that was lowered may be below what has left already.
    return max(0, limit - spent.credits)
