"""Logging in; and to an account that is to be deleted, by recovering it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ewallet_tui.screens.question import Choice, Question
from ewallet_tui.words import full_day, parse_timestamp

if TYPE_CHECKING:
    from ewallet_core.client import Answer
    from ewallet_tui.app import EWalletApp

LEAVING = "account_leaving"
RECOVER = "recover"
HOW = "Log in again and choose Recover."


async def log_in_or_recover(app: EWalletApp, **credentials: Any) -> Answer:
    """Log in; where the account is to be deleted, ask whether to keep it. Called in a worker."""
    answer = await app.ask(action="login", **credentials)
    if answer.get("code") != LEAVING:
        return answer
    if not await _is_to_be_kept(app, answer):
        return {**answer, "warning": HOW}
    return await app.ask(action="recover", recover="account", **credentials)


async def _is_to_be_kept(app: EWalletApp, error: Answer) -> bool:
    last_day = error["details"]["recoverable_until"]
    until = f" on {full_day(parse_timestamp(last_day))}" if last_day else ""
    question = Question(
        "Recover this account?",
        f"It is to be erased for good{until}. Recovered, it is as it was, and you are logged in.",
        [Choice(RECOVER, "y", "Recover it")],
        stay="Leave it",
    )
    return await app.push_screen_wait(question) == RECOVER
