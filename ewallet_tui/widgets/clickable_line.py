"""One line of words that can be clicked; those that the mouse is on are shaded."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.content import Content
from textual.message import Message
from textual.style import Style

from ewallet_tui.widgets.steady_line import SteadyLine

BETWEEN = "  "
NAME = "name"
"""Under what word the mouse finds the name of what it is on."""

Words = tuple[str, Content]
"""Some words and the name they go by; without a name they can't be clicked."""


def line_of(words: Iterable[Words]) -> Content:
    """All of them beside one another."""
    return Content(BETWEEN).join(content for _, content in words)


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
        self.say(line_of((name, self._marked(name, content)) for name, content in self._offered))

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
            self.offer(self._offered)

    def _marked(self, name: str, content: Content) -> Content:
        if not name:
            return content
        marked = content.stylize(Style.from_meta({NAME: name}))
        return marked.stylize("on $panel") if name == self._pointed_at else marked
