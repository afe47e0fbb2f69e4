"""The settings and the keys, each with what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Label, OptionList, Static

from ewallet_core.instructions import fields
from ewallet_core.presentation.text import one_line
from ewallet_tui.config.file import FILE_NAME
from ewallet_tui.config.settings import ASK_ABOVE, CHOSEN, Setting, Value, written
from ewallet_tui.export import as_known
from ewallet_tui.navigation import SETTINGS
from ewallet_tui.sanitize import plain
from ewallet_tui.screens.tabbed import TabbedScreen, keys_of_parts
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.filter_box import FilterBox
from ewallet_tui.widgets.form import Answer, FormSpec
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.result_line import ResultLine
from ewallet_tui.widgets.setting_lists import ChoiceList, KeyList, Preview, SettingList
from ewallet_tui.widgets.tabs import Part

PARTS = (Part("choices", "Settings", "S"), Part("keymap", "Keys", "K"))


class SettingsPart(TabbedScreen):
    """A part of the settings; what is its own is `compose_own` and `show_settings`."""

    MODE = SETTINGS.mode
    PARTS = PARTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", id="copy_setting"),
        Binding(
            "r", "read_again", "Read again", tooltip="Read the settings file again", id="read_settings_again"
        ),
        *keys_of_parts(PARTS),
    ]
    DEFAULT_CSS = """
    SettingsPart {
        #complaints { height: auto; max-height: 30%; color: $text-warning; margin-top: 1; display: none; }
        #complaints.-there { display: block; }
        &.-low #complaints { margin-top: 0; }
        &.-low PartTabs { margin-bottom: 0; }
    }
    """

    def compose_part(self) -> ComposeResult:
        """This part, and beneath it what is wrong with the file."""
        yield from self.compose_own()
        with VerticalScroll(id="complaints", can_focus=False):
            yield Static(markup=False)

    def compose_own(self) -> ComposeResult:
        """What this part alone shows."""
        yield from ()

    def show_settings(self) -> None:
        """Show the settings as they are now."""

    def copied(self) -> str:
        """What is copied from the line under the cursor."""
        return ""

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
        config_errors = self.context.settings.config_errors
        lines = [Content(one_line(f"! {config_error.sentence}")) for config_error in config_errors]
        self.query_one("#complaints Static", Static).update(Content("\n").join(lines))
        self.query_one("#complaints").set_class(bool(config_errors), "-there")

    def action_copy(self) -> None:
        """Put the line under the cursor where the terminal pastes from."""
        text = self.copied()
        self.app.copy_to_clipboard(text)
        self.query_one(ResultLine).say(f"Copied: {text}")

    def action_read_again(self) -> None:
        """Go by the file as it is now."""
        settings = self.context.settings
        settings.read_again()
        self.show_all()
        count = len(settings.config_errors)
        self.query_one(ResultLine).say(
            f"{FILE_NAME} is read again" + (", with complaints." if count else ".")
        )


NOWHERE = "nowhere: nothing is kept"
SHORTEST_PATH = 8


class SettingsScreen(SettingsPart):
    """Everything chosen here holds at once, and is kept."""

    PART = "choices"
    CSS_PATH = "settings.tcss"
    AUTO_FOCUS = "SettingList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("Y", "copy_folder", "Copy data folder", show=False, key_display="Y", id="copy_data_folder"),
    ]

    def compose_own(self) -> ComposeResult:
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

    def show(self, state: AccountState) -> None:  # noqa: ARG002 - the preview is made up
        """Write everything in the forms of now."""
        self.show_settings()

    def show_settings(self) -> None:
        """The values that hold now, and what they come to."""
        self.query_one(SettingList).show({setting.name: self._value(setting) for setting in CHOSEN})
        self.query_one(Preview).show()
        self._explain(self.query_one(SettingList).current)
        self.query_one("#paths", Static).update(self._paths())

    def copied(self) -> str:
        """The path of the settings file."""
        return str(self._file or NOWHERE)

    def action_copy_folder(self) -> None:
        """Copy the path of the data folder."""
        folder = str(self._file.parent if self._file else NOWHERE)
        self.app.copy_to_clipboard(folder)
        self.query_one(ResultLine).say(f"Copied: {folder}")

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


def _in_cells(path: Path | str, room: int) -> str:
    """The path as people write it; where it is too long, without its middle."""
    known = as_known(path) if isinstance(path, Path) else path
    if len(known) <= room or room < SHORTEST_PATH:
        return known
    before = (room - 1) // 2
    return f"{known[:before]}…{known[before + 1 - room :]}"


HOW = f"Give others under [keys] in {FILE_NAME}: y copies a line for it."


class SettingsKeysScreen(SettingsPart):
    """Every action that can have another key."""

    PART = "keymap"
    AUTO_FOCUS = "KeyList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "filter", "Find", key_display="/", tooltip="Find by a text", id="filter"),
    ]
    DEFAULT_CSS = """
    SettingsKeysScreen {
        #keys { height: 1fr; }
        #how { color: $text-muted; width: 1fr; margin-bottom: 1; }
        &.-low #how { margin-bottom: 0; }
    }
    """

    def compose_own(self) -> ComposeResult:
        """How a key is changed, and what there is."""
        with Vertical(id="keys"):
            yield Label(HOW, id="how", markup=False)
            yield FilterBox("find: what is done, or its name", "KeyList")
            yield KeyList()

    def show_settings(self) -> None:
        """The keys that hold now."""
        wanted = self.query_one(FilterBox).value.strip().casefold()
        self.query_one(KeyList).show(self.context.settings.rebindable(), self.context.settings.keys, wanted)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is copied where nothing was found."""
        if action == "copy" and not any(each.current for each in self.query(KeyList)):
            return None
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Find what is done by a text that is typed."""
        self.query_one(FilterBox).open()

    @on(FilterBox.Narrowed)
    def _narrowed(self) -> None:
        self.show_settings()

    def copied(self) -> str:
        """The line for the file."""
        return self.query_one(KeyList).current
