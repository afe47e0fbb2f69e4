"""A line that is looked at each second: painted only when it says something else, and never laid out anew."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class SteadyLine(Static):
    """One line across the room it is in."""

    DEFAULT_CSS = "SteadyLine { width: 1fr; height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__("", id=id, classes=classes, markup=False)

    def say(self, content: Content) -> None:
        """Say this from now on."""
        shown = self.content
        if not (isinstance(shown, Content) and content.is_same(shown)):
            self.update(content, layout=False)
