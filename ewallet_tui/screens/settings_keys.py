"""The keys: what can be done, by which key, and by which name another key is given to it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label

from ewallet_tui.screens.settings_part import SettingsPart
from ewallet_tui.settings.actions import rebindable
from ewallet_tui.settings.key_list import KeyList
from ewallet_tui.settings.reading import FILE_NAME
from ewallet_tui.widgets.filter_box import FilterBox

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
        self.query_one(KeyList).show(rebindable(), self.wallet_app.settings.keys, wanted)

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
