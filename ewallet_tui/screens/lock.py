"""The lock screen: it shows only the timer, and asks for the password."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen

from ewallet_core.presentation.formatting import one_line
from ewallet_tui.keyboard import Typing
from ewallet_tui.screens.account_forms import PASSWORD
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.footer import Footer
from ewallet_tui.widgets.form import Answer, Form, FormSpec
from ewallet_tui.widgets.status_bar import StatusBar
from ewallet_tui.widgets.tabs import ConnectionBadge

if TYPE_CHECKING:
    from ewallet_tui.context import AppContext


class LockScreen(Screen[None]):
    DEFAULT_CSS = """
    LockScreen {
        align: center middle;
        #middle { width: 68; max-width: 100%; height: auto; }
        StatusBar { margin-bottom: 1; }
        ConnectionBadge { text-align: center; margin-top: 1; }
    }
    """

    # Shown here, because q is typed into the password.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "app.quit", "Quit", key_display="^q", priority=True)
    ]

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self.context = context

    def typing_at(self, moment: float) -> Typing:
        return next((form.typing_at(moment) for form in self.query(Form)), Typing.HELD)

    def compose(self) -> ComposeResult:
        with Vertical(id="middle"):
            yield StatusBar(with_balance=False)
            yield ConnectionBadge(with_place=True)
        yield Footer()

    def on_mount(self) -> None:
        self.context.state_changed.subscribe(self, self._show)
        self.context.second_passed.subscribe(self, self._show_now)
        self.context.connection_changed.subscribe(self, self._show_connection)
        self._show_connection()

    async def on_screen_resume(self) -> None:
        """Create a new form each time it is locked, but not when a question over it is closed."""
        state = self.context.state
        if state is None or self.query(Form):
            return
        note = f"Enter the password of {one_line(state.account.name)} to unlock."
        spec = FormSpec("Locked", "Unlock", (PASSWORD,), note=note, leave="Log out")
        form = Form(spec, self._unlock, now=self.context.now)
        form.show_connected(self.context.connection.is_connected)
        await self.query_one("#middle").mount(form, before=self.query_one(ConnectionBadge))
        self.set_focus(form.rows[0].input)
        self._show(state)

    async def _unlock(self, values: dict[str, Any]) -> Answer:
        state = self.context.state
        name = state.account.name if state else ""
        answer = await self.context.send(action="login", user_name=name, **values)
        is_wrong = answer.get("code") == "login_refused"
        return answer | {"error": "Wrong password.", "warning": ""} if is_wrong else answer

    @on(Form.Done)
    async def _go_on(self, event: Form.Done) -> None:
        event.form.forget_secrets()
        await self.app.switch_mode(self.context.navigation.mode_to_return_to)
        await event.form.remove()

    @on(Form.Canceled)
    def _log_out(self) -> None:
        # Without a connection it stays locked.
        self.query_one(Form).go_on_typing()
        # Otherwise the session would continue with another account, without its password.
        self.context.lifecycle.log_out(of_all=True)

    def _show(self, state: AccountState) -> None:
        now = self.context.now()
        self.query_one(StatusBar).show(state, now)

    def _show_connection(self, _: object = None) -> None:
        connection = self.context.connection
        for badge in self.query(ConnectionBadge):
            badge.show_connection(connection.status, connection.place)
        for form in self.query(Form):
            form.show_connected(connection.is_connected)

    def _show_now(self, _: float) -> None:
        if (state := self.context.state) is not None:
            self._show(state)
