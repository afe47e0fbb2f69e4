"""One line of words that can be clicked; those that the mouse is on are marked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style

from ewallet_tui.widgets.steady_line import SteadyLine

BETWEEN = "  "
NAME = "name"
"""Under what word the mouse finds the name of what it is on."""
# A shade alone is none where the terminal's own colours hold.
POINTED_AT = "underline on $panel"


class Words(NamedTuple):
    """Some words of the line."""

    content: Content
    name: str = ""
    """What a click on them is told by; without one they can't be clicked."""
    about: str = ""
    """What is said of them where the mouse rests."""


def line_of(words: Iterable[Words]) -> Content:
    """All of them beside one another."""
    return Content(BETWEEN).join(each.content for each in words)


class ClickableLine(SteadyLine):
    """Shows what it is offered, and says `ClickableLine.Clicked` of what is clicked."""

    ALLOW_SELECT = False

    class Clicked(Message):
        """The words of that name were clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._offered: list[Words] = []
        self._pointed_at = ""

    def offer(self, words: Iterable[Words]) -> None:
        """Show these from now on."""
        self._offered = list(words)
        self.say(Content(BETWEEN).join(map(self._marked, self._offered)))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Show what a click would be on."""
        self._point_at(event.style.meta.get(NAME, ""))

    def on_leave(self) -> None:
        """A click elsewhere is on none of them."""
        self._point_at("")

    def on_click(self, event: events.Click) -> None:
        """Say what was clicked."""
        if name := event.style.meta.get(NAME):
            event.stop()
            self.post_message(self.Clicked(name))

    def _point_at(self, name: str) -> None:
        if name != self._pointed_at:
            self._pointed_at = name
            self.styles.pointer = "pointer" if name else "default"
            self.tooltip = next((words.about for words in self._offered if words.name == name), "") or None
            self.offer(self._offered)

    def _marked(self, words: Words) -> Content:
        if not words.name:
            return words.content
        marked = words.content.stylize(Style.from_meta({NAME: words.name}))
        return marked.stylize(POINTED_AT) if words.name == self._pointed_at else marked
