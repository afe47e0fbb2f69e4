"""The keys: what can be done, by which key, and by which name another key is given to it."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Label

from ewallet_tui.screens.settings_part import SettingsPart
from ewallet_tui.settings.actions import rebindable
from ewallet_tui.settings.key_list import KeyList
from ewallet_tui.settings.reading import FILE_NAME

HOW = f"Give others under [keys] in {FILE_NAME}: y copies a line for it."


class SettingsKeysScreen(SettingsPart):
    """Every action that can have another key."""

    PART = "keymap"
    AUTO_FOCUS = "KeyList"
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
            yield KeyList()

    def show_settings(self) -> None:
        """The keys that hold now."""
        self.query_one(KeyList).show(rebindable(), self.wallet_app.settings.keys)

    def copied(self) -> str:
        """The line for the file."""
        return self.query_one(KeyList).current
