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
from ewallet_core.protocol.address import ServerAddress, Servers, is_loopback
from ewallet_tui.sanitize import plain
from ewallet_tui.status import place_within
from ewallet_tui.widgets.cursor_list import PlainOptionList

HERE = "This computer"
WIDEST_NAME = 48
STAYS = "This computer always stays on the list."


class ServerList(PlainOptionList):
    """Each engine with its address, and a line for each server with what is known of its certificate."""

    DEFAULT_CSS = "ServerList { max-height: 12; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Connect"),
        Binding("d", "forget", "Forget", id="forget_server"),
        Binding("delete", "forget", "Forget", show=False),
    ]

    @dataclass
    class ServerChosen(Message):
        """The user chose a server; `None` is this machine's engine."""

        server: Servers | None

    @dataclass
    class Unwanted(Message):
        server: Servers

    def __init__(self) -> None:
        super().__init__()
        self._servers: list[Servers | None] = []

    def show(
        self,
        servers: Sequence[Servers],
        used: Servers | None,
        mark_of: Callable[[str], str | None],
    ) -> None:
        """Show these servers, the one in use marked and under the cursor."""
        self._servers = [None, *servers]
        self.show_options(
            (Option(_lines(server, is_used=server == used, mark_of=mark_of)) for server in self._servers),
            highlighted=self._servers.index(used) if used in self._servers else 0,
        )

    @property
    def current(self) -> Servers | None:
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


def _lines(server: Servers | None, *, is_used: bool, mark_of: Callable[[str], str | None]) -> Content:
    name = plain(HERE) if server is None else place_within(server.shown, WIDEST_NAME)
    addresses = () if server is None else server.addresses
    known = [_known_of(address, mark_of) for address in addresses] or ["the wallet in your own data folder"]
    below = Content("").join(Content.assemble("\n  ", plain(line, style="dim")) for line in known)
    return Content.assemble("● " if is_used else "○ ", name, below)


def _known_of(server: ServerAddress, mark_of: Callable[[str], str | None]) -> str:
    if server.tls:
        mark = mark_of(server.name) or "no certificate seen yet"
        return "certificate signed by a trusted authority" if mark == AUTHORITY else mark
    if is_loopback(server.host):
        return "not encrypted, within this computer"
    return "not encrypted: others on the way can read it"
