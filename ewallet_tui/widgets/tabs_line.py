"""The first line of every screen: the numbered places, who is logged in, and how the engine is reached."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ewallet_tui.places import PLACES, Place
from ewallet_tui.widgets.connection_state import ConnectionState


class PlaceTab(Static):
    """One place's tab; a click goes there."""

    ALLOW_SELECT = False

    class Chosen(Message):
        """Somebody wants to go to the place."""

        def __init__(self, mode: str) -> None:
            super().__init__()
            self.mode = mode

    def __init__(self, place: Place, number: int, *, current: bool) -> None:
        number_style = "" if current else "$foreground-muted"
        label = Content.assemble((f" {number} ", number_style), place.title, " ")
        super().__init__(label, id=f"tab-{place.mode}", classes="-current" if current else "")
        self.place = place

    def on_click(self, event: events.Click) -> None:
        """Go there."""
        event.stop()
        self.post_message(self.Chosen(self.place.mode))


class TabsLine(Horizontal):
    """The places, the current one marked by form as well as by colour."""

    DEFAULT_CSS = """
    TabsLine {
        height: 1; background: $background; padding: 0 1;
        PlaceTab { width: auto; pointer: pointer; }
        PlaceTab:hover { background: $panel; }
        PlaceTab.-current { color: $accent; text-style: bold reverse; }
        ConnectionState { text-align: right; }
    }
    """

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current

    def compose(self) -> ComposeResult:
        """The tabs from the left, the account and the connection at the right end."""
        for number, place in enumerate(PLACES, start=1):
            yield PlaceTab(place, number, current=place.mode == self._current)
        yield ConnectionState()

    def show_name(self, name: str) -> None:
        """Say who is logged in."""
        self.query_one(ConnectionState).show_name(name)
