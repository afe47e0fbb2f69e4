"""Notifications: which events the user is told of, as toasts and on the desktop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct
from textual.timer import Timer

from ewallet_core.client import Event
from ewallet_core.presentation.formatting import MINUS, count, credit_amount, duration, one_line
from ewallet_core.types import SYSTEM_CORE_EMAIL
from ewallet_tui.state import CLOCK, WALLET, AccountState
from ewallet_tui.work import Notify, SetTimer

ENDS_SOON = "session_about_to_end"
"""The app reacts by using the session; the user is not told."""
OWN_TRANSFER = "own_transfer"
IF_NOT_YOU = "If it was not you, change your password: that ends every other session."


class Notification(Struct, frozen=True):
    title: str
    words: str
    severity: Literal["information", "warning"] = "information"
    credits: int = 0
    """The credits received; negative: the credits that left."""
    address: str = ""
    """The address of a login."""


FROZEN = Notification(
    "Your account is frozen.",
    "Your timers have stopped. You can't do anything until an operator unfreezes it.",
    "warning",
)
USABLE_AGAIN = Notification("Your account is active again.", "You can use it as before.")


def notification_of(event: Event, state: AccountState) -> Notification | None:
    """What to tell the user of an event, or `None`; timers have their own alarms."""
    data, own_email = event["data"], state.account.email
    match event["event"]:
        case "credits_left" | "time_moved_out" if event.get("movement") == OWN_TRANSFER:
            return _moved(data, state)
        case "login_from_new_address":
            return _login_from(data["address"])
        case "credits_arrived" if data["transfer_from"] != own_email:
            return _arrived(
                data["credits"], data["transfer_from"], is_refund=event.get("movement") == "refund"
            )
        case "credits_left" if data["transfer_to"] != own_email:
            return _left(data["credits"], data["transfer_to"])
    return None


def folded(notifications: Sequence[Notification]) -> list[Notification]:
    """The same notifications, with all movements of credits joined into one, and all logins into one."""
    moved = [one for one in notifications if one.credits]
    logins = [one for one in notifications if one.address]
    others = [one for one in notifications if not one.credits and not one.address]
    return [*others, *_logins_in_one(logins), *_moved_in_one(moved)]


def _logins_in_one(logins: list[Notification]) -> list[Notification]:
    if len(logins) < 2:
        return logins
    title = f"{count(len(logins), 'login')} to your account from new addresses."
    return [Notification(title, IF_NOT_YOU, "warning", address=logins[-1].address)]


def _moved_in_one(moved: list[Notification]) -> list[Notification]:
    if len(moved) < 2:
        return moved
    came = sum(one.credits for one in moved if one.credits > 0)
    went = sum(one.credits for one in moved if one.credits < 0)
    title = "   ".join(_title(credits) for credits in (came, went) if credits)
    words = f"{count(len(moved), 'movement')} just now. Home lists the newest."
    return [Notification(title, words, "warning" if went else "information", credits=came or went)]


def _login_from(address: str) -> Notification:
    return Notification(
        f"Someone logged in to your account from {address}.", IF_NOT_YOU, "warning", address=address
    )


def _arrived(credits: int, sender: str, *, is_refund: bool) -> Notification:
    title = _title(credits)
    if sender == SYSTEM_CORE_EMAIL:
        return Notification(title, "Supplied by the operator.", credits=credits)
    verb = "refunded you" if is_refund else "sent them to you"
    return Notification(title, f"{sender} {verb}.", credits=credits)


def _moved(data: Mapping[str, Any], state: AccountState) -> Notification:
    """One notification for both sides of a move between own wallets or clocks."""
    is_time = "to_clock" in data
    kind, to = (CLOCK, data["to_clock"]) if is_time else (WALLET, data["to_ewallet"])
    moved = duration(data["minutes_ms"]) if is_time else credit_amount(data["credits"])
    name = one_line(state.owned[kind].names.get(to, f"another {kind.noun}"))
    return Notification(f"Moved to {name}: {MINUS}{moved}", "From another of your sessions.")


def _left(credits: int, recipient: str) -> Notification:
    words = f"Sent to {recipient} from another of your sessions."
    return Notification(_title(-credits), words, "warning", credits=-credits)


def _title(credits: int) -> str:
    return f"{'+' if credits > 0 else MINUS} {credit_amount(abs(credits))}"


AT_ONCE_SECONDS = 1.0
"""Notifications within this time of another are shown together."""


class Notifier:
    def __init__(
        self,
        state: Callable[[], AccountState | None],
        is_in_view: Callable[[], bool],
        set_timer: SetTimer,
        notify: Notify,
        notify_desktop: Callable[[str, str], None],
    ) -> None:
        self._state = state
        self._is_in_view = is_in_view
        self._set_timer = set_timer
        self._notify = notify
        self._notify_desktop = notify_desktop
        self._waiting: list[Notification] = []
        self._pause: Timer | None = None

    def notice(self, event: Event) -> None:
        """Tell the user of an event that the app has not caused itself."""
        state = self._state()
        if state is None or "data" not in event:
            return
        notification = notification_of(event, state)
        if notification is not None:
            self.tell(notification)

    def tell(self, notification: Notification) -> None:
        """Show it now, or with others that come within a second; on a locked screen, when it is unlocked."""
        if self._state() is None:
            return
        self._waiting.append(notification)
        if self._pause is None:
            self._go_on()

    def forget(self) -> None:
        self._waiting.clear()
        if self._pause is not None:
            self._pause.stop()
            self._pause = None

    def _go_on(self) -> None:
        self._pause = None
        if not self._waiting:
            return
        if self._is_in_view():
            waiting, self._waiting = folded(self._waiting), []
            for notification in waiting:
                self._notify(notification.words, title=notification.title, severity=notification.severity)
                if notification.credits:
                    self._notify_desktop(notification.title, notification.words)
        self._pause = self._set_timer(AT_ONCE_SECONDS, self._go_on)


ESCAPE, END = "\x1b", "\a"
MAX_LENGTH = 200
TERMINALS_WITH_777 = ("rxvt", "foot")
"""The beginnings of the names of terminals that take a title and a text."""
TERMINALS_WITHOUT = ("linux", "dumb")
"""Terminals that would print the sequence."""


def desktop_sequence(title: str, words: str, environment: Mapping[str, str]) -> str:
    """The sequence that makes a terminal show a notification; empty if it can't.

    The words may come from another user; they can't end the sequence or begin another.
    """
    terminal = environment.get("TERM", "dumb")
    if terminal.startswith(TERMINALS_WITHOUT):
        return ""
    title, words = _harmless(title), _harmless(words)
    if terminal.startswith(TERMINALS_WITH_777) or "VTE_VERSION" in environment:
        sequence = f"{ESCAPE}]777;notify;{title};{words}{END}"
    else:
        sequence = f"{ESCAPE}]9;EWallet: {title}. {words}{END}"
    if "TMUX" in environment:
        return f"{ESCAPE}Ptmux;{sequence.replace(ESCAPE, ESCAPE * 2)}{ESCAPE}\\"
    return sequence


def _harmless(words: str) -> str:
    return one_line(words)[:MAX_LENGTH].replace(";", ",").strip(" .")
