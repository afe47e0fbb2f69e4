"""The values of one setting: the cursor tries one out, Enter keeps it, Escape keeps the one before."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ewallet_tui.settings.setting import Setting, Value
from ewallet_tui.text import plain


class ChoiceList(OptionList):
    """Says what is tried out, and what has come of it."""

    DEFAULT_CSS = """
    ChoiceList {
        display: none; height: 1fr; border: round $accent; padding: 0 1; background: $background;
        border-title-color: $accent; border-subtitle-color: $text-muted;
    }
    ChoiceList:focus { border: round $accent; background-tint: transparent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Keep"),
        Binding("space", "select", "Keep", show=False),
        Binding("escape", "leave", "Back"),
        Binding("j", "cursor_down", "Next", show=False, id="next"),
        Binding("k", "cursor_up", "Previous", show=False, id="previous"),
    ]

    class Tried(Message):
        """The cursor is on a value."""

        def __init__(self, setting: Setting, value: Value) -> None:
            super().__init__()
            self.setting = setting
            self.value = value

    class Taken(Tried):
        """Somebody wants to keep a value."""

    class Left(Message):
        """Somebody wants what was before."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._setting: Setting | None = None

    def open(self, setting: Setting, value: Value) -> None:
        """Offer the values of `setting`, beginning with the one that holds."""
        self._setting = None
        self.clear_options()
        self.border_title, self.border_subtitle = setting.label, "esc back"
        self.add_options(Option(plain(setting.shown(offered))) for offered in setting.offered)
        self._setting = setting
        self.highlighted = setting.offered.index(value) if value in setting.offered else 0

    def action_leave(self) -> None:
        """Have it as it was before."""
        self.post_message(self.Left())

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Have the value tried out."""
        event.stop()
        if (setting := self._setting) is not None:
            self.post_message(self.Tried(setting, setting.offered[event.option_index]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Have the value kept."""
        event.stop()
        if (setting := self._setting) is not None:
            self.post_message(self.Taken(setting, setting.offered[event.option_index]))
