"""The account: the facts, what changes them, and who else is logged in here."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Label, Select, Static

from ewallet_core.instructions import fields
from ewallet_tui.picture import Account, Picture
from ewallet_tui.preferences import LOCK_CHOICES
from ewallet_tui.screens.framed import FramedScreen
from ewallet_tui.screens.login_forms import (
    AGAIN,
    EMAIL,
    LOG_IN,
    NAME,
    NEW_PASSWORD,
    NO_WAY_BACK,
    PASSWORD_AGAIN,
    PASSWORD_RULE,
    credentials,
    passwords_differ,
)
from ewallet_tui.text import plain
from ewallet_tui.widgets.account_facts import AccountFacts
from ewallet_tui.widgets.account_list import AccountList
from ewallet_tui.widgets.form import Answer, FormPlan
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.words import count

CHANGE_PASSWORD = FormPlan(
    "Change password",
    "Change password",
    (
        Field("old_pass", "Password now", fields.PasswordAttempt),
        replace(NEW_PASSWORD, label="New password"),
        PASSWORD_AGAIN,
    ),
    note=PASSWORD_RULE,
    objections=passwords_differ,
)
ANOTHER = FormPlan(
    "Another account", "Log in", LOG_IN.fields, note="Both stay logged in, and you can switch."
)


def edit_plan(account: Account) -> FormPlan:
    """The form that changes what is known of `account`."""
    return FormPlan(
        "Edit account",
        "Save",
        (
            replace(NAME, initial=account.name),
            replace(EMAIL, initial=account.email),
            Field("user_phone", "Phone", fields.Phone, initial=account.phone, optional=True),
            Field("user_alias", "Alias", fields.Alias, initial=account.alias, optional=True),
        ),
    )


class AccountScreen(FramedScreen):
    """Facts at the left, security and the accounts of this session at the right, or beneath when narrow."""

    PLACE = "account"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "edit", "Edit"),
        Binding("p", "change_password", "Password"),
        Binding("n", "log_in_another", "Another account"),
        Binding("L", "app.lock", "Lock now", show=False, key_display="L"),
        Binding("o", "log_out", "Log out"),
    ]
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
        .small { color: $text-muted; width: 1fr; }
        #beside { margin-top: 1; }
    }
    AccountScreen.-narrow #halves { grid-gutter: 0 2; }
    AccountScreen.-tiny #halves { grid-size: 1; grid-gutter: 1 0; }
    """

    def compose_content(self) -> ComposeResult:
        """Facts and security, with their buttons."""
        with VerticalScroll(can_focus=False), Horizontal(id="halves"):
            with Vertical(classes="half"):
                yield Label("Account", classes="heading")
                yield AccountFacts()
                with Horizontal(classes="buttons"):
                    yield Button("Edit", id="edit")
                    yield Button("Log out", id="log_out")
                yield Label("Logged in here", classes="heading", id="beside")
                yield AccountList()
                with Horizontal(classes="buttons"):
                    yield Button("Log in to another", id="log_in_another")
            with Vertical(classes="half"):
                yield Label("Security", classes="heading")
                yield from self._compose_security()

    def _compose_security(self) -> ComposeResult:
        with Horizontal(classes="setting"):
            yield Label("When idle")
            yield Select(
                [(_lock_words(minutes), minutes) for minutes in LOCK_CHOICES],
                value=self.wallet_app.preferences.lock_after_minutes,
                allow_blank=False,
                compact=True,
                id="lock-after",
            )
        if self.wallet_app.conversation.client.keeps_passwords_alone:
            yield Static(plain(NO_WAY_BACK), classes="small")
        with Horizontal(classes="buttons"):
            yield Button("Change password", id="change_password")
            yield Button("Lock now", id="lock")

    def show(self, picture: Picture) -> None:
        """The facts and the accounts of now."""
        self.query_one(AccountFacts).show(picture.account)
        self.query_one(AccountList).show(picture)

    def action_edit(self) -> None:
        """Change what is known of the account."""
        if (picture := self.wallet_app.picture) is not None:
            plan = edit_plan(picture.account)
            self.ask_with(plan, lambda values: self._save(plan, values))

    def action_change_password(self) -> None:
        """Change the password, with the old one."""
        self.ask_with(CHANGE_PASSWORD, self._change_password)

    def action_log_in_another(self) -> None:
        """Log in to another account as well."""
        self.ask_with(ANOTHER, self._log_in)

    def action_log_out(self) -> None:
        """Log out of this account; the next of this session, if there is one, goes on."""
        self.wallet_app.log_out()

    @on(Button.Pressed)
    async def _pressed(self, event: Button.Pressed) -> None:
        action = event.button.id or ""
        await self.run_action("app.lock" if action == "lock" else action)

    @on(Select.Changed, "#lock-after")
    def _lock_chosen(self, event: Select.Changed) -> None:
        if event.value != self.wallet_app.preferences.lock_after_minutes and isinstance(event.value, int):
            self.wallet_app.choose(lock_after_minutes=event.value)

    @on(AccountList.Chosen)
    def _switch(self, event: AccountList.Chosen) -> None:
        self.wallet_app.switch_account(event.email)

    async def _save(self, plan: FormPlan, values: dict[str, Any]) -> Answer:
        before = {field.name: field.initial for field in plan.fields}
        changed = {name: value for name, value in values.items() if value != before[name]}
        if not changed:
            return {"failed": False}
        return await self.wallet_app.ask(action="edit", edit="account", **changed)

    async def _change_password(self, values: dict[str, Any]) -> Answer:
        kept = {name: value for name, value in values.items() if name != AGAIN}
        return await self.wallet_app.ask(action="edit", edit="account", **kept)

    async def _log_in(self, values: dict[str, Any]) -> Answer:
        return await self.wallet_app.ask(action="login", **credentials(values))


def _lock_words(minutes: int) -> str:
    return f"lock after {count(minutes, 'minute')}" if minutes else "never lock"
