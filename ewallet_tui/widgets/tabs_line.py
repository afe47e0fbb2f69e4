"""The first line of every screen: the numbered places, who is logged in, and how the engine is reached."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from ewallet_tui.picture import Account
from ewallet_tui.places import PLACES, Place
from ewallet_tui.widgets.connection_state import ConnectionState

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp

FEWEST = 6
"""How many tabs are shown where there is room for their titles, but not for all of them."""


class Fit(Enum):
    """How much a tab says: its title with or without air around it, or its number alone."""

    AIRY = auto()
    TIGHT = auto()
    NUMBER = auto()


WAYS_TO_FIT = ((Fit.AIRY, len(PLACES)), (Fit.AIRY, FEWEST), (Fit.TIGHT, FEWEST), (Fit.NUMBER, len(PLACES)))
"""From the most that is shown to the least; what is not shown is still gone to by number or letter."""


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
        self._number = Content.styled(f"{number}", "" if current else "$foreground-muted")
        self._is_current = current
        self._fit: Fit | None = None
        """How much it says now."""

    def label(self, fit: Fit) -> Content:
        """What it says; the current one always has its title."""
        if fit is Fit.NUMBER and not self._is_current:
            return Content.assemble(" ", self._number, " ")
        before = "" if fit is Fit.TIGHT and not self._is_current else " "
        return Content.assemble(before, self._number, " ", self.place.title, " ")

    def say(self, fit: Fit) -> None:
        """Say so much; where it does already, nothing is laid out anew."""
        if fit is not self._fit:
            self._fit = fit
            self.update(self.label(fit))

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

    def on_mount(self) -> None:
        """Make room for what is to be said of the connection, whenever that changes."""
        cast("EWalletApp", self.app).connection_changed.subscribe(self, lambda _: self._fit())

    def show(self, account: Account) -> None:
        """Say who is logged in, and offer the places where they may go."""
        self.query_one(ConnectionState).show_name(account.name)
        self._offered = [place for place in PLACES if account.role in place.roles]
        self._fit()

    def on_resize(self) -> None:
        """Show what there is room for."""
        self._fit()

    def _fit(self) -> None:
        room = self.content_size.width - self.query_one(ConnectionState).least_width - 1
        for fit, most in WAYS_TO_FIT:
            tabs = self._tabs(most)
            if sum(tab.label(fit).cell_length for tab in tabs) <= room:
                break
        for tab in self.query(PlaceTab):
            tab.display = tab in tabs
            tab.say(fit)

    def _tabs(self, most: int) -> list[PlaceTab]:
        """The first so many of the tabs that are offered, and the current one."""
        offered = [tab for tab in self.query(PlaceTab) if tab.place in self._offered]
        return [tab for at, tab in enumerate(offered) if at < most or tab.place.mode == self._current]
