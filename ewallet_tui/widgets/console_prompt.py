"""Where an instruction is typed: coloured by its parts, its secrets hidden, completed from what is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from rich.highlighter import Highlighter
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.suggester import Suggester
from textual.widgets import Input

from ewallet_tui.console.history import History
from ewallet_tui.console.typed import hidden, is_json, words_of

Complete = Callable[[str], str | None]


class _Parts(Highlighter):
    """Selectors stand out, names of arguments step back, and a secret is as many dots."""

    def highlight(self, text: Text) -> None:
        """Colour the text; it stays as long as it is."""
        line = text.plain
        text.plain = hidden(line)
        if is_json(line):
            return
        for word in words_of(line):
            name = word.name
            style = "bold" if name is None else "dim"
            text.stylize(style, word.start, word.end if name is None else word.start + len(name) + 1)


class _FromCatalogue(Suggester):
    """Suggests the line with its last word completed."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        """The completed line; `None` where nothing can be completed."""
        return self._complete(value)


class ConsolePrompt(Input):
    """One line. Up and down bring back what was typed before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Send", id="send_written"),
        Binding("up", "recall(-1)", "Typed before", show=False, id="recall_previous"),
        Binding("down", "recall(1)", "Typed after", show=False, id="recall_next"),
    ]

    def __init__(self, complete: Complete) -> None:
        super().__init__(
            placeholder="pay pay=bob@example.org credits=10",
            highlighter=_Parts(),
            suggester=_FromCatalogue(complete),
            select_on_focus=False,
            id="prompt",
        )
        self.history = History()
        self._complete = complete

    @property
    def selected_text(self) -> str:
        """What is selected, with dots for what is secret: this is what gets copied."""
        start, end = sorted(self.selection)
        return hidden(self.value)[start:end]

    def complete(self) -> bool:
        """Complete the last word, if the cursor is there and it can be completed."""
        completed = self._complete(self.value) if self.value and self.cursor_at_end else None
        if completed is not None:
            self.become(completed)
        return completed is not None

    def take(self) -> str:
        """Take the line to be sent, and be empty again."""
        line = self.value
        self.history.add(line)
        self.value = ""
        return line

    def action_recall(self, steps: int) -> None:
        """Bring back a line that was typed before, or the one after it."""
        self.become(self.history.step(steps, self.value))

    def become(self, line: str) -> None:
        """Hold that line, with the cursor after it."""
        self.value = line
        self.cursor_position = len(line)
