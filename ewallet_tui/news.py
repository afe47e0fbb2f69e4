"""What happened to the account elsewhere that its owner should be told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ewallet_tui.own_doings import ARRIVED
from ewallet_tui.words import MINUS, count, credit_amount

ENDS_SOON = "session_about_to_end"
"""What the app answers by using the session, so that nobody need be told."""
CHANGED = "account_changed"
FROZEN_CODE = "account_frozen"
IF_NOT_YOU = "If it was not you, change your password: that ends every other session."
ISSUER = "core@ewallet.local"
"""Who supplies credits."""

Event = Mapping[str, Any]


@dataclass(frozen=True)
class News:
    """A title and a sentence, and how much they weigh."""

    title: str
    words: str
    severity: Literal["information", "warning"] = "information"
    credits: int = 0
    """How many came; below zero: how many went."""
    address: str = ""
    """Where somebody logged in from."""

    @property
    def is_for_desktop(self) -> bool:
        """Whether it is worth saying to who looks at something else."""
        return self.credits != 0


FROZEN = News(
    "This account is frozen.",
    "Its timers have stopped, and nothing can be done with it until an operator unfreezes it.",
    "warning",
)
USABLE_AGAIN = News("This account can be used again.", "It is frozen no longer.")


def news_of(event: Event, *, own_email: str, clock: int, is_refund: bool = False) -> News | None:
    """What an event is to who sits here: their email, the clock that is in view; or nothing new to them."""
    data = event["data"]
    match event["event"]:
        case "login_from_new_address":
            return _login_from(data["address"])
        case "credits_arrived" if data["transfer_from"] != own_email:
            return _arrived(data["credits"], data["transfer_from"], is_refund=is_refund)
        case "credits_left" if data["transfer_to"] != own_email:
            return _left(data["credits"], data["transfer_to"])
        case "timer_ran_out" if data["clock"] != clock:
            return News("■ Out of time", "The timer of another clock of yours has stopped.", "warning")
    return None


def folded(news: Sequence[News]) -> list[News]:
    """The same in fewer words: all that came and went as one, all logins as one, and everything else."""
    moved = [one for one in news if one.credits]
    logins = [one for one in news if one.address]
    others = [one for one in news if not one.credits and not one.address]
    return [*others, *_logins_in_one(logins), *_moved_in_one(moved)]


def _logins_in_one(logins: list[News]) -> list[News]:
    if len(logins) < 2:
        return logins
    title = f"{count(len(logins), 'login')} to this account from new addresses."
    return [News(title, IF_NOT_YOU, "warning", address=logins[-1].address)]


def _moved_in_one(moved: list[News]) -> list[News]:
    if len(moved) < 2:
        return moved
    came = sum(one.credits for one in moved if one.credits > 0)
    went = sum(one.credits for one in moved if one.credits < 0)
    title = "   ".join(_title(credits) for credits in (came, went) if credits)
    words = f"{count(len(moved), 'movement')} in a moment. Home lists the newest."
    return [News(title, words, "warning" if went else "information", credits=came or went)]


def may_be_refund(event: Event) -> bool:
    """Whether what arrived may be a payment that somebody gave back."""
    return event["event"] == ARRIVED and bool(event["data"]["transfer_from"] != ISSUER)


def _login_from(address: str) -> News:
    return News(
        f"Somebody logged in to this account from {address}.",
        IF_NOT_YOU,
        "warning",
        address=address,
    )


def _arrived(credits: int, sender: str, *, is_refund: bool) -> News:
    title = _title(credits)
    if sender == ISSUER:
        return News(title, "You were supplied with them.", credits=credits)
    verb = "gave them back to you" if is_refund else "sent them to you"
    return News(title, f"{sender} {verb}.", credits=credits)


def _left(credits: int, recipient: str) -> News:
    words = f"Another session of yours sent them to {recipient}."
    return News(_title(-credits), words, "warning", credits=-credits)


def _title(credits: int) -> str:
    return f"{'+' if credits > 0 else MINUS} {credit_amount(abs(credits))}"
