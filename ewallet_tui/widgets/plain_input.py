"""A line to type into, in which nothing acts, whatever was pasted or put there."""

from __future__ import annotations

from typing import Any

from rich.highlighter import Highlighter
from rich.text import Text
from textual.widgets import Input

from ewallet_tui.text import one_line


class _Plain(Highlighter):
    def highlight(self, text: Text) -> None:
        """Show each character as one that can only be read."""
        text.plain = one_line(text.plain)


class PlainInput(Input):
    """An input that shows control characters, and those that turn text around, as a sign for them."""

    DEFAULT_CSS = """
    PlainInput {
        height: 1; border: none; padding: 0 1; background: $panel;
        &:focus { border: none; background: $primary 25%; background-tint: transparent; }
    }
    """

    def __init__(self, value: str | None = None, **how: Any) -> None:
        super().__init__(value, highlighter=_Plain(), **how)
