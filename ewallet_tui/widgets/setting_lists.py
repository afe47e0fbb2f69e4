"""Lists of settings, their values and keys, and a preview of the chosen formats and colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from ewallet_core.presentation.formatting import (
    MINUTE,
    SECOND,
    countdown,
    credit_amount,
    moment,
    one_line,
    signed,
    zone_in_use,
)
from ewallet_tui.config.keymap import KeyAction
from ewallet_tui.config.settings import Setting, Value
from ewallet_tui.keyboard import shown_key
from ewallet_tui.sanitize import plain
from ewallet_tui.status import OUT_OF_TIME, PAUSED, RUNNING, SOON_OVER
from ewallet_tui.widgets.cursor_list import PlainOptionList

LABEL_WIDTH = 13
VALUE_WIDTH = 20


class SettingList(PlainOptionList):
    """The settings with their values. The list posts messages; the screen changes the values."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Change"),
        Binding("space", "step(1)", "Next value", show=False, id="next_value"),
        Binding("right", "step(1)", "Next value", show=False, key_display="→"),
        Binding("left", "step(-1)", "Value before", show=False, key_display="←"),
        Binding("l", "step(1)", "Next value", show=False, id="next_value"),
        Binding("h", "step(-1)", "Value before", show=False, id="value_before"),
    ]

    @dataclass
    class ValueChosen(Message):
        setting: Setting
        value: Value

    @dataclass
    class SettingOpened(Message):
        setting: Setting

    def __init__(self, settings: Sequence[Setting]) -> None:
        super().__init__()
        self._settings = settings
        self._values: Mapping[str, Value] = {}

    def show(self, values: Mapping[str, Value]) -> None:
        self._values = values
        if not self.option_count:
            self.add_options(Option("") for _ in self._settings)
            self.highlighted = 0
        for index in range(self.option_count):
            self.replace_option_prompt_at_index(index, self._line(index))

    @property
    def current(self) -> Setting:
        return self._settings[self.highlighted or 0]

    def action_step(self, direction: int) -> None:
        """Choose the next or previous value; after the last comes the first."""
        setting = self.current
        offered = setting.offered
        value = self._values[setting.name]
        at = offered.index(value) + direction if value in offered else 0
        self.post_message(self.ValueChosen(setting, offered[at % len(offered)]))

    def watch_highlighted(self, highlighted: int | None) -> None:
        super().watch_highlighted(highlighted)
        if self._values:
            self.show(self._values)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self.current.is_typed or len(self.current.offered) > 2:
            self.post_message(self.SettingOpened(self.current))
        else:
            self.action_step(1)

    def _line(self, index: int) -> Content:
        setting = self._settings[index]
        value = plain(setting.shown(self._values[setting.name]), VALUE_WIDTH)
        ends = ("◂ ", " ▸") if index == self.highlighted else ("  ", "")
        return Content.assemble(f" {setting.label:<{LABEL_WIDTH}}", ends[0], value, ends[1])


