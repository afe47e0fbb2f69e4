"""The current settings: applied at once, and saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from msgspec.structs import replace

from ewallet_core.presentation import formatting
from ewallet_tui import config
from ewallet_tui.config.file import FILE_NAME, ConfigError, one_message
from ewallet_tui.config.keymap import KeyAction, Keymap, Scope, problem_with, rebindable
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.config.settings import SYSTEM, TIME_ZONE, suggestion, written

NOT_KEPT = f"{FILE_NAME} can't be written, so this lasts until you quit."


class Appearance(Protocol):
    """What the settings change: the Textual app."""

    theme: str

    def set_keymap(self, keymap: dict[str, str]) -> None: ...


class SettingsController:
    def __init__(
        self,
        preferences: Preferences,
        appearance: Appearance,
        *,
        warn: Callable[[str], None],
        watch_idle: Callable[[int], None],
        rewrite_screens: Callable[[], None],
        schedule_backups: Callable[[Preferences], None],
        scopes: Callable[[], Sequence[Scope]],
    ) -> None:
        """`scopes` is called only if the user has keys of their own or looks at the keys."""
        self.preferences = preferences
        self.config_errors: tuple[ConfigError, ...] = preferences.config_errors
        self.keys: Mapping[str, str] = {}
        self._appearance = appearance
        self._warn = warn
        self._watch_idle = watch_idle
        self._rewrite_screens = rewrite_screens
        self._schedule_backups = schedule_backups
        self._scopes = scopes
        self._apply_look(preferences)

    @property
    def time_zone(self) -> str:
        """The IANA name of the zone in which the user's days begin."""
        chosen = self.preferences.time_zone
        if chosen == SYSTEM or config.periods.find_zone(chosen) is None:
            return config.periods.system_zone_name()
        return chosen

    def begin(self) -> None:
        """Apply what can wait for the first paint, and warn about mistakes in the file."""
        self._apply_zone(self.preferences)
        self._apply_keys()
        self._watch_idle(self.preferences.lock_after_minutes)
        if self.config_errors:
            self._warn(one_message(self.config_errors))

    def choose(self, **choice: Any) -> None:
        self._replace(self.preferences.with_choice(**choice))

    def problem_with_key(self, action: str, key: str) -> str:
        """Why the action can't have that key; empty if it can."""
        return problem_with(action, key, self.preferences.keys, self._scopes())

    def choose_key(self, action: str, key: str | None) -> None:
        """Give the action another key, or its default ones (`None`), and save that."""
        is_default = key is None or (key,) == tuple(dict.fromkeys(self.rebindable()[action].keys))
        others = {name: keys for name, keys in self.preferences.keys.items() if name != action}
        self._replace(self.preferences.with_choice(keys=others if is_default else {**others, action: key}))
        self._apply_keys()
        # Screens that are open already name the key from before.
        self._rewrite_screens()

    def read_again(self) -> None:
        if (file := self.preferences.file) is not None:
            self._replace(Preferences.read(file.parent, self.preferences.of_system))
            self._apply_keys()

    def keep(self, preferences: Preferences) -> None:
        """Use `preferences` from now on, and warn if they could not be saved."""
        if not preferences.is_kept and preferences is not self.preferences:
            self._warn(NOT_KEPT)
        in_file = self._in_file
        in_keys = tuple(error for error in self.config_errors if error not in in_file)
        self.preferences = preferences
        self.config_errors = (*self._in_file, *in_keys)

    def try_out(self, **choice: Any) -> None:
        self._apply(replace(self.preferences, **choice))

    def apply(self) -> None:
        self._apply(self.preferences)

    def rebindable(self) -> dict[str, KeyAction]:
        return rebindable(self._scopes())

    def _apply(self, preferences: Preferences) -> None:
        self._apply_look(preferences)
        self._apply_zone(preferences)

    def _apply_look(self, preferences: Preferences) -> None:
        self._appearance.theme = preferences.theme
        formatting.use(preferences.formats)

    def _apply_zone(self, preferences: Preferences) -> None:
        name = preferences.time_zone
        formatting.use_zone(None if name == SYSTEM else config.periods.find_zone(name))

    def _replace(self, preferences: Preferences) -> None:
        before = self.preferences
        self.keep(preferences)
        self.apply()
        self._watch_idle(preferences.lock_after_minutes)
        self._schedule_backups(preferences)
        if (preferences.formats, preferences.time_zone) != (before.formats, before.time_zone):
            self._rewrite_screens()

    @property
    def _in_file(self) -> tuple[ConfigError, ...]:
        """The mistakes in the file, except in its keys."""
        found, name = self.preferences.config_errors, self.preferences.time_zone
        if name == SYSTEM or config.periods.find_zone(name) is not None:
            return found
        nearest = suggestion(name, config.periods.zone_names())
        words = f"There is no time zone {written(name)}.{nearest} Using the default."
        return (*found, ConfigError(words, self.preferences.lines.get(TIME_ZONE.name)))

    def _apply_keys(self) -> None:
        self.keys, self.config_errors = {}, self._in_file
        if self.preferences.keys:
            keymap = Keymap.read(self.preferences.keys, self.preferences.lines, self._scopes())
            self.keys = keymap.keys
            self.config_errors += keymap.config_errors
        self._appearance.set_keymap({**self.keys})
