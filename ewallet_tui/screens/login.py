"""Logging in; and to an account that is to be deleted, by recovering it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Input, Label

from ewallet_core.presentation.formatting import full_day, parse_timestamp
from ewallet_tui.screens.modal import Choice, ConfirmModal
from ewallet_tui.widgets.tabs_bar import ConnectionBadge

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp
    from ewallet_tui.widgets.accounts import RememberedAccounts
    from ewallet_tui.widgets.form import Answer, Form, FormSpec, Send


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
    confirmation = ConfirmModal(
        "Recover this account?",
        f"It is to be erased for good{until}. Recovered, it is as it was, and you are logged in.",
        [Choice(RECOVER, "y", "Recover it")],
        stay="Leave it",
    )
    return await app.push_screen_wait(confirmation) == RECOVER


class LoginScreen(Screen[None]):
    """Logging in, or making an account and logging in."""

    DEFAULT_CSS = """
    LoginScreen {
        align: center middle;
        #product { width: 1fr; text-align: center; color: $accent; text-style: bold; }
        #promise { width: 1fr; text-align: center; color: $text-muted; margin-bottom: 1; }
        ConnectionBadge { text-align: center; margin-top: 1; }
        #middle { width: 66; max-width: 100%; height: auto; align-horizontal: center; }
        Form { max-height: 75vh; }
        &.-low Form { max-height: 85vh; }
        &.-low #product, &.-low #promise { display: none; }
    }
    """
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-low"), (22, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        # The app's own, but shown: here the letter for it is a letter.
        Binding("ctrl+q", "app.quit", "Quit", key_display="^q", priority=True),
        Binding("ctrl+o", "connection", "Connection", key_display="^o", id="connection"),
        Binding("ctrl+g", "forget_name", "Forget the name", key_display="^g", id="forget_name"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._opening = asyncio.Lock()
        self._whose = ""
        """The name or email with which somebody logs in."""

    def compose(self) -> ComposeResult:
        """The product's name and which engine it is; sheet and keys follow the first paint."""
        with Vertical(id="middle"):
            yield Label("E W A L L E T", id="product")
            yield Label("credits, time, and a clock that keeps both", id="promise")
            yield ConnectionBadge(with_place=True, change="change")

    @property
    def wallet_app(self) -> EWalletApp:
        """The app, with whom it can ask."""
        return cast("EWalletApp", self.app)

    def on_mount(self) -> None:
        """Follow the connection."""
        self.wallet_app.connection_changed.subscribe(self, self._show_connection)
        self._show_connection()

    def _show_connection(self, _: object = None) -> None:
        app = self.wallet_app
        self.query_one(ConnectionBadge).show_connection(app.connection, app.place)
        for form in self.query("Form"):
            cast("Form", form).show_connected(app.is_connected)

    def on_screen_resume(self) -> None:
        """Begin with an empty sheet, each time somebody comes here from another place."""
        # The sheet and what it checks are imported once the first paint is out.
        self.set_timer(0.02, self._furnish)

    async def start_over(self) -> None:
        """Forget what was typed."""
        await self._open_login()

    async def action_back(self) -> None:
        """Go back from another sheet to the login."""
        if not self._is_at_login:
            await self._open_login()

    async def action_connection(self) -> None:
        """Choose where the engine is."""
        if self.query("Form.-busy"):
            # Who is being logged in there is not to be, when another engine is chosen.
            await self.query("Form").remove()
        self.wallet_app.connecting.choose()

    async def action_forget_name(self) -> None:
        """Offer the name in the sheet no more."""
        app = self.wallet_app
        name = self._name_field.value.strip()
        app.keep(app.preferences.without_account(name, app.connecting.server))
        app.say(f"{name} is not offered here any more.")
        await self._open_login()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only a name that is remembered can be forgotten."""
        if action == "forget_name":
            return any(
                field.value.strip() in self._names for field in self.query("#login #user_name").results(Input)
            )
        return super().check_action(action, parameters)

    def on_remembered_accounts_chosen(self, event: RememberedAccounts.Chosen) -> None:
        """Log in as that one."""
        self._name_field.value = event.name
        self._go_to_first_empty(cast("Form", self.query_one("#login")))
        self.refresh_bindings()

    @on(events.Click, "ConnectionBadge")
    async def _place_clicked(self) -> None:
        await self.action_connection()

    @property
    def _is_at_login(self) -> bool:
        return bool(self.query("#login"))

    async def on_form_left(self) -> None:
        """Open the other sheet."""
        await (self._open_registration() if self._is_at_login else self._open_login())

    async def on_form_done(self, event: Form.Done) -> None:
        """Go on as who has logged in."""
        event.form.forget_secrets()
        app = self.wallet_app
        await app.enter()
        app.keep(app.preferences.with_account_used(self._whose, app.connecting.server))
        await event.form.remove()

    async def _furnish(self) -> None:
        from ewallet_tui.widgets.footer import Footer  # noqa: PLC0415

        if not self.query(Footer):
            await self.mount(Footer())
        await self._open_login(unless_there=True)

    @property
    def _names(self) -> tuple[str, ...]:
        return self.wallet_app.preferences.accounts_at(self.wallet_app.connecting.server)

    @property
    def _name_field(self) -> Input:
        return self.query_one("#login #user_name", Input)

    async def _open_login(self, *, unless_there: bool = False) -> None:
        from ewallet_tui.screens.account_forms import login_for  # noqa: PLC0415

        await self._open_sheet(login_for(self._names), "login", self._log_in, unless_there=unless_there)

    async def _open_registration(self) -> None:
        from ewallet_tui.screens.account_forms import registration  # noqa: PLC0415

        alone = self.wallet_app.store.client.keeps_passwords_alone
        plan = registration(keeps_passwords_alone=alone)
        await self._open_sheet(plan, "registration", self._register)

    async def _open_replacement(self, once: dict[str, Any]) -> None:
        """Ask for a password of the person's own, to take the place of the one that was for one login."""
        from ewallet_tui.screens.account_forms import REPLACEMENT  # noqa: PLC0415

        async def log_in(values: dict[str, Any]) -> Answer:
            return await self.wallet_app.ask(action="login", **once, new_pass=values["new_pass"])

        await self._open_sheet(REPLACEMENT, "replacement", log_in)

    async def _open_sheet(self, plan: FormSpec, id: str, send: Send, *, unless_there: bool = False) -> None:
        from ewallet_tui.widgets.accounts import RememberedAccounts  # noqa: PLC0415
        from ewallet_tui.widgets.form import Form  # noqa: PLC0415

        # Two may come at once: a new engine's, and that of who comes here from another place.
        async with self._opening:
            if unless_there and self.query(Form):
                return
            await self.query("Form, RememberedAccounts").remove()
            form = Form(plan, send, id=id)
            form.show_connected(self.wallet_app.is_connected)
            beside = [RememberedAccounts(self._names)] if id == "login" else []
            state = self.query_one(ConnectionBadge)
            await self.query_one("#middle").mount(form, *beside, before=state)
            self._go_to_first_empty(form)
            self.refresh_bindings()

    def _go_to_first_empty(self, form: Form) -> None:
        # There are none where the app was quit before its sheet was there.
        if rows := form.rows:
            next((row for row in rows if not row.text), rows[-1]).input.focus()

    async def _log_in(self, values: dict[str, Any]) -> Answer:
        from ewallet_tui.screens.account_forms import NEEDS_AN_OWN_ONE, credentials  # noqa: PLC0415
        # merged

        self._whose = values["user_name"]
        once = credentials(values)
        answer = await log_in_or_recover(self.wallet_app, **once)
        if answer.get("code") == NEEDS_AN_OWN_ONE:
            self.call_after_refresh(self._open_replacement, once)
        return answer

    async def _register(self, values: dict[str, Any]) -> Answer:
        account = {name: values[name] for name in ("user_name", "user_email", "user_pass")}
        answer = await self.wallet_app.ask(action="new", new="account", **account)
        if answer["failed"]:
            return answer
        return await self._log_in(values)
