"""The forms of the login screen: log in, register, replace a password, recover an account."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from textual.containers import Vertical
from textual.widgets import Input

from ewallet_core.presentation.formatting import full_day, one_line, parse_timestamp
from ewallet_tui.keyboard import Typing
from ewallet_tui.screens.account_forms import (
    NEEDS_AN_OWN_ONE,
    REPLACEMENT,
    credentials,
    login_for,
    registration,
)
from ewallet_tui.screens.modal import Choice, ConfirmModal
from ewallet_tui.widgets.accounts import RememberedAccounts
from ewallet_tui.widgets.footer import Footer
from ewallet_tui.widgets.form import Form

if TYPE_CHECKING:
    from textual.app import App

    from ewallet_tui.context import AppContext
    from ewallet_tui.widgets.form import Answer, FormSpec, Send


DELETION_PENDING = "account_leaving"
RECOVER = "recover"
HOW = "To keep the account, log in again and choose Recover."


async def log_in_or_recover(app: App[Any], context: AppContext, **credentials: Any) -> Answer:
    """Log in; if the account is about to be deleted, ask whether to recover it. Call it in a worker."""
    answer = await context.send(action="login", **credentials)
    if answer.get("code") != DELETION_PENDING:
        return answer
    last_day = answer["details"]["recoverable_until"]
    until = f" on {full_day(parse_timestamp(last_day))}" if last_day else ""
    whose = next(value for name, value in credentials.items() if name in ("user_name", "user_email"))
    confirmation = ConfirmModal(
        "Recover this account?",
        f"{one_line(whose)} will be erased for good{until}."
        " If you recover it, nothing is lost and you are logged in.",
        [Choice(RECOVER, "y", "Recover it")],
        stay="Leave it",
    )
    if await app.push_screen_wait(confirmation) != RECOVER:
        return {**answer, "warning": HOW}
    return await context.send(action="recover", recover="account", **credentials)


class LoginForms(Vertical):
    """One form at a time; below the login form, the accounts that logged in here before."""

    DEFAULT_CSS = "LoginForms { width: 1fr; height: auto; align-horizontal: center; }"

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.context = context
        self._opening = asyncio.Lock()
        self._typed_name = ""
        """The name or email that the user logs in with."""

    @property
    def is_at_login(self) -> bool:
        return bool(self.query("#login"))

    @property
    def has_remembered_name(self) -> bool:
        """Whether the name in the login form is a remembered one."""
        names = self._names
        return any(field.value.strip() in names for field in self.query("#login #user_name").results(Input))

    def typing_at(self, moment: float) -> Typing:
        """Keys typed before the form is there wait for it."""
        if self._opening.locked():
            return Typing.HELD
        return next((form.typing_at(moment) for form in self.query(Form)), Typing.HELD)

    def make_footer(self) -> Footer:
        return Footer()

    def show_connected(self, is_connected: bool) -> None:
        for form in self.query(Form):
            form.show_connected(is_connected)

    async def open_login(self, *, unless_open: bool = False) -> None:
        """Show an empty login form; with `unless_open`, only if there is no form."""
        beneath = [RememberedAccounts(self._names)]
        await self._open(login_for(self._names), "login", self._log_in, beneath, unless_open=unless_open)

    async def forget_name(self) -> None:
        context = self.context
        name = self._name_field.value.strip()
        context.settings.keep(context.preferences.without_account(name, context.connecting.server))
        context.notify(f"{name} is no longer suggested here.")
        await self.open_login()

    def on_remembered_accounts_name_chosen(self, event: RememberedAccounts.NameChosen) -> None:
        self._name_field.value = event.name
        self._go_to_first_empty(self.query_one("#login", Form))
        self.screen.refresh_bindings()

    async def on_form_canceled(self) -> None:
        if not self.is_at_login:
            await self.open_login()
            return
        alone = self.context.store.client.keeps_passwords_alone
        await self._open(registration(keeps_passwords_alone=alone), "registration", self._register)

    async def on_form_done(self, event: Form.Done) -> None:
        event.form.forget_secrets()
        context = self.context
        await context.lifecycle.enter()
        context.settings.keep(
            context.preferences.with_account_used(self._typed_name, context.connecting.server)
        )
        await event.form.remove()

    @property
    def _names(self) -> tuple[str, ...]:
        return self.context.preferences.accounts_at(self.context.connecting.server)

    @property
    def _name_field(self) -> Input:
        return self.query_one("#login #user_name", Input)

    async def _open_replacement(self, once: dict[str, Any]) -> None:
        """Ask for a new password in place of the one-time password."""

        async def log_in(values: dict[str, Any]) -> Answer:
            return await self.context.send(action="login", **once, new_pass=values["new_pass"])

        await self._open(REPLACEMENT, "replacement", log_in)

    async def _open(
        self,
        spec: FormSpec,
        id: str,
        send: Send,
        beneath: list[RememberedAccounts] | None = None,
        *,
        unless_open: bool = False,
    ) -> None:
        # Two calls may overlap: after a change of server, and on resume.
        async with self._opening:
            if unless_open and self.query(Form):
                return
            await self.query("Form, RememberedAccounts").remove()
            form = Form(spec, send, id=id, now=self.context.now)
            form.show_connected(self.context.connection.is_connected)
            await self.mount(form, *(beneath or []))
            self._go_to_first_empty(form)
            self.screen.refresh_bindings()

    def _go_to_first_empty(self, form: Form) -> None:
        # There are no rows if the app quits before the form is mounted.
        if rows := form.rows:
            self.screen.set_focus(next((row for row in rows if not row.text), rows[-1]).input)

    async def _log_in(self, values: dict[str, Any]) -> Answer:
        self._typed_name = values["user_name"]
        once = credentials(values)
        answer = await log_in_or_recover(self.app, self.context, **once)
        if answer.get("code") == NEEDS_AN_OWN_ONE:
            self.call_after_refresh(self._open_replacement, once)
        return answer

    async def _register(self, values: dict[str, Any]) -> Answer:
        account = {name: values[name] for name in ("user_name", "user_email", "user_pass")}
        answer = await self.context.send(action="new", new="account", **account)
        return answer if answer["failed"] else await self._log_in(values)
