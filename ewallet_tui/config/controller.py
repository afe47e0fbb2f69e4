"""The settings that hold now: what the person chose is kept, and acted on at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ewallet_core.presentation import formatting
from ewallet_tui.config.file import FILE_NAME, ConfigError, one_message
from ewallet_tui.config.preferences import Preferences

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp
    from ewallet_tui.lifecycle import IdleWatch


NOT_KEPT = f"{FILE_NAME} can't be written, so this holds until you quit."


class SettingsController:
    """The preferences of `app`, and what follows from them."""

    def __init__(self, app: EWalletApp, preferences: Preferences, idle: IdleWatch) -> None:
        self.preferences = preferences
        self.config_errors: tuple[ConfigError, ...] = preferences.config_errors
        """What is wrong with the file, its keys included."""
        self.keys: Mapping[str, str] = {}
        """The keys that the person gave to actions, as far as they can be taken."""
        self._app = app
        self._idle = idle
        self.apply()

    def begin(self) -> None:
        """Go by what can be looked at only after the first paint, and say what is wrong with the file."""
        self._take_keys()
        self._idle.begin(self.preferences.lock_after_minutes)
        if self.config_errors:
            self._app.say(one_message(self.config_errors), severity="warning")

    def choose(self, **choice: Any) -> None:
        """Keep a choice of the person's, and act on it."""
        self._go_by(self.preferences.with_choice(**choice))

    def read_again(self) -> None:
        """Go by the file as it is now."""
        if (file := self.preferences.file) is not None:
            self._go_by(Preferences.read(file.parent, self.preferences.of_system))
            self._take_keys()

    def keep(self, preferences: Preferences) -> None:
        """Go by these preferences from now on, and say where they could not be kept."""
        if not preferences.is_kept and preferences is not self.preferences:
            self._app.say(NOT_KEPT, severity="warning")
        keys = tuple(
            config_error
            for config_error in self.config_errors
            if config_error not in self.preferences.config_errors
        )
        self.preferences = preferences
        self.config_errors = (*preferences.config_errors, *keys)

    def try_out(self, **choice: Any) -> None:
        """Show what a choice would look like, without choosing it; `apply` ends it."""
        self._apply(replace(self.preferences, **choice))

    def apply(self) -> None:
        """Look as the preferences say."""
        self._apply(self.preferences)

    def _apply(self, preferences: Preferences) -> None:
        if self._app.theme != preferences.theme:
            self._app.theme = preferences.theme
        formatting.use(preferences.formats)

    def _go_by(self, preferences: Preferences) -> None:
        formats = self.preferences.formats
        self.keep(preferences)
        self.apply()
        self._idle.begin(preferences.lock_after_minutes)
        if preferences.formats != formats:
            self._app.write_anew()

    def _take_keys(self) -> None:
        self.keys, self.config_errors = {}, self.preferences.config_errors
        if self.preferences.keys:
            from ewallet_tui.config.keymap import Keymap  # noqa: PLC0415 - it looks at every screen

            keymap = Keymap.read(self.preferences.keys, self.preferences.lines)
            self.keys = keymap.keys
            self.config_errors += keymap.config_errors
        self._app.set_keymap(self.keys)
