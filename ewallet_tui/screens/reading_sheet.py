"""The whole of one thing, to be read: its facts a line each, and beneath them what is longer than a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Label, Static

from ewallet_tui.screens.sheet_screen import SheetScreen, titled
from ewallet_tui.text import plain

Pairs = Sequence[tuple[str, str]]


class ReadingSheet(SheetScreen[str | None]):
    """Facts and passages over the dimmed screen; none of it can be anything but read."""

    DEFAULT_CSS = """
    ReadingSheet {
        .sheet { width: 72; max-height: 90%; }
        Static { height: auto; }
        .passage { margin-top: 1; color: $text-muted; }
    }
    """
    HINT: ClassVar[str] = "esc back"
    """The keys, said at the lower edge."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", "Back"),
        Binding("j", "scroll(1)", "Down", show=False, id="next"),
        Binding("k", "scroll(-1)", "Up", show=False, id="previous"),
    ]

    def __init__(self, title: str, facts: Pairs, passages: Pairs = ()) -> None:
        super().__init__()
        self._title = title
        self._facts = facts
        self._passages = passages

    def compose(self) -> ComposeResult:
        """The facts, and the passages under their headings."""
        with VerticalScroll() as sheet:
            titled(sheet, self._title, self.HINT)
            yield Static(_facts(self._facts))
            for heading, text in self._passages:
                yield Label(heading, classes="passage", markup=False)
                yield Static(_passage(text))

    def action_scroll(self, direction: int) -> None:
        """Move by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=direction, animate=False)


def _facts(pairs: Pairs) -> Content:
    width = max(len(label) for label, _ in pairs) + 2
    return Content("\n").join(
        Content.assemble((f"{label:<{width}}", "$foreground-muted"), plain(value) if value else "—")
        for label, value in pairs
    )


def _passage(text: str) -> Content:
    return Content("\n").join(plain(line) for line in text.splitlines())
