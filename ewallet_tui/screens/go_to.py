"""What `g` opens: the places, a letter for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.events import Key
from textual.keys import format_key
from textual.widgets import Button

from ewallet_tui.navigation import Destination
from ewallet_tui.screens.modal import Modal, titled


class GoTo(Modal[str | None]):
    """Asks where to go; its result is the place's mode."""

    DEFAULT_CSS = """
    GoTo {
        align: center bottom;
        #places {
            layout: grid; grid-size: 3; grid-gutter: 0 1; grid-rows: 1; width: 54;
        }
        Button.-style-default { width: 1fr; text-align: left; background: $background; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Stay")]

    def __init__(self, places: Sequence[Destination]) -> None:
        super().__init__()
        self._places = places

    def compose(self) -> ComposeResult:
        """The letters and the places, as buttons for the mouse."""
        with Container(id="places") as sheet:
            titled(sheet, "Go to", "esc stay")
            for place in self._places:
                key = Content.styled(f"{format_key(place.letter)}  ", "bold $text-accent")
                button = Button(Content.assemble(key, place.title), id=place.mode)
                button.can_focus = False
                yield button

    def on_key(self, event: Key) -> None:
        """Take the letter's place."""
        for place in self._places:
            if event.key == place.letter:
                event.stop()
                self.dismiss(place.mode)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take the button's place."""
        self.dismiss(event.button.id)
