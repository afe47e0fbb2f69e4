"""The engines to choose from: this machine's, and the servers used before, with their certificates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ewallet_core.client.trust import AUTHORITY
from ewallet_core.protocol.address import ServerAddress, is_loopback
from ewallet_tui.sanitize import plain
from ewallet_tui.status import place_within
from ewallet_tui.widgets.cursor_list import PlainOptionList

HERE = "This computer"
WIDEST_NAME = 48
STAYS = "This computer always stays on the list."


class ServerList(PlainOptionList):
    """Two lines for each engine: its address, and what is known of its certificate."""

    DEFAULT_CSS = "ServerList { max-height: 12; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Connect"),
        Binding("d", "forget", "Forget", id="forget_server"),
        Binding("delete", "forget", "Forget", show=False),
    ]

    @dataclass
    class ServerChosen(Message):
        """The user chose a server; `None` is this machine's engine."""

        server: ServerAddress | None

    @dataclass
    class Unwanted(Message):
        server: ServerAddress

    def __init__(self) -> None:
        super().__init__()
        self._servers: list[ServerAddress | None] = []

    def show(
        self,
        servers: Sequence[ServerAddress],
        used: ServerAddress | None,
        mark_of: Callable[[str], str | None],
    ) -> None:
        """Show these servers, the one in use marked and under the cursor."""
        self._servers = [None, *servers]
        self.show_options(
            (Option(_lines(server, is_used=server == used, mark_of=mark_of)) for server in self._servers),
            highlighted=self._servers.index(used) if used in self._servers else 0,
        )

    @property
    def current(self) -> ServerAddress | None:
        return None if self.highlighted is None else self._servers[self.highlighted]

    def action_forget(self) -> None:
        if self.current is not None:
            self.post_message(self.Unwanted(self.current))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002
        return True if action != "forget" or self.current is not None else None

    def on_key(self, event: events.Key) -> None:
        """Say why the key that forgets is grey."""
        active = self.screen.active_bindings.get(event.key)
        if active is not None and active.binding.action == "forget" and not active.enabled:
            self.notify(STAYS, severity="warning", markup=False)

    def on_option_list_option_highlighted(self) -> None:
        self.screen.refresh_bindings()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self.post_message(self.ServerChosen(self._servers[event.option_index]))


def _lines(server: ServerAddress | None, *, is_used: bool, mark_of: Callable[[str], str | None]) -> Content:
    name = plain(HERE) if server is None else place_within(server.shown, WIDEST_NAME)
    known = plain(_known_of(server, mark_of), style="dim")
    return Content.assemble("● " if is_used else "○ ", name, "\n  ", known)


def _known_of(server: ServerAddress | None, mark_of: Callable[[str], str | None]) -> str:
    if server is None:
        return "the wallet in your own data folder"
    if server.tls:
        mark = mark_of(server.name) or "no certificate seen yet"
        return "certificate signed by a trusted authority" if mark == AUTHORITY else mark
    if is_loopback(server.host):
        return "not encrypted, within this computer"
    return "not encrypted: others on the way can read it"
