"""The settings screen, and the screen of keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, OptionList, Static

from ewallet_core.instructions import fields
from ewallet_core.presentation.formatting import count, one_line
from ewallet_core.presentation.periods import zone_names
from ewallet_tui.actions import (
    BACK_UP,
    COPY_DATA_FOLDER,
    COPY_SETTING,
    FILTER,
    PAUSE,
    READ_SETTINGS_AGAIN,
    RESET_KEY,
    RESTORE_BACKUP,
    RESUME,
    SETTINGS_PARTS,
    START,
    Action,
)
from ewallet_tui.availability import NOTHING_LISTED, Possible
from ewallet_tui.config.file import FILE_NAME, ConfigError
from ewallet_tui.config.settings import CHOSEN, SYSTEM, TIME_ZONE, Setting, Value, written
from ewallet_tui.export import in_cells
from ewallet_tui.keyboard import shown_key
from ewallet_tui.navigation import SETTINGS
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.backup import back_up, can_back_up, explain_restore
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import KeyModal
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.inputs import FilterBox
from ewallet_tui.widgets.setting_lists import ChoiceList, KeyList, Preview, SettingList, shown_keys


class ConfigErrors(VerticalScroll, can_focus=False):
    SCOPED_CSS = False
    DEFAULT_CSS = """
    ConfigErrors { height: auto; max-height: 30%; color: $text-warning; margin-top: 1; display: none; }
    ConfigErrors.-there { display: block; }
    .-low ConfigErrors { margin-top: 0; }
    """

    def compose(self) -> ComposeResult:
        yield Static(markup=False)

    def show(self, errors: Sequence[ConfigError]) -> None:
        lines = [Content(one_line(f"! {error.sentence}")) for error in errors]
        self.query_one(Static).update(Content("\n").join(lines))
        self.set_class(bool(errors), "-there")


def takes_space(action: Action) -> bool:
    """Whether `action` is one that the space bar does elsewhere; here it changes a setting."""
    return action.id in SPACE_ELSEWHERE


def show_settings(screen: SettingsScreen | SettingsKeysScreen) -> None:
    """Show the settings, and the errors in their file."""
    screen.show_settings()
    screen.query_one(ConfigErrors).show(screen.context.settings.config_errors)


def read_again(screen: SettingsScreen | SettingsKeysScreen) -> None:
    """Apply the settings file as it is now."""
    settings = screen.context.settings
    settings.read_again()
    show_settings(screen)
    problems = f", {count(len(settings.config_errors), 'problem')}" if settings.config_errors else ""
    screen.query_one(ResultLine).say(f"Reloaded{problems}.")


SPACE_ELSEWHERE = frozenset(action.id for action in (START, PAUSE, RESUME))
HEIGHT_FOR_NAMES = 28
"""From which height of the terminal the paths have a line each for their names."""
NOWHERE = "none: nothing is saved"


def zone_meant(typed: str, names: Sequence[str]) -> str:
    """The one of `names` that was typed, in any case, with spaces or by its city alone.

    Raises `ValueError` with a sentence for the user.
    """
    wanted = "_".join(typed.split()).casefold()
    known = {name.casefold(): name for name in names}
    cities = [name for folded, name in known.items() if folded.rpartition("/")[2] == wanted]
    if wanted in known or not wanted:
        return known.get(wanted, "")
    if len(cities) == 1:
        return cities[0]
    raise ValueError(f"There is no such time zone. Type a name such as Europe/Berlin, or {SYSTEM}.")


class SettingsScreen(BaseScreen):
    MODE = SETTINGS.mode
    PARTS = SETTINGS_PARTS
    PART = "choices"
    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "SettingList"

    def compose_content(self) -> ComposeResult:
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
        self.show_settings()

    def on_screen_resume(self) -> None:
        show_settings(self)

    def show_settings(self) -> None:
        self.query_one(SettingList).show({setting.name: self._value(setting) for setting in CHOSEN})
        self.query_one(Preview).show()
        self._explain(self.query_one(SettingList).current)
        self.query_one("#paths", Static).update(self._paths())

    def on_screen_suspend(self) -> None:
        super().on_screen_suspend()
        self._close_choices()

    @on(OptionList.OptionHighlighted, "SettingList")
    def _moved(self) -> None:
        self._explain(self.query_one(SettingList).current)

    @on(SettingList.ValueChosen)
    def _wanted(self, event: SettingList.ValueChosen) -> None:
        self._choose(event.setting, event.value)

    @on(SettingList.SettingOpened)
    def _opened(self, event: SettingList.SettingOpened) -> None:
        if event.setting.is_typed:
            self._ask(event.setting)
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

    @on(ChoiceList.ChoiceCanceled)
    def _close_choices(self) -> None:
        if self.query_one(ChoiceList).display:
            self.query_one(ChoiceList).display = False
            self.query_one(SettingList).display = True
            self.query_one(SettingList).focus()
            self._try_out()

    def _try_out(self, **choice: Any) -> None:
        """Preview `choice`; without one, show the current settings."""
        self.context.settings.try_out(**choice)
        self.query_one(Preview).show()
        if (state := self.context.state) is not None:
            self._show_state(state)

    def _choose(self, setting: Setting, value: Value) -> None:
        self.context.settings.choose(**{setting.name: value})
        show_settings(self)
        kept = f"Saved in {FILE_NAME}." if self.context.preferences.is_kept else "It lasts until you quit."
        self.query_one(ResultLine).say(f"{setting.label}: {setting.shown(value)}. {kept}")

    def _ask(self, setting: Setting) -> None:
        async def choose(values: dict[str, Any]) -> Answer:
            self._choose(setting, values[setting.name])
            return {"failed": False}

        initial = str(self._value(setting))
        if setting is TIME_ZONE:
            names = (SYSTEM, *zone_names())
            field = Field(
                setting.name,
                "Time zone",
                fields.TimeZone,
                initial=initial,
                suggestions=names,
                tidy=lambda typed: zone_meant(typed, names),
            )
            title = "Time zone"
        else:
            field = Field(setting.name, "From credits", fields.DailyLimit, initial=initial)
            title = "Ask before paying"
        self.ask_with(FormSpec(title, "Save", (field,), note=setting.explained), choose)

    def _value(self, setting: Setting) -> Value:
        return getattr(self.context.preferences, setting.name)

    @property
    def file(self) -> Path | None:
        return self.context.preferences.file

    def can(self, action: Action) -> Possible:
        if action in (BACK_UP, RESTORE_BACKUP):
            return can_back_up(self.context)
        return not takes_space(action)

    def on_resize(self) -> None:
        self.call_after_refresh(lambda: self.query_one("#paths", Static).update(self._paths()))

    def _explain(self, setting: Setting) -> None:
        self.query_one("#explained", Static).update(setting.explained)
        line = f"{setting.name} = {written(self._value(setting))}"
        usual = f"\nDefault: {setting.shown(setting.usual)}."
        self.query_one("#written", Static).update(Content(line + usual))

    def copy_path(self, path: Path | None) -> None:
        self.context.copy(str(path or NOWHERE))

    def _paths(self) -> Content:
        """The paths and the keys that copy them, in two lines if there is no room for their names."""
        file, room = self.file, self.query_one("#choosing").size.width - 1
        keys, has_names = self.context.settings.keys, self.app.size.height >= HEIGHT_FOR_NAMES
        lines = (
            (COPY_SETTING.shown_key(keys), "Settings file", file or NOWHERE),
            (COPY_DATA_FOLDER.shown_key(keys), "Data folder", file.parent if file else NOWHERE),
        )
        return Content("\n").join(
            Content.assemble(
                (f" {key} {name}\n " if has_names else f" {key} ", "$foreground-muted"),
                plain(in_cells(path, room if has_names else room - 2)),
            )
            for key, name, path in lines
        )

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        BACK_UP: back_up,
        RESTORE_BACKUP: explain_restore,
        COPY_DATA_FOLDER: lambda screen: screen.copy_path(screen.file and screen.file.parent),
        COPY_SETTING: lambda screen: screen.copy_path(screen.file),
        READ_SETTINGS_AGAIN: read_again,
    }


DEFAULT_KEY = "It has its default key."


class SettingsKeysScreen(BaseScreen):
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
        with Vertical(id="keys"):
            default = RESET_KEY.shown_key(self.context.settings.keys)
            how = f"enter gives the action another key, {default} its default one."
            yield Label(f"{how} They are kept in {FILE_NAME}.", id="how", markup=False)
            yield FilterBox("find an action", "KeyList")
            yield KeyList()
        yield ConfigErrors()

    def on_screen_resume(self) -> None:
        show_settings(self)

    def show_settings(self) -> None:
        wanted = self.query_one(FilterBox).value.strip().casefold()
        self.query_one(KeyList).show(self.context.settings.rebindable(), self.context.settings.keys, wanted)

    def can(self, action: Action) -> Possible:
        if takes_space(action):
            return False
        if action is COPY_SETTING and not any(each.current for each in self.query(KeyList)):
            return NOTHING_LISTED
        if action is RESET_KEY:
            lists = self.query(KeyList)
            return any(each.action_id in self.context.preferences.keys for each in lists) or DEFAULT_KEY
        return True

    @on(FilterBox.Narrowed)
    def _narrowed(self) -> None:
        self.show_settings()

    @on(KeyList.OptionSelected)
    @work
    async def _change_key(self) -> None:
        settings, id = self.context.settings, self.query_one(KeyList).action_id
        action = settings.rebindable()[id]
        keys = " ".join(map(shown_key, shown_keys(action, settings.keys.get(id))))
        words = f"Press another key for “{action.description}”. It has {keys} now."
        modal = KeyModal("Change key", words, partial(settings.problem_with_key, id))
        if (key := await self.app.push_screen_wait(modal)) is not None:
            self._choose_key(id, key)

    def reset_key(self) -> None:
        self._choose_key(self.query_one(KeyList).action_id, None)

    def _choose_key(self, id: str, key: str | None) -> None:
        settings = self.context.settings
        settings.choose_key(id, key)
        show_settings(self)
        action = settings.rebindable()[id]
        keys = " ".join(map(shown_key, shown_keys(action, settings.keys.get(id))))
        kept = f"Saved in {FILE_NAME}." if self.context.preferences.is_kept else "It lasts until you quit."
        self.query_one(ResultLine).say(f"{one_line(action.description)}: {keys}. {kept}")

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {
        FILTER: lambda screen: screen.query_one(FilterBox).open(),
        RESET_KEY: reset_key,
        COPY_SETTING: lambda screen: screen.context.copy(screen.query_one(KeyList).current),
        READ_SETTINGS_AGAIN: read_again,
    }
