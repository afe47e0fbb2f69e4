"""Choosing a server, and the question about a new certificate."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from ewallet_core.client import UnreachableError
from ewallet_core.presentation.formatting import one_line
from ewallet_core.protocol.address import Servers
from ewallet_tui.connection import CONNECTING
from ewallet_tui.keyboard import Typing
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.modal import Choice, ConfirmModal
from ewallet_tui.widgets.footer import Footer
from ewallet_tui.widgets.form_field import Field, FormField, too_many_lines
from ewallet_tui.widgets.server_list import HERE, ServerList
from ewallet_tui.work import run_worker

if TYPE_CHECKING:
    from ewallet_tui.context import AppContext


TRUST = "trust"


def first_certificate(server: str, fingerprint: str) -> ConfirmModal:
    """The question whether to trust a new certificate; shows its fingerprint."""
    words = (
        f"{server} is new on this computer. Its certificate's fingerprint is\n\n{fingerprint}\n\n"
        "Compare it with the one the server's operator gives you. "
        "Trust it only if they are the same. If the server ever shows another one, "
        "the app sends nothing to it."
    )
    return ConfirmModal("New server", words, [Choice(TRUST, "ctrl+t", "Trust it")], stay="Leave it")


FORGET = "forget"


class ServerField(Field):
    def read(self, text: str) -> Any:
        """The typed address, or `None`; raises `ValueError` with a sentence for the user."""
        return Servers.read(text) if text.strip() else None


ANOTHER = ServerField("server", "Another server", str, placeholder="host:port, then enter", optional=True)


class ConnectionScreen(Screen[None]):
    """The servers to choose from; choosing one connects to it."""

    DEFAULT_CSS = """
    ConnectionScreen {
        align: center middle;
        #sheet {
            width: 66; max-width: 100%; height: auto; max-height: 100%; padding: 1 2;
            border: round $accent; border-title-color: $accent; border-title-style: bold;
        }
        #reason { color: $text-error; margin-bottom: 1; display: none; }
        #reason.-there { display: block; }
        #trying { color: $text-warning; margin-bottom: 1; display: none; }
        ServerList { margin-bottom: 1; }
        /* In little room the problem needs the width. */
        FormField { grid-columns: 15 1fr; }
        FormField .problem, FormField .hint { padding-left: 16; }
        &.-trying #trying { display: block; }
        &.-trying ServerList, &.-trying FormField { opacity: 50%; }
    }
    """
    AUTO_FOCUS = "ServerList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back"),
        Binding("question_mark", "app.help", "Help", show=False, id="help"),
        Binding("down", "app.focus_next", "Next field", show=False),
        Binding("up", "app.focus_previous", "Previous field", show=False),
    ]

    def __init__(self, context: AppContext, reason: str = "") -> None:
        super().__init__()
        self.context = context
        self._reason = reason

    def typing_at(self, moment: float) -> Typing:  # noqa: ARG002
        return Typing.DROPPED if self.has_class("-trying") else Typing.TAKEN

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="sheet", can_focus=False) as sheet:
            sheet.border_title = "Connection"
            yield Static(id="reason", markup=False)
            yield Static(id="trying", markup=False)
            yield ServerList()
            yield FormField(ANOTHER)
        yield Footer()

    def on_mount(self) -> None:
        self.say_out_of_reach(self._reason)
        self._show_servers()

    def say_out_of_reach(self, reason: str) -> None:
        self._reason = reason
        if not self.query("#reason"):
            # Not composed yet: `on_mount` shows it.
            return
        shown = self.query_one("#reason", Static)
        # One fingerprint a line, so that two can be compared.
        shown.update(Content("\n").join(plain(line) for line in reason.splitlines()))
        shown.set_class(bool(reason), "-there")
        self.query_one("#sheet").scroll_home(animate=False)

    def action_back(self) -> None:
        if self.has_class("-trying"):
            self.app.workers.cancel_group(self.app, CONNECTING)
            self._show_trying("")
        else:
            self.dismiss()

    @on(ServerList.ServerChosen)
    def _chosen(self, event: ServerList.ServerChosen) -> None:
        self._connect_to(event.server)

    @on(ServerList.Unwanted)
    def _unwanted(self, event: ServerList.Unwanted) -> None:
        run_worker(self, partial(self._forget, event.server))

    @on(FormField.LinesPasted)
    def _pasted(self, event: FormField.LinesPasted) -> None:
        event.row.show_problem(too_many_lines(len(event.lines), 1))

    @on(Input.Changed)
    def _typed_on(self) -> None:
        self.query_one(FormField).show_problem("")

    @on(Input.Blurred)
    def _gone_on(self) -> None:
        self._read()

    @on(Input.Submitted)
    def _entered(self) -> None:
        server = self._read()
        if server is not None:
            self._connect_to(server)

    def _read(self) -> Servers | None:
        row = self.query_one(FormField)
        try:
            server: Servers | None = row.field.read(row.text)
        except ValueError as problem:
            row.show_problem(str(problem))
            return None
        row.show_problem("")
        return server

    def _connect_to(self, server: Servers | None) -> None:
        context = self.context
        if self.has_class("-trying"):
            return
        if context.connection.is_connected and server == context.connecting.server:
            self.dismiss()
        else:
            # At once, so that keys that follow are dropped.
            self._show_trying(HERE if server is None else server.shown)
            # A worker of the app: this screen may be removed before it ends.
            self.context.workers.run(partial(self._connect, server), CONNECTING, exclusive=True)

    async def _connect(self, server: Servers | None) -> None:
        self.say_out_of_reach("")
        try:
            await self.context.connecting.go_over_to(server)
        except UnreachableError as reason:
            self.say_out_of_reach(str(reason))
            self._show_trying("")

    def _show_trying(self, place: str) -> None:
        self.set_class(bool(place), "-trying")
        self.query_one("#trying", Static).update(plain(f"◌ Connecting to {place}…  esc gives up"))

    async def _forget(self, server: Servers) -> None:
        words = (
            f"{one_line(server.shown)} is removed from this list. The app still remembers its certificate."
        )
        confirmation = ConfirmModal(
            "Forget a server", words, [Choice(FORGET, "f", "Forget it")], stay="Keep it"
        )
        if await self.app.push_screen_wait(confirmation) == FORGET:
            self.context.settings.keep(self.context.preferences.without_server(server))
            self._show_servers()

    def _show_servers(self) -> None:
        context = self.context
        used = context.connecting.server
        servers = [Servers.read(server) for server in context.preferences.servers]
        if used is not None and used not in servers:
            servers.insert(0, used)
        self.query_one(ServerList).show(servers, used, self._mark_of)

    def _mark_of(self, name: str) -> str | None:
        try:
            return self.context.connecting.backends.known_servers.mark_of(name)
        except UnreachableError as damaged:
            self.say_out_of_reach(str(damaged))
            return None
