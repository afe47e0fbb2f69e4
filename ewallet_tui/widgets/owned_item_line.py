"""The line that names the wallet, clock, sheet or list on the screen, and leads to the others."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from ewallet_core.presentation.formatting import grouped
from ewallet_tui.sanitize import plain
from ewallet_tui.state import OwnedItems

BEFORE, AFTER = "◂ ", " ▸"
ACTIVE = "● active"


class OwnedItemLine(Widget):
    """`◂ Transfer sheet 1 ▸  ● active   1 of 3`: an arrow leads to the next one, the name to all of them."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "OwnedItemLine { height: 1; text-wrap: nowrap; pointer: pointer; }"

    @dataclass
    class Stepped(Message):
        """The user wants the item that is so many steps further."""

        steps: int

    class ListRequested(Message):
        """The user wants the list of all items."""

    def __init__(self) -> None:
        super().__init__()
        self._owned = OwnedItems(0, {0: ""})
        self._number = 0

    def show(self, owned: OwnedItems, id: int) -> None:
        self._owned, self._number = owned, id
        self.refresh()

    def render(self) -> Content:
        if len(self._owned.names) < 2:
            return plain(self._item_name, self.size.width, "bold")
        return Content.assemble(
            (BEFORE, "$foreground-muted"), self._shown_name(), (AFTER, "$foreground-muted"), self._which()
        )

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if len(self._owned.names) < 2:
            self.post_message(self.ListRequested())
            return
        if event.x < len(BEFORE):
            self.post_message(self.Stepped(-1))
        elif event.x >= len(BEFORE) + self._shown_name().cell_length:
            self.post_message(self.Stepped(1))
        else:
            self.post_message(self.ListRequested())

    @property
    def _item_name(self) -> str:
        return self._owned.names.get(self._number, "")

    def _shown_name(self) -> Content:
        room = self.size.width - self._which().cell_length - len(BEFORE + AFTER)
        return plain(self._item_name, room, "bold")

    def _which(self) -> Content:
        ids = list(self._owned.names)
        at = ids.index(self._number) + 1 if self._number in ids else 0
        active = (f"  {ACTIVE}", "$text-success") if self._number == self._owned.active else ""
        return Content.assemble(active, (f"   {grouped(at)} of {grouped(len(ids))}", "$foreground-muted"))
