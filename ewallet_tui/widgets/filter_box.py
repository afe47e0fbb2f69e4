"""The input that filters a list while the user types."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from ewallet_tui.widgets.form_field import PlainInput


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
