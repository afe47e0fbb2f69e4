"""The first line of every screen: the numbered places, who is logged in, and how the engine is reached."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ewallet_tui.picture import Account
from ewallet_tui.places import PLACES, Place
from ewallet_tui.widgets.connection_state import ConnectionState

FEWEST = 6
"""How many tabs are shown where there is room for their titles, but not for all of them."""
ROOM_FOR_STATE = 18
"""The cells at the right end that the tabs leave to who is logged in, and to the connection."""


class PlaceTab(Static):
    """One place's tab; a click goes there."""

    ALLOW_SELECT = False

    class Chosen(Message):
        """Somebody wants to go to the place."""

        def __init__(self, mode: str) -> None:
            super().__init__()
            self.mode = mode

    def __init__(self, place: Place, number: int, *, current: bool) -> None:
        super().__init__(id=f"tab-{place.mode}", classes="-current" if current else "")
        self.place = place
        self._number = Content.styled(f" {number} ", "" if current else "$foreground-muted")
        self._is_current = current

    def show(self, *, short: bool) -> None:
        """Show number and title, or the number alone; the current one always says what it is."""
        cut = short and not self._is_current
        self.update(self._number if cut else Content.assemble(self._number, self.place.title, " "))

    def on_click(self, event: events.Click) -> None:
        """Go there."""
        event.stop()
        self.choose()

    def choose(self) -> None:
        """Go to the place."""
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
        self._offered: list[Place] = list(PLACES)

    def compose(self) -> ComposeResult:
        """The tabs from the left, the account and the connection at the right end."""
        for number, place in enumerate(PLACES, start=1):
            yield PlaceTab(place, number, current=place.mode == self._current)
        yield ConnectionState()

    def show(self, account: Account) -> None:
        """Say who is logged in, and offer the places where they may go."""
        self.query_one(ConnectionState).show_name(account.name)
        self._offered = [place for place in PLACES if account.role in place.roles]
        self._fit()

    def on_resize(self) -> None:
        """Show what there is room for."""
        self._fit()

    def _fit(self) -> None:
        # The titles go first, then the last places: their numbers and the palette lead there all the same.
        for short, most in ((False, len(PLACES)), (False, FEWEST), (True, len(PLACES))):
            shown = self._shown(most)
            if self._width(shown, short=short) <= self.size.width - ROOM_FOR_STATE:
                break
        for tab in self.query(PlaceTab):
            tab.display = tab.place in shown
            tab.show(short=short)

    def _shown(self, most: int) -> list[Place]:
        return [
            place
            for number, place in enumerate(self._offered)
            if number < most or place.mode == self._current
        ]

    def _width(self, places: list[Place], *, short: bool) -> int:
        return sum(3 if short and place.mode != self._current else len(place.title) + 4 for place in places)
