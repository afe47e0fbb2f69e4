"""What the parts of the settings have in common: their tabs, and what is wrong with the file."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ewallet_tui.places import SETTINGS
from ewallet_tui.screens.parted import PartedScreen, keys_of_parts
from ewallet_tui.settings.reading import FILE_NAME
from ewallet_tui.text import one_line
from ewallet_tui.widgets.part_tabs import Part
from ewallet_tui.widgets.receipt import Receipt

PARTS = (Part("choices", "Settings", "S"), Part("keymap", "Keys", "K"))


class SettingsPart(PartedScreen):
    """A part of the settings; what is its own is `compose_own` and `show_settings`."""

    PLACE = SETTINGS.mode
    PARTS = PARTS
    SCREENS = {"choices": "settings.SettingsScreen", "keymap": "settings_keys.SettingsKeysScreen"}  # noqa: RUF012
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
        complaints = self.wallet_app.settings.complaints
        lines = [Content(one_line(f"! {complaint.sentence}")) for complaint in complaints]
        self.query_one("#complaints Static", Static).update(Content("\n").join(lines))
        self.query_one("#complaints").set_class(bool(complaints), "-there")

    def action_copy(self) -> None:
        """Put the line under the cursor where the terminal pastes from."""
        text = self.copied()
        self.app.copy_to_clipboard(text)
        self.query_one(Receipt).say(f"Copied: {text}")

    def action_read_again(self) -> None:
        """Go by the file as it is now."""
        settings = self.wallet_app.settings
        settings.read_again()
        self.show_all()
        count = len(settings.complaints)
        self.query_one(Receipt).say(f"{FILE_NAME} is read again" + (", with complaints." if count else "."))
