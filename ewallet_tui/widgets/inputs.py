"""Inputs of one line: plain ones, one that filters a list, and completion by a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Paste
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from ewallet_core.presentation.formatting import one_line_as_written


class _Plain(Highlighter):
    def highlight(self, text: Text) -> None:
        text.plain = one_line_as_written(text.plain)


class PlainInput(Input):
    """An input that shows control and bidirectional characters as a replacement sign."""

    DEFAULT_CSS = """
    PlainInput {
        height: 1; border: none; padding: 0 1; background: $panel;
        &:focus { border: none; background: $primary 25%; background-tint: transparent; }
    }
    """

    def __init__(self, value: str | None = None, **how: Any) -> None:
        super().__init__(value, highlighter=_Plain(), **how)

    def action_paste(self) -> None:
        # Like text that the terminal pastes, which may have several lines.
        self.app.post_message(Paste(self.app.clipboard))


class FilterBox(PlainInput):
    """One line above a list. Enter goes to the filtered list, Escape removes the filter."""

    DEFAULT_CSS = """
    FilterBox { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "settle", "To the list", id="settle_filter"),
        Binding("down", "settle", "To the list", show=False),
        Binding("escape", "give_up", "Show all", id="give_up_filter"),
    ]

    @dataclass
    class Narrowed(Message):
        """Only rows that contain this text are to be shown."""

        text: str

    def __init__(self, placeholder: str, listed: str) -> None:
        super().__init__(placeholder=placeholder)
        self._listed = listed

    def open(self) -> None:
        self.display = True
        self.focus()

    def action_settle(self) -> None:
        """Focus the list; the input stays visible while it has text."""
        self.screen.query(self._listed).first().focus()
        self.display = bool(self.value)

    def action_give_up(self) -> None:
        self.value = ""
        self.action_settle()

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.post_message(self.Narrowed(self.value.strip()))


class CallbackSuggester(Suggester):
    """Suggests what a function makes of the typed text; the right arrow accepts it."""

    def __init__(self, suggest: Callable[[str], str | None]) -> None:
        # No cache: the function may know more later. The suggestion keeps the case of what was typed.
        super().__init__(use_cache=False, case_sensitive=True)
        self._suggest = suggest

    async def get_suggestion(self, value: str) -> str | None:
        return self._suggest(value) or None
