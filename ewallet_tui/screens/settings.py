"""The settings and the keys, each with what it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, OptionList, Static

from ewallet_core.instructions import fields
from ewallet_core.presentation.formatting import one_line
from ewallet_tui.actions import (
    COPY_DATA_FOLDER,
    COPY_SETTING,
    FILTER,
    READ_SETTINGS_AGAIN,
    SETTINGS_PARTS,
    Action,
)
from ewallet_tui.config.file import FILE_NAME, ConfigError
from ewallet_tui.config.settings import ASK_ABOVE, CHOSEN, Setting, Value, written
from ewallet_tui.export import as_known
from ewallet_tui.navigation import SETTINGS
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.form_field import Field, FilterBox
from ewallet_tui.widgets.setting_lists import ChoiceList, KeyList, Preview, SettingList


class ConfigErrors(VerticalScroll, can_focus=False):
    """What is wrong with the settings file."""

    SCOPED_CSS = False
    DEFAULT_CSS = """
    ConfigErrors { height: auto; max-height: 30%; color: $text-warning; margin-top: 1; display: none; }
    ConfigErrors.-there { display: block; }
    .-low ConfigErrors { margin-top: 0; }
    """

    def compose(self) -> ComposeResult:
        """A line for each mistake."""
        yield Static(markup=False)

    def show(self, errors: Sequence[ConfigError]) -> None:
        """Show these; nothing if there are none."""
        lines = [Content(one_line(f"! {error.sentence}")) for error in errors]
        self.query_one(Static).update(Content("\n").join(lines))
        self.set_class(bool(errors), "-there")


def read_again(screen: SettingsScreen | SettingsKeysScreen) -> None:
    """Apply the file as it is now."""
    settings = screen.context.settings
    settings.read_again()
    screen.show_all()
    rest = ", with complaints." if settings.config_errors else "."
    screen.query_one(ResultLine).say(f"{FILE_NAME} is read again{rest}")


def copy(screen: BaseScreen, text: str) -> None:
    """Copy the text, and say so."""
    screen.app.copy_to_clipboard(text)
    screen.query_one(ResultLine).say(f"Copied: {text}")


NOWHERE = "nowhere: nothing is kept"
SHORTEST_PATH = 8


class SettingsScreen(BaseScreen):
    """Everything chosen here holds at once, and is kept."""

    MODE = SETTINGS.mode
    PARTS = SETTINGS_PARTS
    PART = "choices"
    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "SettingList"

    def compose_content(self) -> ComposeResult:
        """The settings, their values and where they are kept; what each is for, and what they come to."""
        with Horizontal(id="halves"):
            with Vertical(id="choosing"):
                yield SettingList(CHOSEN)
                yield ChoiceList()
                yield Static(id="paths", markup=False)
            with VerticalScroll(id="telling", can_focus=False):
                yield Static(id="explained", markup=False)
                yield Static(id="written", markup=False)
                yield Preview()
        yield ConfigErrors()

    def show(self, state: AccountState) -> None:  # noqa: ARG002 - the preview is made up
        """Write everything in the forms of now."""
        self.show_settings()

    def on_mount(self) -> None:
        """Show the settings of now."""
        super().on_mount()
        self.show_all()

    def on_screen_resume(self) -> None:
        """Show what was changed elsewhere."""
        self.show_all()

    def show_all(self) -> None:
        """Show the settings, and what is wrong with the file."""
        self.show_settings()
        self.query_one(ConfigErrors).show(self.context.settings.config_errors)

    def show_settings(self) -> None:
        """The values that hold now, and what they come to."""
        self.query_one(SettingList).show({setting.name: self._value(setting) for setting in CHOSEN})
        self.query_one(Preview).show()
        self._explain(self.query_one(SettingList).current)
        self.query_one("#paths", Static).update(self._paths())

    def copy_file(self) -> None:
        """Copy the path of the settings file."""
        copy(self, str(self._file or NOWHERE))

    def copy_folder(self) -> None:
        """Copy the path of the data folder."""
        copy(self, str(self._file.parent if self._file else NOWHERE))

    def on_screen_suspend(self) -> None:
        """Nothing is tried out where it can't be seen."""
        super().on_screen_suspend()
        self._close_choices()

    @on(OptionList.OptionHighlighted, "SettingList")
    def _moved(self) -> None:
        self._explain(self.query_one(SettingList).current)

    @on(SettingList.Chosen)
    def _wanted(self, event: SettingList.Chosen) -> None:
        self._choose(event.setting, event.value)

    @on(SettingList.Opened)
    def _opened(self, event: SettingList.Opened) -> None:
        if event.setting is ASK_ABOVE:
            self.ask_with(self._amount_plan(), self._choose_amount)
            return
        self.query_one(SettingList).display = False
        choices = self.query_one(ChoiceList)
        choices.display = True
        choices.open(event.setting, self._value(event.setting))
        choices.focus()

    @on(ChoiceList.Tried)
    def _tried(self, event: ChoiceList.Tried) -> None:
        if self.query_one(ChoiceList).display:
            self._try_out(**{event.setting.name: event.value})

    @on(ChoiceList.Taken)
    def _taken(self, event: ChoiceList.Taken) -> None:
        self._close_choices()
        self._choose(event.setting, event.value)

    @on(ChoiceList.Left)
    def _close_choices(self) -> None:
        if self.query_one(ChoiceList).display:
            self.query_one(ChoiceList).display = False
            self.query_one(SettingList).display = True
            self.query_one(SettingList).focus()
            self._try_out()

    def _try_out(self, **choice: Any) -> None:
        """Show what `choice` would come to; without one, what holds."""
        self.context.settings.try_out(**choice)
        self.query_one(Preview).show()
        if (state := self.context.state) is not None:
            self._show_state(state)

    def _choose(self, setting: Setting, value: Value) -> None:
        self.context.settings.choose(**{setting.name: value})
        self.show_all()
        kept = f"Kept in {FILE_NAME}." if self.context.preferences.is_kept else "It holds until you quit."
        self.query_one(ResultLine).say(f"{setting.label}: {setting.shown(value)}. {kept}")

    def _amount_plan(self) -> FormSpec:
        amount = self._value(ASK_ABOVE)
        field = Field(ASK_ABOVE.name, "From credits", fields.DailyLimit, initial=str(amount))
        return FormSpec("Ask before paying", "Keep", (field,), note=ASK_ABOVE.explained)

    async def _choose_amount(self, values: dict[str, Any]) -> Answer:
        self._choose(ASK_ABOVE, values[ASK_ABOVE.name])
        return {"failed": False}

    def _value(self, setting: Setting) -> Value:
        return getattr(self.context.preferences, setting.name)

    @property
    def _file(self) -> Path | None:
        return self.context.preferences.file

    def on_resize(self) -> None:
        """Write the paths in the room that there is now."""
        self.call_after_refresh(lambda: self.query_one("#paths", Static).update(self._paths()))

    def _explain(self, setting: Setting) -> None:
        self.query_one("#explained", Static).update(setting.explained)
        line = f"{setting.name} = {written(self._value(setting))}"
        usual = f"\nUsually: {setting.shown(setting.usual)}."
        self.query_one("#written", Static).update(Content(line + usual))

    def _paths(self) -> Content:
        file, room = self._file, self.query_one("#choosing").size.width - 1
        lines = (("y Settings file", file or NOWHERE), ("Y Data folder", file.parent if file else NOWHERE))
        return Content("\n").join(
            Content.assemble((f" {label}\n", "$foreground-muted"), " ", plain(_in_cells(path, room)))
            for label, path in lines
        )

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        COPY_DATA_FOLDER: copy_folder,
        COPY_SETTING: copy_file,
        READ_SETTINGS_AGAIN: read_again,
    }


