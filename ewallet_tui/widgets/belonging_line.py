"""The one line that says which wallet, clock, sheet or list is looked at, and leads to the others."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from ewallet_tui.belongings import Owned
from ewallet_tui.text import plain

BEFORE, AFTER = "◂ ", " ▸"
ACTIVE = "● active"


class BelongingLine(Widget):
    """`◂ Transfer sheet 1 ▸  ● active   1 of 3`; an arrow leads to the next, the name to all of them."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "BelongingLine { height: 1; text-wrap: nowrap; pointer: pointer; }"

    class Stepped(Message):
        """Somebody wants to see the one that is so many steps further."""

        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

    class Asked(Message):
        """Somebody wants to see all of them."""

    def __init__(self) -> None:
        super().__init__()
        self._owned = Owned(0, {0: ""})
        self._number = 0

    def show(self, owned: Owned, id: int) -> None:
        """Show the one of that number among those that there are."""
        self._owned, self._number = owned, id
        self.refresh()

    def render(self) -> Content:
        """The line; the name is cut before anything else."""
        rest = self._rest()
        room = self.size.width - rest.cell_length - len(BEFORE + AFTER)
        return Content.assemble(
            (BEFORE, "$foreground-muted"),
            plain(self._called, room, "bold"),
            (AFTER, "$foreground-muted"),
            rest,
        )

    def on_click(self, event: events.Click) -> None:
        """Lead to one beside it, or to all."""
        event.stop()
        name = min(len(plain(self._called)), self.size.width)
        if event.x < len(BEFORE):
            self.post_message(self.Stepped(-1))
        elif event.x >= len(BEFORE) + name:
            self.post_message(self.Stepped(1))
        else:
            self.post_message(self.Asked())

    @property
    def _called(self) -> str:
        return self._owned.names.get(self._number, "")

    def _rest(self) -> Content:
        count = len(self._owned.names)
        if count < 2:
            return Content("")
        active = (f"  {ACTIVE}", "$text-success") if self._number == self._owned.active else ""
        at = list(self._owned.names).index(self._number) + 1 if self._number in self._owned.names else 0
        return Content.assemble(active, (f"   {at:,} of {count:,}", "$foreground-muted"))
