"""Widgets about accounts: facts, the session's accounts, remembered names, the daily limit, when to lock."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.css.query import NoMatches
from textual.message import Message
from textual.widgets import Button, Label, OptionList, Select, Static
from textual.widgets.option_list import Option

from ewallet_core.presentation.formatting import count, full_day, grouped, one_line
from ewallet_tui.config.settings import LOCK_CHOICES
from ewallet_tui.sanitize import plain
from ewallet_tui.state import AccountInfo, AccountState
from ewallet_tui.widgets.cursor_list import PlainOptionList
from ewallet_tui.widgets.status_bar import burning_bar

LABEL_WIDTH = 8


class AccountFacts(Static):
    DEFAULT_CSS = "AccountFacts { height: auto; text-wrap: nowrap; text-overflow: ellipsis; }"

    def show(self, account: AccountInfo) -> None:
        facts = [
            ("Name", account.name),
            ("Email", account.email),
            ("Phone", account.phone),
            ("Alias", account.alias),
            ("Since", full_day(account.created) if account.created else ""),
        ]
        lines = (
            Content.assemble(
                (f"{label:<{LABEL_WIDTH}}", "$foreground-muted"),
                (one_line(value), "") if value else ("—", "$foreground-muted"),
            )
            for label, value in facts
        )
        self.update(Content("\n").join(lines))


class AccountList(PlainOptionList):
    DEFAULT_CSS = """
    AccountList { max-height: 6; }
    AccountList:focus { background-tint: $foreground 5%; }
    """

    @dataclass
    class AccountChosen(Message):
        email: str

    def __init__(self) -> None:
        super().__init__()
        self._active = ""

    def show(self, state: AccountState) -> None:
        self._active = state.account.email
        signs = {email: "● " if email == self._active else "○ " for email in state.accounts}
        self.show_options(
            Option(
                Content.assemble(signs[email], one_line(name), (f"  {one_line(email)}", "$foreground-muted")),
                id=email,
            )
            for email, name in state.accounts.items()
        )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        email = event.option.id
        if email and email != self._active:
            self.post_message(self.AccountChosen(email))


MIN_NAMES = 2
"""With one name there is nothing to choose."""
MAX_NAMES = 5
MAX_NAME = 16
PADDING = 5


class RememberedAccounts(Horizontal):
    """The names that logged in here, newest first; typing completes those that don't fit."""

    DEFAULT_CSS = """
    RememberedAccounts {
        height: 1; padding: 0 3; display: none;
        &.-there { display: block; }
        Label { color: $text-muted; margin-right: 1; }
        Button { margin-right: 1; }
    }
    """

    @dataclass
    class NameChosen(Message):
        name: str

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(classes="-there" if len(names) >= MIN_NAMES else "")
        self._names = tuple(names[:MAX_NAMES])

    def compose(self) -> ComposeResult:
        yield Label("Used here before")
        for name in self._names:
            yield Button(plain(name, MAX_NAME))

    def on_resize(self) -> None:
        right = self.query_one(Label).outer_size.width
        for button in self.query(Button):
            right += Content.from_text(button.label, markup=False).cell_length + PADDING
            button.display = right <= self.content_size.width

    def on_button_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.NameChosen(self._names[list(self.query(Button)).index(event.button)]))


MAX_BAR_WIDTH = 36
NONE_SET = "No daily limit: you can spend everything at once."
NOTHING_LEAVES = "The daily limit is 0: you can't send credits."

Limit = Mapping[str, Any]


class DailyLimit(Static):
    """The daily limit as a bar that fills from the left as credits leave."""

    DEFAULT_CSS = "DailyLimit { height: auto; min-height: 1; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._limit: Limit | None = None

    def show(self, limit: Limit) -> None:
        self._limit = limit
        self.update(self._state())

    def on_resize(self) -> None:
        if self._limit is not None:
            self.update(self._state())

    def _state(self) -> Content:
        limit = self._limit or {}
        if not limit["daily_limit"]:
            return Content(NONE_SET if limit["daily_limit"] is None else NOTHING_LEAVES)
        style = "$text-success" if limit["left_today"] else "$text-warning"
        width = min(self.size.width, MAX_BAR_WIDTH)
        bar = burning_bar(limit["spent_today"], limit["daily_limit"], width)
        drawn = Content.styled(bar, style)
        spent = f"Daily limit: {grouped(limit['spent_today'])} of {grouped(limit['daily_limit'])} spent"
        left = limit["left_today"]
        rest = f"{grouped(left)} left within 24 hours." if left else "! Limit reached for now."
        return Content("\n").join((Content(spent), drawn, Content(rest)))


class LockChoice(Select[int]):
    """After how many idle minutes the app locks itself."""

    def __init__(self, minutes: int) -> None:
        choices = [
            (f"lock after {count(each, 'minute')}" if each else "never lock", each) for each in LOCK_CHOICES
        ]
        super().__init__(choices, value=minutes, allow_blank=False, compact=True, id="lock-after")

    def _on_mount(self, event: events.Mount) -> None:
        # If the screen is left before it is shown, the parts that this sets are gone again.
        event.prevent_default()
        with contextlib.suppress(NoMatches):
            super()._on_mount(event)
