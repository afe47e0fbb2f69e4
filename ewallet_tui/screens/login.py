"""The login screen, with only what the first paint needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import Screen
from textual.widgets import Label

from ewallet_tui.keyboard import Typing
from ewallet_tui.widgets.tabs import ConnectionBadge

if TYPE_CHECKING:
    from ewallet_tui.context import AppContext
    from ewallet_tui.screens.login_forms import LoginForms


class LoginScreen(Screen[None]):
    """The product's name and the connection; the forms follow after the first paint."""

    DEFAULT_CSS = """
    LoginScreen {
        align: center middle;
        #product { width: 1fr; text-align: center; color: $accent; text-style: bold; }
        #promise { width: 1fr; text-align: center; color: $text-muted; margin-bottom: 1; }
        ConnectionBadge { text-align: center; margin-top: 1; }
        #middle { width: 68; max-width: 100%; height: auto; align-horizontal: center; }
        Form { max-height: 75vh; }
        &.-low Form { max-height: 85vh; }
        &.-low #product, &.-low #promise { display: none; }
    }
    """
    VERTICAL_BREAKPOINTS: list[tuple[int, str]] | None = [(0, "-low"), (22, "-high")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", show=False),
        # Shown here, because q is typed into the form.
        Binding("ctrl+q", "app.quit", "Quit", key_display="^q", priority=True),
        Binding("ctrl+o", "connection", "Connection", key_display="^o", id="connection"),
        Binding("ctrl+g", "forget_name", "Forget this name", key_display="^g", id="forget_name"),
    ]

    def __init__(
        self, place: str, find_context: Callable[[], AppContext], make_forms: Callable[[], LoginForms]
    ) -> None:
        """`place` is that of the engine; `find_context` and `make_forms` are called after the first paint."""
        super().__init__()
        self._place = place
        self._find_context = find_context
        self._make_forms = make_forms
        self._forms: LoginForms | None = None

    @property
    def context(self) -> AppContext:
        return self._find_context()

    def typing_at(self, moment: float) -> Typing:
        return Typing.HELD if self._forms is None else self._forms.typing_at(moment)

    def compose(self) -> ComposeResult:
        with Vertical(id="middle"):
            yield Label("E W A L L E T", id="product")
            yield Label("credits, time, and a clock that keeps both", id="promise")
            yield ConnectionBadge(self._place, with_place=True, change="change")

    def on_screen_resume(self) -> None:
        # Import the forms after the first paint.
        self.set_timer(0.02, self._show_forms)

    async def start_over(self) -> None:
        if self._forms is not None:
            await self._forms.open_login()

    async def action_back(self) -> None:
        if self._forms is not None and not self._forms.is_at_login:
            await self._forms.open_login()

    async def action_connection(self) -> None:
        if self.query("Form.-busy"):
            # The pending login belongs to the server that is left.
            await self.query("Form").remove()
        self.context.choose_server("")

    async def action_forget_name(self) -> None:
        if self._forms is not None:
            await self._forms.forget_name()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "forget_name":
            return self._forms is not None and self._forms.has_remembered_name
        return super().check_action(action, parameters)

    @on(events.Click, "ConnectionBadge")
    async def _place_clicked(self) -> None:
        await self.action_connection()

    def _show_connection(self, _: object = None) -> None:
        connection = self.context.connection
        for badge in self.query(ConnectionBadge):
            badge.show_connection(connection.status, connection.place)
        if self._forms is not None:
            self._forms.show_connected(connection.is_connected)

    async def _show_forms(self) -> None:
        if self._forms is None:
            self._forms = self._make_forms()
            self.context.connection_changed.subscribe(self, self._show_connection)
            await self.query_one("#middle").mount(self._forms, before=self.query_one(ConnectionBadge))
            await self.mount(self._forms.make_footer())
            self._show_connection()
        await self._forms.open_login(unless_open=True)
