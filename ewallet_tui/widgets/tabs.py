"""The parts of one screen: a row of lettered tabs, the current one marked by form as well as by colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widgets import Static


@dataclass(frozen=True)
class Part:
    """One part of a screen, and the key that leads to it."""

    id: str
    title: str
    key: str


class PartTab(Static):
    """One part's tab; a click goes there."""

    ALLOW_SELECT = False

    def __init__(self, part: Part) -> None:
        label = Content.assemble((part.key, "$foreground-muted"), f" {part.title}")
        super().__init__(label, id=f"part-{part.id}")
        self.part = part

    def on_click(self, event: events.Click) -> None:
        """Go there."""
        event.stop()
        self.choose()

    def choose(self) -> None:
        """Show that part."""
        self.post_message(PartTabs.Chosen(self.part.id))


class PartTabs(Horizontal):
    """The tabs of a screen's parts. The screen sets `current`, and heeds `PartTabs.Chosen`."""

    DEFAULT_CSS = """
    PartTabs {
        height: 1; margin-bottom: 1;
        PartTab { width: auto; margin-right: 3; color: $text-muted; pointer: pointer; }
        PartTab:hover { background: $panel; }
        PartTab.-current { color: $text-accent; text-style: bold underline; }
    }
    """

    current: reactive[str] = reactive("")
    """The id of the part that is shown."""

    class Chosen(Message):
        """Somebody wants to see another part."""

        def __init__(self, part: str) -> None:
            super().__init__()
            self.part = part

    def __init__(self, parts: Sequence[Part]) -> None:
        super().__init__()
        self._parts = tuple(parts)

    def compose(self) -> ComposeResult:
        """A tab for each."""
        for part in self._parts:
            tab = PartTab(part)
            tab.set_class(part.id == self.current, "-current")
            yield tab

    def watch_current(self, current: str) -> None:
        """Mark the tab of the part that is shown now."""
        for tab in self.query(PartTab):
            tab.set_class(tab.part.id == current, "-current")
