"""The settings: a list at the left, and at the right what they come to and what each is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from ewallet_core.instructions import fields
from ewallet_tui.exporting_file import as_known
from ewallet_tui.picture import Picture
from ewallet_tui.screens.settings_part import SettingsPart
from ewallet_tui.settings.catalogue import ASK_ABOVE, CHOSEN
from ewallet_tui.settings.choice_list import ChoiceList
from ewallet_tui.settings.preview import Preview
from ewallet_tui.settings.reading import FILE_NAME
from ewallet_tui.settings.setting import Setting, Value, written
from ewallet_tui.settings.setting_list import SettingList
from ewallet_tui.text import plain
from ewallet_tui.widgets.form import Answer, FormPlan
from ewallet_tui.widgets.form_field import Field
from ewallet_tui.widgets.receipt import Receipt

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

    def show(self, picture: Picture) -> None:  # noqa: ARG002 - the preview is made up
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
        self.query_one(Receipt).say(f"Copied: {folder}")

    def on_screen_suspend(self) -> None:
        """Nothing is tried out where it can't be seen."""
        super().on_screen_suspend()
        self._close_choices()

    @on(OptionList.OptionHighlighted, "SettingList")
    def _moved(self) -> None:
        self._explain(self.query_one(SettingList).current)

    @on(SettingList.Wanted)
    def _wanted(self, event: SettingList.Wanted) -> None:
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
        self.wallet_app.settings.try_out(**choice)
        self.query_one(Preview).show()
        if (picture := self.wallet_app.picture) is not None:
            self._show_picture(picture)

    def _choose(self, setting: Setting, value: Value) -> None:
        self.wallet_app.choose(**{setting.name: value})
        self.show_all()
        kept = f"Kept in {FILE_NAME}." if self.wallet_app.preferences.is_kept else "It holds until you quit."
        self.query_one(Receipt).say(f"{setting.label}: {setting.shown(value)}. {kept}")

    def _amount_plan(self) -> FormPlan:
        amount = self._value(ASK_ABOVE)
        field = Field(ASK_ABOVE.name, "From credits", fields.DailyLimit, initial=str(amount))
        return FormPlan("Ask before paying", "Keep", (field,), note=ASK_ABOVE.explained)

    async def _choose_amount(self, values: dict[str, Any]) -> Answer:
        self._choose(ASK_ABOVE, values[ASK_ABOVE.name])
        return {"failed": False}

    def _value(self, setting: Setting) -> Value:
        return getattr(self.wallet_app.preferences, setting.name)

    @property
    def _file(self) -> Path | None:
        return self.wallet_app.preferences.file

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
