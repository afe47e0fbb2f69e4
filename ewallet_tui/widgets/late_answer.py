"""The answer to a form that was left before it came: told in passing, to whom it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ewallet_core.client import Answer
    from ewallet_tui.app import EWalletApp
    from ewallet_tui.work import Severity

NOT_KNOWN = frozenset(
    {"client_unknown", "not_logged_in", "session_expired", "session_unknown", "unreachable"}
)
"""The codes of answers that don't tell whether it had been done before."""


class LateAnswer:
    """Waits with the account that was logged in when the form was sent."""

    def __init__(self, app: EWalletApp, title: str) -> None:
        self._app = app
        self._title = title
        self._whose = self._account

    def tell(self, answer: Answer) -> None:
        """Say what has become of it, unless somebody else is there now."""
        now_there = self._account
        if answer.get("code") in NOT_KNOWN:
            # Who was thrown out by that very answer is told at the login.
            if now_there in (self._whose, None):
                self._say("Look whether it is among your records.", "Not known whether it was done")
        elif now_there != self._whose:
            return
        elif answer["failed"]:
            self._say(f"{answer['error']} {answer.get('warning') or ''}", "Not done", severity="error")
        else:
            self._say("It was asked before the connection was gone.", "Done")

    @property
    def _account(self) -> str | None:
        state = self._app.state
        return state.account.email if state else None

    def _say(self, words: str, outcome: str, severity: Severity = "information") -> None:
        self._app.say(words, title=f"{outcome}: {self._title}.", severity=severity)
