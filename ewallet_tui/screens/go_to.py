"""What `g` opens: one line with a letter for each place."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Button, Label

from ewallet_tui.places import PLACES


class GoTo(ModalScreen[str | None]):
    """Asks where to go; its result is the place's mode."""

    DEFAULT_CSS = """
    GoTo {
        align: center bottom; background: transparent;
        Horizontal { height: 1; background: $panel; padding: 0 2; }
        Label { text-style: bold; margin-right: 2; }
        Button { margin-right: 2; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(place.letter, f"dismiss('{place.mode}')", f"Go to {place.title}") for place in PLACES),
        Binding("escape", "dismiss", "Stay"),
    ]

    def compose(self) -> ComposeResult:
        """The letters and the places, as buttons for the mouse."""
        with Horizontal():
            yield Label("Go to")
            for place in PLACES:
                yield Button(f"{place.letter} {place.title}", id=place.mode)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button's place."""
        self.dismiss(event.button.id)
