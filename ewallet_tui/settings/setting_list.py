"""The settings, a line each: its name and its value, changed by Enter, a click or the arrows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from ewallet_tui.settings.setting import Setting, Value
from ewallet_tui.text import plain

LABEL_WIDTH = 12
VALUE_WIDTH = 20


class SettingList(OptionList):
    """The screen says which values hold; the list says which are wanted instead."""

    DEFAULT_CSS = """
    SettingList { height: auto; border: none; padding: 0; background: $background; }
    SettingList:focus { border: none; background-tint: transparent; }
    SettingList:blur > .option-list--option-highlighted { background: $background; text-style: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Change"),
        Binding("space", "step(1)", "Next value", show=False, id="next_value"),
        Binding("right", "step(1)", "Next value", show=False, key_display="→"),
        Binding("left", "step(-1)", "Value before", show=False, key_display="←"),
        Binding("l", "step(1)", "Next value", show=False, id="next_value"),
        Binding("h", "step(-1)", "Value before", show=False, id="value_before"),
        Binding("j", "cursor_down", "Next", show=False, id="next"),
        Binding("k", "cursor_up", "Previous", show=False, id="previous"),
    ]

    class Wanted(Message):
        """Somebody wants another value of a setting."""

        def __init__(self, setting: Setting, value: Value) -> None:
            super().__init__()
            self.setting = setting
            self.value = value

    class Opened(Message):
        """Somebody wants to see all values of a setting."""

        def __init__(self, setting: Setting) -> None:
            super().__init__()
            self.setting = setting

    def __init__(self, settings: Sequence[Setting]) -> None:
        super().__init__(markup=False)
        self._settings = settings
        self._values: Mapping[str, Value] = {}

    def show(self, values: Mapping[str, Value]) -> None:
        """Show these values."""
        self._values = values
        if not self.option_count:
            self.add_options(Option("") for _ in self._settings)
            self.highlighted = 0
        for index in range(self.option_count):
            self.replace_option_prompt_at_index(index, self._line(index))

    @property
    def current(self) -> Setting:
        """The setting under the cursor."""
        return self._settings[self.highlighted or 0]

    def action_step(self, direction: int) -> None:
        """Want the value after this one, or before it; from the last on it begins anew."""
        setting = self.current
        offered = setting.offered
        value = self._values[setting.name]
        at = offered.index(value) + direction if value in offered else 0
        self.post_message(self.Wanted(setting, offered[at % len(offered)]))

    def watch_highlighted(self, highlighted: int | None) -> None:
        """Mark the line under the cursor as one that goes on to both sides."""
        super().watch_highlighted(highlighted)
        if self._values:
            self.show(self._values)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Want the other value where there are but two, and else to see them all."""
        event.stop()
        if len(self.current.offered) > 2:
            self.post_message(self.Opened(self.current))
        else:
            self.action_step(1)

    def _line(self, index: int) -> Content:
        setting = self._settings[index]
        value = plain(setting.shown(self._values[setting.name]), VALUE_WIDTH)
        ends = ("◂ ", " ▸") if index == self.highlighted else ("  ", "")
        return Content.assemble(f" {setting.label:<{LABEL_WIDTH}}", ends[0], value, ends[1])
