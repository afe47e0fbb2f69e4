"""Where a list is narrowed by typing: there while somebody types, or while what was typed holds."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from ewallet_tui.widgets.form_field import PlainInput


class FilterBox(PlainInput):
    """One line above a list. Enter goes to the list and keeps it narrowed, Escape shows all of it again."""

    DEFAULT_CSS = """
    FilterBox { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "settle", "To the list", id="settle_filter"),
        Binding("down", "settle", "To the list", show=False),
        Binding("escape", "give_up", "Show all", id="give_up_filter"),
    ]

    class Narrowed(Message):
        """Only what has this text in it is to be shown."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, placeholder: str, listed: str) -> None:
        """`listed` is the selector of the list, to which the way leads back."""
        super().__init__(placeholder=placeholder)
        self._listed = listed

    def open(self) -> None:
        """Be there, to be typed into."""
        self.display = True
        self.focus()

    def action_settle(self) -> None:
        """Go to the list as it is narrowed now."""
        self.screen.query(self._listed).first().focus()
        self.display = bool(self.value)

    def action_give_up(self) -> None:
        """Show all of the list again."""
        self.value = ""
        self.action_settle()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Say what is to be shown from now on."""
        event.stop()
        self.post_message(self.Narrowed(self.value.strip()))
