"""The tabs of the numbered screens, with account and connection beside them, and those within a screen."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum, auto
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from ewallet_core.client import ConnectionStatus, Reach
from ewallet_tui.navigation import DESTINATIONS, Destination
from ewallet_tui.sanitize import plain
from ewallet_tui.status import (
    connection_status,
    connection_status_text,
    is_connected,
    place_within,
    shown_place,
)

if TYPE_CHECKING:
    from ewallet_tui.actions import Part
    from ewallet_tui.state import AccountInfo

MAX_NAME = 24
SHORT_NAME, SHORT_PLACE = 8, 16
"""The cells reserved for the account's name and for the server's address."""


class ConnectionBadge(Widget):
    """The state of the connection; if it is lost also the server's address, and a word to change it."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    ConnectionBadge { width: 1fr; height: 1; color: $text-muted; text-wrap: nowrap; }
    ConnectionBadge.-changeable { pointer: pointer; }
    ConnectionBadge.-changeable:hover { background: $panel; }
    """

    def __init__(self, place: str = "", *, with_place: bool = False, change: str = "") -> None:
        super().__init__(classes="-changeable" if change else "")
        self._with_place = with_place
        self._change = change
        self._account_name = ""
        self._connection = ConnectionStatus(Reach.OFFLINE)
        self._place = place

    @property
    def min_width(self) -> int:
        """The width for the whole status, and enough of the names to tell them apart."""
        name = min(plain(self._account_name).cell_length + 1, SHORT_NAME)
        if is_connected(self._connection, self._place):
            return name + 2 + min(plain(shown_place(self._place)).cell_length, SHORT_PLACE)
        return name + len(connection_status(self._connection, self._place).text)

    def show_connection(self, connection: ConnectionStatus, place: str) -> None:
        self._connection, self._place = connection, place
        self.refresh()

    def show_name(self, name: str) -> None:
        self._account_name = name
        self.refresh()

    def render(self) -> Content:
        change = Content.assemble("   ", (self._change, "underline")) if self._change else Content()
        room = self.size.width - change.cell_length
        status = connection_status_text(self._connection, self._place, room)
        if self._with_place and not is_connected(self._connection, self._place):
            status = Content.assemble(status, "  ", place_within(self._place, room - status.cell_length - 2))
        name = plain(self._account_name, min(MAX_NAME, room - status.cell_length - 1))
        return Content.assemble(name, " " if name else "", status, change)


class Fit(Enum):
    """How much a tab shows, from most to least."""

    AIRY = auto()
    TIGHT = auto()
    """Without padding before."""
    SHORT = auto()
    """A shorter title."""
    NUMBER = auto()
    """Only its number."""


def tab_label(destination: Destination, number: int, fit: Fit, *, is_current: bool) -> str:
    if fit is Fit.NUMBER:
        return f"{number} "
    title = destination.short or destination.title if fit is Fit.SHORT else destination.title
    # The current tab stands out by its reversed colours, which need an edge.
    return f"{' ' if fit is Fit.AIRY or is_current else ''}{number} {title} "


def fits_within(room: int, numbered: Sequence[tuple[Destination, int]], current: str) -> list[Fit]:
    """How much each tab shows in `room` cells.

    All show the same if they fit; else those on the right show only numbers, the current one last of all.
    """

    def width(fits: Sequence[Fit]) -> int:
        return sum(
            len(tab_label(place, number, fit, is_current=place.mode == current))
            for (place, number), fit in zip(numbered, fits, strict=True)
        )

    for fit in (Fit.AIRY, Fit.TIGHT, Fit.SHORT):
        if width(fits := [fit] * len(numbered)) <= room:
            return fits
    last = [index for index, (place, _) in enumerate(numbered) if place.mode == current]
    for index in (*(index for index in reversed(range(len(numbered))) if index not in last), *last):
        fits[index] = Fit.NUMBER
        if width(fits) <= room:
            break
    return fits


class ScreenTab(Static):
    ALLOW_SELECT = False

    class TabChosen(Message):
        def __init__(self, mode: str) -> None:
            super().__init__()
            self.mode = mode

    def __init__(self, destination: Destination, number: int, *, current: bool) -> None:
        super().__init__(id=f"tab-{destination.mode}", classes="-current" if current else "")
        self.destination = destination
        self.number = number
        self._is_current = current
        self._fit: Fit | None = None

    def say(self, fit: Fit) -> None:
        if fit is self._fit:
            return
        self._fit = fit
        label = tab_label(self.destination, self.number, fit, is_current=self._is_current)
        before, number, after = label.partition(str(self.number))
        self.update(
            Content.assemble(before, (number, "" if self._is_current else "$foreground-muted"), after)
        )

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.choose()

    def choose(self) -> None:
        self.post_message(self.TabChosen(self.destination.mode))


class TabsBar(Horizontal):
    """The tabs of the screens, with the account and the connection on the right."""

    DEFAULT_CSS = """
    TabsBar {
        height: 1; background: $background; padding: 0 1;
        ScreenTab { width: auto; pointer: pointer; }
        ScreenTab:hover { background: $panel; }
        ScreenTab.-current { color: $accent; text-style: bold reverse; }
        ConnectionBadge { text-align: right; }
    }
    """

    def __init__(self, current: str) -> None:
        super().__init__()
        self._current = current
        self._offered: list[Destination] = list(DESTINATIONS)

    def compose(self) -> ComposeResult:
        for number, destination in enumerate(DESTINATIONS, start=1):
            yield ScreenTab(destination, number, current=destination.mode == self._current)
        yield ConnectionBadge()

    def show_connection(self, connection: ConnectionStatus, place: str) -> None:
        # After a logout the screen may be removed before its line is complete.
        for badge in self.query(ConnectionBadge):
            badge.show_connection(connection, place)
            self._fit()

    def show(self, account: AccountInfo) -> None:
        """Show the name of the account and the screens of its role."""
        self.query_one(ConnectionBadge).show_name(account.name)
        self._offered = [destination for destination in DESTINATIONS if account.role in destination.roles]
        self._fit()

    def on_resize(self) -> None:
        self._fit()

    def _fit(self) -> None:
        room = self.content_size.width - self.query_one(ConnectionBadge).min_width - 1
        tabs = [tab for tab in self.query(ScreenTab) if tab.destination in self._offered]
        fits = fits_within(room, [(tab.destination, tab.number) for tab in tabs], self._current)
        for tab in self.query(ScreenTab):
            tab.display = tab in tabs
        for tab, fit in zip(tabs, fits, strict=True):
            tab.say(fit)


class PartTab(Static):
    ALLOW_SELECT = False

    def __init__(self, part: Part) -> None:
        label = Content.assemble((part.key, "$foreground-muted"), f" {part.title}")
        super().__init__(label, id=f"part-{part.id}")
        self.part = part

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.choose()

    def choose(self) -> None:
        self.post_message(PartTabs.PartChosen(self.part.id))


class PartTabs(Horizontal):
    """The tabs of a screen. The screen sets `current` and handles `PartTabs.PartChosen`."""

    DEFAULT_CSS = """
    PartTabs {
        height: 1; margin-bottom: 1;
        PartTab { width: auto; margin-right: 3; color: $text-muted; pointer: pointer; }
        PartTab:hover { background: $panel; }
        PartTab.-current { color: $text-accent; text-style: bold underline; }
    }
    """

    current: reactive[str] = reactive("")

    class PartChosen(Message):
        def __init__(self, part: str) -> None:
            super().__init__()
            self.part = part

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__()
        self._parts = tuple(parts)

    def compose(self) -> ComposeResult:
        for part in self._parts:
            tab = PartTab(part)
            tab.set_class(part.id == self.current, "-current")
            yield tab

    def watch_current(self, current: str) -> None:
        for tab in self.query(PartTab):
            tab.set_class(tab.part.id == current, "-current")