def _in_cells(path: Path | str, room: int) -> str:
    """The path as people write it; where it is too long, without its middle."""
    known = as_known(path) if isinstance(path, Path) else path
    if len(known) <= room or room < SHORTEST_PATH:
        return known
    before = (room - 1) // 2
    return f"{known[:before]}…{known[before + 1 - room :]}"


HOW = f"Give others under [keys] in {FILE_NAME}: y copies a line for it."


class SettingsKeysScreen(BaseScreen):
    """Every action that can have another key."""

    MODE = SETTINGS.mode
    PARTS = SETTINGS_PARTS
    PART = "keymap"
    AUTO_FOCUS = "KeyList"
    DEFAULT_CSS = """
    SettingsKeysScreen {
        #keys { height: 1fr; }
        #how { color: $text-muted; width: 1fr; margin-bottom: 1; }
        &.-low #how { margin-bottom: 0; }
        &.-low PartTabs { margin-bottom: 0; }
    }
    """

    def compose_content(self) -> ComposeResult:
        """How a key is changed, and what there is."""
        with Vertical(id="keys"):
            yield Label(HOW, id="how", markup=False)
            yield FilterBox("find: what is done, or its name", "KeyList")
            yield KeyList()
        yield ConfigErrors()

    def on_mount(self) -> None:
        """Show the settings of now."""
        super().on_mount()
        self.show_all()

    def on_screen_resume(self) -> None:
        """Show what was changed elsewhere."""
        self.show_all()

    def show_all(self) -> None:
        """Show the settings, and what is wrong with the file."""
        self.show_settings()
        self.query_one(ConfigErrors).show(self.context.settings.config_errors)

    def show_settings(self) -> None:
        """The keys that hold now."""
        wanted = self.query_one(FilterBox).value.strip().casefold()
        self.query_one(KeyList).show(self.context.settings.rebindable(), self.context.settings.keys, wanted)

    def can(self, action: Action) -> bool | None:
        """Grey the copying if nothing was found."""
        if action is COPY_SETTING and not any(each.current for each in self.query(KeyList)):
            return None
        return True

    def find(self) -> None:
        """Find what is done by a text that is typed."""
        self.query_one(FilterBox).open()

    @on(FilterBox.Narrowed)
    def _narrowed(self) -> None:
        self.show_settings()

    def copy_line(self) -> None:
        """Copy the line for the file."""
        copy(self, self.query_one(KeyList).current)

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        FILTER: find,
        COPY_SETTING: copy_line,
        READ_SETTINGS_AGAIN: read_again,
    }
