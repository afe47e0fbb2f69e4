"""The overview: what a home screen shows of an account, in one consistent read."""

from __future__ import annotations

from typing import TypedDict

from ewallet_core.instructions import fields, timestamps
from ewallet_core.instructions.registry import instruction
from ewallet_core.operations.answer_data import (
    AccountAnswer,
    ClockData,
    Date,
    EwalletData,
    FoundRow,
    account_data,
    clock_data,
    ewallet_data,
)
from ewallet_core.operations.context import AccountContext
from ewallet_core.operations.permissions import may_supply
from ewallet_core.operations.requests import ZonedRequest
from ewallet_core.operations.sheet_kinds import found_row
from ewallet_core.storage.overview import (
    PAST_DAYS,
    find_shown_clocks,
    read_balances_before,
    read_recent_activity,
)
from ewallet_core.storage.wallets import Wallet


class ViewOverview(ZonedRequest, frozen=True):
    """How many rows of activity, and the time zone of the days (absent: UTC).

    With `passive`, the view is no use of its session, which ends as if it had not been sent.
    """

    added = frozenset({"passive"})

    limit: fields.PageLength = fields.SHORT_PAGE
    passive: fields.Flag | None = None

    def counts_as_use(self) -> bool:
        """A passive view does not."""
        return not self.passive


class DayBalance(TypedDict):
    """The credits of a wallet at the end of a day, or now for today."""

    day: Date
    credits: int


class _ViewOverviewAnswer(AccountAnswer):
    ewallet_data: EwalletData
    clock_data: ClockData
    timers: list[ClockData]
    activity: list[FoundRow]
    balance_history: list[DayBalance]
    may_supply: bool


@instruction({"action": "view", "view": "overview"})
def view_overview(request: ViewOverview, context: AccountContext) -> _ViewOverviewAnswer:
    """View the account, its active wallet and clock, timers, recent activity, and 30 days of balances."""
    account, wallet = context.full_account, context.wallet
    wallet_data = ewallet_data(context, wallet)
    shown = find_shown_clocks(context.transaction, account.id, wallet.clock_id)
    data_of = {clock.id: clock_data(context, clock) for clock in shown}
    activity = read_recent_activity(context.transaction, account.id, request.limit)
    return {
        "account": account.email,
        "account_data": account_data(context, account),
        "ewallet_data": wallet_data,
        "clock_data": data_of[wallet.clock_id],
        "timers": [data_of[clock.id] for clock in shown if clock.timer.has_started],
        "activity": [found_row(context, found) for found in activity],
        "balance_history": _balance_history(request, context, wallet, wallet_data["credits"]),
        "may_supply": may_supply(context, account.role),
    }


def _balance_history(
    request: ViewOverview, context: AccountContext, wallet: Wallet, credits: int
) -> list[DayBalance]:
    *past, (today, _) = timestamps.last_days(context.now, request.zone, PAST_DAYS + 1)
    balances = read_balances_before(context.transaction, wallet.balance_id, [end for _, end in past])
    history: list[DayBalance] = [
        {"day": day.isoformat(), "credits": held} for (day, _), held in zip(past, balances, strict=True)
    ]
    return [*history, {"day": today.isoformat(), "credits": credits}]
