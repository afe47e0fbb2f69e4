"""How the engine can be reached, always in view: in the tabs' line, at the login and at the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.content import Content
from textual.widget import Widget

from ewallet_tui.connection_sign import in_short, is_connected, place_within, standing_of
from ewallet_tui.text import plain

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

LONGEST_NAME = 24
SHORT_NAME, SHORT_PLACE = 8, 16
"""How much of a name and of a place there is to be room for."""


class ConnectionState(Widget):
    """Sign and word; where there is room also the place that is out of reach, and a word to change it."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    ConnectionState { width: 1fr; height: 1; color: $text-muted; text-wrap: nowrap; }
    ConnectionState.-changeable { pointer: pointer; }
    ConnectionState.-changeable:hover { background: $panel; }
    """

    def __init__(self, *, with_place: bool = False, change: str = "", id: str | None = None) -> None:
        super().__init__(id=id, classes="-changeable" if change else "")
        self._with_place = with_place
        self._change = change
        self._whose = ""

    @property
    def wallet_app(self) -> EWalletApp:
        """The app, whose engine it is about."""
        return cast("EWalletApp", self.app)

    @property
    def least_width(self) -> int:
        """How many cells say it well: what goes on in whole, the names as far as tells them apart."""
        connection, place = self.wallet_app.connection, self.wallet_app.place
        name = min(plain(self._whose).cell_length + 1, SHORT_NAME)
        if is_connected(connection, place):
            return name + 2 + min(plain(place).cell_length, SHORT_PLACE)
        return name + len(standing_of(connection, place).text)

    def on_mount(self) -> None:
        """Follow the connection from now on."""
        self.wallet_app.connection_changed.subscribe(self, lambda _: self.refresh())

    def show_name(self, name: str) -> None:
        """Say who is logged in, before the state."""
        self._whose = name
        self.refresh()

    def render(self) -> Content:
        """The line, cut to what there is room for: the name first, then the host, and never the state."""
        change = Content.assemble("   ", (self._change, "underline")) if self._change else Content()
        room = self.size.width - change.cell_length
        connection, place = self.wallet_app.connection, self.wallet_app.place
        state = in_short(connection, place, room)
        if self._with_place and not is_connected(connection, place):
            state = Content.assemble(state, "  ", place_within(place, room - state.cell_length - 2))
        name = plain(self._whose, min(LONGEST_NAME, room - state.cell_length - 1))
        return Content.assemble(name, " " if name else "", state, change)
