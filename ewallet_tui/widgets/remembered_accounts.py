"""Who logged in here before: a button each, which puts the name into the sheet."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Button, Label

from ewallet_tui.text import plain

FEWEST = 2
"""With one there is nothing to choose."""
MOST_SHOWN = 5
LONGEST = 16
AROUND = 5
"""The cells that a button has beside its words."""


class RememberedAccounts(Horizontal):
    """The names, the newest first; those for which there is no room are completed as they are typed."""

    DEFAULT_CSS = """
    RememberedAccounts {
        height: 1; padding: 0 3; display: none;
        &.-there { display: block; }
        Label { color: $text-muted; margin-right: 1; }
        Button { margin-right: 1; }
    }
    """

    class Chosen(Message):
        """Somebody is one of them."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(classes="-there" if len(names) >= FEWEST else "")
        self._names = tuple(names[:MOST_SHOWN])

    def compose(self) -> ComposeResult:
        """A button for each."""
        yield Label("Here before")
        for name in self._names:
            yield Button(plain(name, LONGEST))

    def on_resize(self) -> None:
        """Show those for which there is room."""
        right = self.query_one(Label).outer_size.width
        for button in self.query(Button):
            right += Content.from_text(button.label, markup=False).cell_length + AROUND
            button.display = right <= self.content_size.width

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Say who it is."""
        event.stop()
        self.post_message(self.Chosen(self._names[list(self.query(Button)).index(event.button)]))
