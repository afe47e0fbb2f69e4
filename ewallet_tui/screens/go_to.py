"""What `g` opens: one line with a letter for each place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Key
from textual.keys import format_key
from textual.screen import ModalScreen
from textual.widgets import Button, Label

from ewallet_tui.places import Place


class GoTo(ModalScreen[str | None]):
    """Asks where to go; its result is the place's mode."""

    DEFAULT_CSS = """
    GoTo {
        align: center bottom; background: transparent;
        Horizontal { height: 1; background: $panel; padding: 0 1; }
        Label { text-style: bold; margin-right: 1; }
        Button { padding: 0; margin-right: 1; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Stay")]

    def __init__(self, places: Sequence[Place]) -> None:
        super().__init__()
        self._places = places

    def compose(self) -> ComposeResult:
        """The letters and the places, as buttons for the mouse."""
        with Horizontal():
            yield Label("Go")
            for place in self._places:
                yield Button(f"{format_key(place.letter)} {place.title}", id=place.mode)

    def on_key(self, event: Key) -> None:
        """Take the letter's place."""
        for place in self._places:
            if event.key == place.letter:
                event.stop()
                self.dismiss(place.mode)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button's place."""
        self.dismiss(event.button.id)
