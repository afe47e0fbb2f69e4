"""Logs out of accounts of the session, and goes on as another of them or nobody: one change at a time."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

GROUP = "account"
ENDED = "The session has ended. Log in to go on; a running timer goes on by itself."
LOOK = "Look then whether what you asked last was done."


def log_out(app: EWalletApp, *, of_all: bool) -> None:
    """Log out of the active account, and the session's next goes on; or `of_all` of them."""
    # The screen that asks for it is among those removed, and must not wait for its own end.
    if of_all:
        app.run_worker(_log_out(app, of_all), group=GROUP)
    else:
        _change(app, _log_out(app, of_all))


def switch_account(app: EWalletApp, email: str) -> None:
    """Go on as another account of the session."""
    _change(app, app.act(action="switch", switch="account", account=email))


async def end_session(app: EWalletApp, *, of_a_change: bool) -> None:
    """Go back to the login because the session is over, and say so; `of_a_change`: to what was asked."""
    await app.leave()
    app.say(f"{ENDED} {LOOK}" if of_a_change else ENDED, severity="warning")


def _change(app: EWalletApp, change: Coroutine[Any, Any, object]) -> None:
    # A key pressed twice means one account, and the second is not pressed for the next.
    if app.has_begun(GROUP):
        change.close()
    else:
        app.run_worker(change, group=GROUP)


async def _log_out(app: EWalletApp, of_all: bool) -> None:
    while app.picture is not None and not (await app.act(action="logout"))["failed"]:
        if app.picture is not None and not of_all:
            return
    if app.picture is None:
        await app.leave()
