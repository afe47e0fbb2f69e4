"""The line with the result of the last action, which leads to its record."""

from __future__ import annotations

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from ewallet_tui.sanitize import plain

RecordNamed = tuple[str, int]
"""A record's kind and id."""
OPENS_RECORD = "   z shows it"


class ResultLine(Widget):
    """Hidden until an action succeeds; then its result, until the next action begins."""

    DEFAULT_CSS = """
    ResultLine { height: 1; dock: bottom; color: $text-success; display: none; text-wrap: nowrap; }
    ResultLine.-there { display: block; }
    ResultLine.-leads { pointer: pointer; }
    """

    class Opened(Message):
        """The user wants to see the record."""

    def __init__(self) -> None:
        super().__init__(id="result")
        self.words = ""
        self.record: RecordNamed | None = None

    @property
    def content(self) -> str:
        """The result without the key that opens its record."""
        return f"✓ {self.words}"

    def render(self) -> Content:
        return plain(self.content) + Content.styled(OPENS_RECORD if self.record else "", "$foreground-muted")

    def say(self, words: str, record: RecordNamed | None = None) -> None:
        self.words, self.record = words, record
        self.set_class(record is not None, "-leads")
        self.add_class("-there")
        self.refresh()
        self.screen.refresh_bindings()

    def clear(self) -> None:
        """Hide the line, because another action begins."""
        self.record = None
        self.remove_class("-there", "-leads")

    def on_click(self) -> None:
        if self.record is not None:
            self.post_message(self.Opened())
