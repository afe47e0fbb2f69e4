"""The one line that says what came of what was just done, and leads to its record."""

from __future__ import annotations

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from ewallet_tui.sanitize import plain

RecordNamed = tuple[str, int]
"""A record's kind and number."""
LEADS_ON = "   z shows it"


class ResultLine(Widget):
    """Nothing, until something was done; then what came of it, until the next thing is begun."""

    DEFAULT_CSS = """
    ResultLine { height: 1; dock: bottom; color: $text-success; display: none; text-wrap: nowrap; }
    ResultLine.-there { display: block; }
    ResultLine.-leads { pointer: pointer; }
    """

    class Opened(Message):
        """Somebody wants to see the record of what was done."""

    def __init__(self) -> None:
        super().__init__(id="receipt")
        self.words = ""
        self.record: RecordNamed | None = None
        """What was written of it, where that is a record."""

    @property
    def content(self) -> str:
        """What is said, without what leads on."""
        return f"✓ {self.words}"

    def render(self) -> Content:
        """What came of it, and the key that leads on."""
        return plain(self.content) + Content.styled(LEADS_ON if self.record else "", "$foreground-muted")

    def say(self, words: str, record: RecordNamed | None = None) -> None:
        """Show this line instead of an earlier one."""
        self.words, self.record = words, record
        self.set_class(record is not None, "-leads")
        self.add_class("-there")
        self.refresh()
        self.screen.refresh_bindings()

    def clear(self) -> None:
        """Make room: something else begins."""
        self.record = None
        self.remove_class("-there", "-leads")

    def on_click(self) -> None:
        """Lead to the record."""
        if self.record is not None:
            self.post_message(self.Opened())
