"""The account screen: its data and logged-in accounts on the left, its security on the right."""

from __future__ import annotations

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Label, Select, Static

from ewallet_tui import actions
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.account_actions import ACCOUNT_ACTIONS, who_reads
from ewallet_tui.screens.account_forms import DAYS_TO_RECOVER, NO_WAY_BACK
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.accounts import AccountFacts, AccountList, DailyLimit, LockChoice

RECOVERY = f"You can recover it for {DAYS_TO_RECOVER} days."


class AccountScreen(BaseScreen):
    MODE = "account"
    PARTS = actions.ACCOUNT_PARTS
    PART = "account"
    ACTIONS = ACCOUNT_ACTIONS
    DEFAULT_CSS = """
    AccountScreen {
        #halves {
            height: auto; layout: grid; grid-size: 2; grid-columns: 1fr 1fr; grid-rows: auto;
            grid-gutter: 0 4;
        }
        .half { height: auto; }
        .heading { color: $text-muted; text-style: bold; margin-bottom: 1; }
        .buttons { height: 1; margin-top: 1; }
        .buttons Button { margin-right: 2; }
        .setting { height: 1; margin-bottom: 1; }
        .setting Label { width: 12; color: $text-muted; }
        .setting Select { width: 1fr; max-width: 24; }
        .small { color: $text-muted; width: 1fr; margin-top: 1; }
        #beside { margin-top: 1; }
        #halves { margin-bottom: 1; }
        .line { height: 1; margin-bottom: 1; }
        .line Button { width: 23; }
        #deletion { margin-bottom: 0; }
        #delete { color: $text-error; }
        .line Label { color: $text-muted; margin-left: 2; }
    }
    AccountScreen.-narrow #halves { grid-gutter: 0 2; }
    AccountScreen.-tiny #halves { grid-size: 1; grid-gutter: 1 0; }
    """

    def compose_content(self) -> ComposeResult:
        with VerticalScroll(can_focus=False):
            with Horizontal(id="halves"):
                with Vertical(classes="half"):
                    yield from self._compose_facts()
                with Vertical(classes="half"):
                    yield Label("Security", classes="heading")
                    yield from self._compose_security()
            with Horizontal(classes="line"):
                yield self.button(actions.REPORT_ISSUE)
                yield Label(who_reads(self.context.connecting.server))
            with Horizontal(classes="line", id="deletion"):
                yield self.button(actions.DELETE_ACCOUNT)
                yield Label(RECOVERY)

    def _compose_facts(self) -> ComposeResult:
        yield Label("Account", classes="heading")
        yield AccountFacts()
        with Horizontal(classes="buttons"):
            yield self.button(actions.EDIT_ACCOUNT)
            yield self.button(actions.LOG_OUT)
        yield Label("Logged in here", classes="heading", id="beside")
        yield AccountList()
        with Horizontal(classes="buttons"):
            yield self.button(actions.LOG_IN_ANOTHER)

    def _compose_security(self) -> ComposeResult:
        with Horizontal(classes="setting"):
            yield Label("When idle")
            yield LockChoice(self.context.preferences.lock_after_minutes)
        yield DailyLimit()
        with Horizontal(classes="buttons"):
            yield self.button(actions.EDIT_LIMIT)
        if self.context.store.client.keeps_passwords_alone:
            yield Static(plain(NO_WAY_BACK), classes="small")
        with Horizontal(classes="buttons"):
            yield self.button(actions.CHANGE_PASSWORD)
            yield self.button(actions.LOCK_NOW)

    def show(self, state: AccountState) -> None:
        self.query_one(AccountFacts).show(state.account)
        self.query_one(AccountList).show(state)
        self.show_buttons()
        self._show_limit()

    @work(group="records", exclusive=True)
    async def _show_limit(self) -> None:
        shown = self.query_one(DailyLimit)
        limit = await self.context.send(action="view", view="limit")
        if not limit["failed"]:
            shown.show(limit)

    @on(Select.Changed, "#lock-after")
    def _lock_chosen(self, event: Select.Changed) -> None:
        if event.value != self.context.preferences.lock_after_minutes and isinstance(event.value, int):
            self.context.settings.choose(lock_after_minutes=event.value)

    @on(AccountList.AccountChosen)
    def _switch(self, event: AccountList.AccountChosen) -> None:
        self.context.lifecycle.switch_account(event.email)