class ChoiceList(PlainOptionList):
    """The values of one setting; the one under the cursor is tried out."""

    DEFAULT_CSS = """
    ChoiceList {
        display: none; height: 1fr; border: round $accent; padding: 0 1;
        border-title-color: $accent; border-subtitle-color: $text-muted;
    }
    ChoiceList:focus { border: round $accent; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "Keep"),
        Binding("space", "select", "Keep", show=False),
        Binding("escape", "leave", "Back"),
    ]

    @dataclass
    class Tried(Message):
        setting: Setting
        value: Value

    class Taken(Tried):
        """The user keeps a value."""

    class ChoiceCanceled(Message):
        """The user wants the value from before."""

    def __init__(self) -> None:
        super().__init__()
        self._setting: Setting | None = None

    def open(self, setting: Setting, value: Value) -> None:
        self._setting = setting
        self.border_title, self.border_subtitle = setting.label, "esc back"
        self.show_options(
            (Option(plain(setting.shown(offered))) for offered in setting.offered),
            highlighted=setting.offered.index(value) if value in setting.offered else 0,
        )

    def action_leave(self) -> None:
        self.post_message(self.ChoiceCanceled())

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        event.stop()
        if (setting := self._setting) is not None:
            self.post_message(self.Tried(setting, setting.offered[event.option_index]))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if (setting := self._setting) is not None:
            self.post_message(self.Taken(setting, setting.offered[event.option_index]))


KEYS_WIDTH, NAME_WIDTH = 12, 22
CHANGED = "•"


class KeyList(PlainOptionList):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "Change key")]
    DEFAULT_CSS = """
    KeyList { height: 1fr; text-wrap: nowrap; text-overflow: ellipsis; }
    KeyList:blur > .option-list--option-highlighted {
        background: $block-cursor-blurred-background; text-style: $block-cursor-blurred-text-style;
    }
    """

    def show(self, actions: Mapping[str, KeyAction], changed: Mapping[str, str], text: str = "") -> None:
        """Show the actions that contain `text`, those with `changed` keys first."""
        found = [id for id, action in actions.items() if text in f"{id} {action.description}".casefold()]
        ids = sorted(found, key=lambda name: (name not in changed, name))
        at = self.action_id
        self.show_options(
            (_option(actions[id], changed.get(id)) for id in ids),
            highlighted=ids.index(at) if at in ids else 0,
        )

    @property
    def current(self) -> str:
        """The line for the settings file of the action under the cursor."""
        return "" if self.highlighted is None else self.get_option_at_index(self.highlighted).id or ""

    @property
    def action_id(self) -> str:
        """The action under the cursor; empty if none is listed."""
        return self.current.partition(" ")[0]


def shown_keys(action: KeyAction, changed: str | None) -> list[str]:
    """The keys of an action that the user gave these keys; `None`: the default ones."""
    return changed.split(",") if changed else list(dict.fromkeys(action.keys))


def _option(action: KeyAction, changed: str | None) -> Option:
    keys = shown_keys(action, changed)
    shown = one_line(" ".join(map(shown_key, keys)))
    line = Content.assemble(
        f" {CHANGED if changed else ' '} ",
        (f"{shown:<{KEYS_WIDTH}} ", "bold"),
        f"{action.id:<{NAME_WIDTH}} {action.description}",
    )
    return Option(line, id=f'{action.id} = "{",".join(keys)}"')


NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
LEFT_MS = 19 * MINUTE + 42 * SECOND
BAR = 36
RECENT_ACTIVITY = (
    (timedelta(0), "sent", -20),
    (timedelta(days=1, hours=5), "supplied", 1_240),
    (timedelta(days=8), "paid Bob", -10),
    (timedelta(days=365), "received", 12_500),
)


class Preview(Static):
    """A balance, a clock, four movements, and the states of a clock."""

    DEFAULT_CSS = """
    Preview {
        height: auto; border: round $panel; padding: 0 1; border-title-color: $text-muted;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    """

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self.border_title = "How it looks"

    def on_mount(self) -> None:
        self.show()

    def show(self) -> None:
        left = f"{RUNNING.text}  {countdown(LEFT_MS)} left"
        soon = f"{SOON_OVER.text} {countdown(4 * MINUTE + 12 * SECOND)} left"
        lines = [
            Content.assemble((credit_amount(1_240), "bold"), "  ", (left, RUNNING.style)),
            Content.assemble(("━" * (BAR * 2 // 3), "$text-accent"), ("━" * (BAR // 3), "$panel")),
            Content(),
            *_recent_activity(),
            Content(),
            Content.assemble(
                (PAUSED.text, PAUSED.style),
                "  ",
                (soon, SOON_OVER.style),
                "  ",
                (OUT_OF_TIME.text, OUT_OF_TIME.style),
            ),
        ]
        self.update(Content("\n").join(lines))


def _recent_activity() -> list[Content]:
    # The system's time zone shows the times as they are written above.
    zone = zone_in_use() or UTC
    rows = [(moment(NOW - ago, NOW, zone), what, signed(credits)) for ago, what, credits in RECENT_ACTIVITY]
    return [
        Content.assemble(
            (f"{when} ", "$foreground-muted"),
            f"{what} ",
            (credits, "$text-success" if "+" in credits else ""),
        )
        for when, what, credits in zip(*map(_column, zip(*rows, strict=True), "<<>"), strict=True)
    ]


def _column(cells: Sequence[str], align: str) -> list[str]:
    width = max(map(len, cells))
    return [f"{cell:{align}{width}}" for cell in cells]
