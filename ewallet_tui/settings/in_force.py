"""The settings that hold now: what the person chose is kept, and acted on at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ewallet_tui import words
from ewallet_tui.preferences import Preferences
from ewallet_tui.settings.reading import FILE_NAME, Complaint, one_message

if TYPE_CHECKING:
    from ewallet_tui.app import EWalletApp
    from ewallet_tui.idle import IdleWatch

NOT_KEPT = f"{FILE_NAME} can't be written, so this holds until you quit."


class SettingsInForce:
    """The preferences of `app`, and what follows from them."""

    def __init__(self, app: EWalletApp, preferences: Preferences, idle: IdleWatch) -> None:
        self.preferences = preferences
        self.complaints: tuple[Complaint, ...] = preferences.complaints
        """What is wrong with the file, its keys included."""
        self.keys: Mapping[str, str] = {}
        """The keys that the person gave to actions, as far as they can be taken."""
        self._app = app
        self._idle = idle
        self.wear()

    def begin(self) -> None:
        """Go by what can be looked at only after the first paint, and say what is wrong with the file."""
        self._take_keys()
        self._idle.begin(self.preferences.lock_after_minutes)
        if self.complaints:
            self._app.say(one_message(self.complaints), severity="warning")

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
            complaint for complaint in self.complaints if complaint not in self.preferences.complaints
        )
        self.preferences = preferences
        self.complaints = (*preferences.complaints, *keys)

    def try_out(self, **choice: Any) -> None:
        """Show what a choice would look like, without choosing it; `wear` ends it."""
        self._wear(replace(self.preferences, **choice))

    def wear(self) -> None:
        """Look as the preferences say."""
        self._wear(self.preferences)

    def _wear(self, preferences: Preferences) -> None:
        if self._app.theme != preferences.theme:
            self._app.theme = preferences.theme
        words.use(preferences.formats)

    def _go_by(self, preferences: Preferences) -> None:
        formats = self.preferences.formats
        self.keep(preferences)
        self.wear()
        self._idle.begin(preferences.lock_after_minutes)
        if preferences.formats != formats:
            self._app.write_anew()

    def _take_keys(self) -> None:
        self.keys, self.complaints = {}, self.preferences.complaints
        if self.preferences.keys:
            from ewallet_tui.settings.keymap import Keymap  # noqa: PLC0415 - it looks at every screen

            keymap = Keymap.read(self.preferences.keys, self.preferences.lines)
            self.keys = keymap.keys
            self.complaints += keymap.complaints
        self._app.set_keymap(self.keys)
