"""Every setting there is, in the order in which the file and the screen have them."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES

from ewallet_tui.settings.formats import DateOrder
from ewallet_tui.settings.setting import (
    Setting,
    keys_by_action,
    names_by_place,
    one_of,
    place_of_server,
    places_of_servers,
    whole_number,
)
from ewallet_tui.themes import DARK, LIGHT
from ewallet_tui.words import count, credit_amount

LOCALE = "locale"
"""Whatever the machine's own settings name."""
THEME_NAMES = (DARK.name, LIGHT.name, *BUILTIN_THEMES)
LOCK_CHOICES = (0, 1, 5, 15, 60)
"""After how many idle minutes the screen may lock; 0 is never."""
AMOUNTS = (0, 10, 50, 100, 500, 1_000, 10_000)
NUMBERS = (LOCALE, "1,240", "1.240", "1 240", "1240")
HOURS = (LOCALE, "24", "12")
DATES = (LOCALE, *map(str, DateOrder))
ON_OFF = (True, False)


def _lock_words(minutes: int) -> str:
    return f"after {count(minutes, 'minute')}" if minutes else "never"


def _ask_words(credits: int) -> str:
    return f"from {credit_amount(credits)}" if credits else "never"


def _form_words(form: str) -> str:
    return "the system's" if form == LOCALE else form


def _hours_words(hours: str) -> str:
    return _form_words(hours) if hours == LOCALE else f"{hours} hours"


def _on_or_off(is_on: bool) -> str:
    return "on" if is_on else "off"


THEME = Setting(
    "theme",
    "The colours. ansi-dark and ansi-light are the terminal's own.",
    DARK.name,
    one_of(THEME_NAMES),
    "Theme",
    THEME_NAMES,
)
LOCK = Setting(
    "lock_after_minutes",
    "After how many minutes without a key or the mouse the screen locks; 0 is never.",
    0,
    one_of(LOCK_CHOICES),
    "Lock",
    LOCK_CHOICES,
    _lock_words,
)
ASK_ABOVE = Setting(
    "ask_above",
    "From how many credits on a payment or transfer asks first; 0 is never.",
    0,
    whole_number,
    "Ask to pay",
    AMOUNTS,
    _ask_words,
)
CHOSEN = (
    THEME,
    LOCK,
    ASK_ABOVE,
    Setting(
        "numbers",
        "How the thousands of a number are parted, where one is shown and where one is typed.",
        LOCALE,
        one_of(NUMBERS),
        "Numbers",
        NUMBERS,
        _form_words,
    ),
    Setting(
        "hours",
        "Whether a time of day has 24 hours or 12.",
        LOCALE,
        one_of(HOURS),
        "Time of day",
        HOURS,
        _hours_words,
    ),
    Setting(
        "dates",
        "How a date is written, shown by 12 November.",
        LOCALE,
        one_of(DATES),
        "Dates",
        DATES,
        _form_words,
    ),
    Setting(
        "bell",
        "Whether the terminal's bell sounds when the clock has five minutes left, and when it runs out.",
        True,
        one_of(ON_OFF),
        "Bell",
        ON_OFF,
        _on_or_off,
    ),
    Setting(
        "desktop_notifications",
        "Whether the desktop says it too, and when credits arrive. The terminal passes it on, also over ssh, "
        "if it can.",
        False,
        one_of(ON_OFF),
        "Desktop",
        ON_OFF,
        _on_or_off,
    ),
)
"""What is chosen on the settings screen."""

SERVERS = (
    Setting("server", 'The server to begin with; "" is the engine of this machine.', "", place_of_server),
    Setting("servers", "The servers that were used, the newest first.", (), places_of_servers),
)
KEYS = Setting(
    "keys",
    "Other keys for what can be done, by its name: one, or several with commas. Names: docs/settings.md.",
    {},
    keys_by_action,
)
ACCOUNTS = Setting(
    "accounts",
    "Who logged in here, the newest first: here, and at each server. Never a password.",
    {},
    names_by_place,
)
TABLES = (KEYS, ACCOUNTS)
SETTINGS = (*CHOSEN, *SERVERS, *TABLES)
