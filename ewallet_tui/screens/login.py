"""The first screen: who are you; and the same sheet with more fields for who is new."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Label

from ewallet_core.instructions import fields
from ewallet_tui.text import plain
from ewallet_tui.widgets.form import Answer, Form, FormPlan, Values
from ewallet_tui.widgets.form_field import Field

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

AGAIN = "password_again"
PASSWORD_RULE = f"A password has at least {fields.SHORTEST_PASSWORD} characters."
NO_WAY_BACK = "A forgotten password can't be recovered: nobody but you keeps it."

NAME = Field("user_name", "Name", fields.UserName)
PASSWORD = Field("user_pass", "Password", fields.PasswordAttempt)
NEW_PASSWORD = Field("user_pass", "Password", fields.Password)
PASSWORD_AGAIN = Field(AGAIN, "Once more", fields.PasswordAttempt)
EMAIL = Field("user_email", "Email", fields.Email)

LOG_IN = FormPlan("Log in", "Log in", (NAME, PASSWORD), leave="New account")


def passwords_differ(values: Values) -> Mapping[str, str]:
    """The objection to a new password that isn't the same both times."""
    if AGAIN in values and values[AGAIN] != values.get("user_pass"):
        return {AGAIN: "The passwords differ."}
    return {}


def registration(*, keeps_passwords_alone: bool) -> FormPlan:
    """The sheet for a new account, with what should be known before a password is chosen."""
    note = f"{PASSWORD_RULE} {NO_WAY_BACK}" if keeps_passwords_alone else PASSWORD_RULE
    return FormPlan(
        "New account",
        "Create account",
        (NAME, EMAIL, NEW_PASSWORD, PASSWORD_AGAIN),
        note=note,
        objections=passwords_differ,
        leave="Back",
    )


class LoginScreen(Screen[None]):
    """Logging in, or making an account and logging in."""

    DEFAULT_CSS = """
    LoginScreen {
        align: center middle;
        #product { width: 1fr; text-align: center; color: $accent; text-style: bold; }
        #promise { width: 1fr; text-align: center; color: $text-muted; margin-bottom: 1; }
        #place { width: 1fr; text-align: center; color: $text-muted; margin-top: 1; }
        #middle { width: 66; max-width: 100%; height: auto; align-horizontal: center; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
    ]

    def compose(self) -> ComposeResult:
        """The product's name, the sheet, and which engine it is."""
        client = self.wallet_app.conversation.client
        with Vertical(id="middle"):
            yield Label("E W A L L E T", id="product")
            yield Label("credits, time, and a clock that keeps both", id="promise")
            yield Form(LOG_IN, self._log_in)
            yield Label(Content.assemble(("● ", "$text-success"), plain(client.place)), id="place")

    @property
    def wallet_app(self) -> EWalletApp:
        """The app, with whom it can ask."""
        return cast("EWalletApp", self.app)

    async def action_back(self) -> None:
        """Go back from registering to the login."""
        form = self.query_one(Form)
        if form.plan is not LOG_IN:
            form.leave()

    async def on_screen_resume(self) -> None:
        """Begin with an empty sheet each time somebody comes back here."""
        if self.query_one(Form).plan is not LOG_IN or any(row.text for row in self.query_one(Form).rows):
            await self._open_sheet(LOG_IN)

    @on(Form.Left)
    async def _other_sheet(self) -> None:
        alone = self.wallet_app.conversation.client.keeps_passwords_alone
        is_login = self.query_one(Form).plan is LOG_IN
        await self._open_sheet(registration(keeps_passwords_alone=alone) if is_login else LOG_IN)

    @on(Form.Done)
    async def _enter(self, event: Form.Done) -> None:
        event.form.forget_secrets()
        await self.wallet_app.enter()

    async def _open_sheet(self, plan: FormPlan) -> None:
        old = self.query_one(Form)
        new = Form(plan, self._log_in if plan is LOG_IN else self._register)
        await self.query_one("#middle").mount(new, before=old)
        await old.remove()
        new.rows[0].input.focus()

    async def _log_in(self, values: dict[str, Any]) -> Answer:
        return await self.wallet_app.ask(action="login", **values)

    async def _register(self, values: dict[str, Any]) -> Answer:
        values = {name: value for name, value in values.items() if name != AGAIN}
        answer = await self.wallet_app.ask(action="new", new="account", **values)
        if answer["failed"]:
            return answer
        return await self._log_in({name: values[name] for name in ("user_name", "user_pass")})
