"""The tabs within one screen, each with a letter."""

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

from ewallet_tui.actions import Part


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
        self.post_message(PartTabs.Chosen(self.part.id))


class PartTabs(Horizontal):
    """The tabs of a screen. The screen sets `current` and handles `PartTabs.Chosen`."""

    DEFAULT_CSS = """
    PartTabs {
        height: 1; margin-bottom: 1;
        PartTab { width: auto; margin-right: 3; color: $text-muted; pointer: pointer; }
        PartTab:hover { background: $panel; }
        PartTab.-current { color: $text-accent; text-style: bold underline; }
    }
    """

    current: reactive[str] = reactive("")
    """The id of the current tab."""

    @dataclass
    class Chosen(Message):
        """The user chose a tab."""

        part: str

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
