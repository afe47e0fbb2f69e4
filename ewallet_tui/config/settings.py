"""Every setting: its name in the file, what it means, and the values it can take."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

from msgspec import Struct
from textual.theme import BUILTIN_THEMES, Theme

from ewallet_core.backup.settings import INTERVAL_PATTERN, KEPT_BACKUPS
from ewallet_core.presentation.formatting import DateOrder, count, credit_amount
from ewallet_core.protocol.address import Servers

Value = Any
"""A text, a whole number, true or false, or texts in a list: what TOML and Python have in common."""
MAX_LISTED = 6


class Setting(Struct, frozen=True):
    name: str
    explained: str
    """One or two sentences: the comment in the file and the help on the screen."""
    usual: Value
    validate: Callable[[str, object], str]
    """What is wrong with a value in the file, given the setting's name; empty if nothing."""
    label: str = ""
    """Its name on the screen; empty if it is not on the settings screen."""
    offered: tuple[Value, ...] = ()
    shown: Callable[[Value], str] = str
    synonyms: tuple[str, ...] = ()
    """What else the palette finds it by."""
    is_typed: bool = False
    """Whether a form takes other values than those offered."""


def one_of(values: Sequence[Value]) -> Callable[[str, object], str]:
    def validate(name: str, value: object) -> str:
        # `True == 1`.
        if any(value == possible and type(value) is type(possible) for possible in values):
            return ""
        if len(values) > MAX_LISTED:
            return f"{name} can't be {written(value)}.{suggestion(value, values)}"
        *others, last = map(written, values)
        return f"{name} must be {', '.join(others)} or {last}."

    return validate


def whole_number(name: str, value: object) -> str:
    is_taken = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if is_taken else f"{name} must be a whole number from 0."


def one_or_more(name: str, value: object) -> str:
    return "" if value and not whole_number(name, value) else f"{name} must be a whole number from 1."


def interval_or_never(name: str, value: object) -> str:
    if value == NEVER or (isinstance(value, str) and re.match(INTERVAL_PATTERN, value, re.ASCII)):
        return ""
    return f'{name} must be "{NEVER}", or an interval such as "12h", "1d" or "1w".'


def text_value(name: str, value: object) -> str:
    return "" if isinstance(value, str) else f"{name} must be a text."


def server_or_empty(name: str, value: object) -> str:
    if isinstance(value, str) and (not value or _is_address(value)):
        return ""
    return f'{name} must be a server such as "wallet.example.org:8080", or "".'


def server_list(name: str, value: object) -> str:
    if isinstance(value, list) and all(isinstance(each, str) and _is_address(each) for each in value):
        return ""
    return f'{name} must be a list of servers, such as ["wallet.example.org:8080"].'


def names_by_server(name: str, value: object) -> str:
    lists = value.values() if isinstance(value, dict) else [None]
    if all(isinstance(names, list) and all(isinstance(one, str) for one in names) for names in lists):
        return ""
    return f'[{name}] must have lists of names, such as embedded = ["ada"].'


def any_table(name: str, value: object) -> str:
    return "" if isinstance(value, dict) else f'[{name}] must be a table with lines such as pay = "p".'


def zone_or_system(name: str, value: object) -> str:
    """Whether it can be a name; whether there is such a time zone is seen when it is first used."""
    is_name = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*", value)
    return "" if is_name else f'{name} must be "{SYSTEM}" or a time zone such as "Europe/Berlin".'


def suggestion(value: object, values: Sequence[Value]) -> str:
    """The most similar of `values` as a question that follows an error; empty if none is similar."""
    nearest = get_close_matches(str(value), [str(possible) for possible in values], 1)
    return f" Did you mean {written(nearest[0])}?" if nearest else ""


def written(value: object) -> str:
    # JSON and TOML write texts, numbers, true, false and lists of texts alike.
    return json.dumps(value, ensure_ascii=False, default=str)


def _is_address(text: str) -> bool:
    try:
        Servers.read(text)
    except ValueError:
        return False
    return True


DARK = Theme(
    name="ewallet-dark",
    primary="#3fb8af",
    secondary="#ff9f5a",
    warning="#f2cc60",
    error="#ff6b6b",
    success="#7bd88f",
    foreground="#d7dde4",
    background="#10151b",
    surface="#171e26",
    panel="#222c37",
)
LIGHT = Theme(
    name="ewallet-light",
    primary="#00706b",
    secondary="#b34700",
    warning="#7a5c00",
    error="#b3261e",
    success="#1b6e2c",
    foreground="#1b2229",
    background="#f7f8f7",
    surface="#eceeed",
    panel="#dfe4e3",
    dark=False,
)
THEMES = (DARK, LIGHT)

LOCALE = "locale"
SYSTEM = "system"
THEME_NAMES = (DARK.name, LIGHT.name, *BUILTIN_THEMES)
LOCK_CHOICES = (0, 1, 5, 15, 60)
"""After how many idle minutes the screen may lock; 0 is never."""
AMOUNTS = (0, 10, 50, 100, 500, 1_000, 10_000)
NUMBERS = (LOCALE, "1,240", "1.240", "1 240", "1240")
HOURS = (LOCALE, "24", "12")
SEPARATORS = ("comma", "semicolon", "tab")
DATES = (LOCALE, *map(str, DateOrder))
ON_OFF = (True, False)
NEVER = "never"
UNITS = {"m": "minute", "h": "hour", "d": "day", "w": "week"}
INTERVALS = (NEVER, "1h", "1d", "1w")
KEPT = (3, KEPT_BACKUPS, 14, 30)


def _format_words(form: str) -> str:
    return "system default" if form == LOCALE else form


def _interval_words(interval: str) -> str:
    if interval == NEVER:
        return NEVER
    number, unit = int(interval[:-1]), UNITS[interval[-1]]
    return f"every {unit}" if number == 1 else f"every {count(number, unit)}"


def _on_or_off(is_on: bool) -> str:
    return "on" if is_on else "off"


THEME = Setting(
    "theme",
    "The colours. ansi-dark and ansi-light are the terminal's own.",
    DARK.name,
    one_of(THEME_NAMES),
    "Theme",
    THEME_NAMES,
    synonyms=("Theme", "Colours", "Colors", "Appearance", "Dark mode"),
)
LOCK = Setting(
    "lock_after_minutes",
    "Minutes without a key or the mouse until the screen locks; 0 is never.",
    0,
    one_of(LOCK_CHOICES),
    "Lock",
    LOCK_CHOICES,
    lambda minutes: f"after {count(minutes, 'minute')}" if minutes else "never",
    synonyms=("Lock after", "Screen saver", "When idle"),
)
ASK, LEAVE, STOP = "ask", "leave", "stop"
TIMER_ON_QUIT = Setting(
    "timer_on_quit",
    "Whether quitting stops a running or paused timer, or leaves it as it is. "
    "If the system ends the app, only stop stops a timer: the active clock's. Those of other clocks go on.",
    ASK,
    one_of((ASK, LEAVE, STOP)),
    "Timer at quit",
    (ASK, LEAVE, STOP),
    lambda choice: {ASK: "ask", LEAVE: "leave it", STOP: "stop it"}[choice],
)
ASK_ABOVE = Setting(
    "ask_above",
    "A payment or transfer of this many credits or more asks first; 0 is never.",
    0,
    whole_number,
    "Ask to pay",
    AMOUNTS,
    lambda amount: f"from {credit_amount(amount)}" if amount else "never",
    synonyms=("Confirm payments", "Ask before paying"),
    is_typed=True,
)
TIME_ZONE = Setting(
    "time_zone",
    'The time zone of times and days, such as "Europe/Berlin"; "system" is the zone of this computer.',
    SYSTEM,
    zone_or_system,
    "Time zone",
    (SYSTEM, "UTC"),
    lambda zone: "system default" if zone == SYSTEM else str(zone),
    synonyms=("Local time", "Summer time", "Daylight saving"),
    is_typed=True,
)
CHOSEN = (
    THEME,
    LOCK,
    ASK_ABOVE,
    Setting(
        "numbers",
        "How thousands are separated in numbers, both shown and typed.",
        LOCALE,
        one_of(NUMBERS),
        "Numbers",
        NUMBERS,
        _format_words,
        ("Thousands", "Decimal comma", "Format"),
    ),
    Setting(
        "hours",
        "Whether the time of day has 24 or 12 hours.",
        LOCALE,
        one_of(HOURS),
        "Time of day",
        HOURS,
        lambda hours: _format_words(hours) if hours == LOCALE else f"{hours} hours",
        ("Time zone", "Clock format", "12 hours", "24 hours", "AM PM"),
    ),
    Setting(
        "dates",
        "How dates are written. The example is 12 November.",
        LOCALE,
        one_of(DATES),
        "Dates",
        DATES,
        _format_words,
        ("Date format", "Format"),
    ),
    TIME_ZONE,
    TIMER_ON_QUIT,
    Setting(
        "note_at_start",
        "Whether starting the timer asks what the run is for: a note and tags.",
        False,
        one_of(ON_OFF),
        "Ask what for",
        ON_OFF,
        _on_or_off,
    ),
    Setting(
        "bell",
        "Whether the terminal's bell rings when the clock has five minutes left, and when it runs out.",
        True,
        one_of(ON_OFF),
        "Bell",
        ON_OFF,
        _on_or_off,
        ("Sound", "Beep", "Alarm"),
    ),
    Setting(
        "desktop_notifications",
        "Whether desktop notifications tell you that, and when credits arrive. They need a terminal that "
        "supports them, and work over ssh.",
        False,
        one_of(ON_OFF),
        "Desktop",
        ON_OFF,
        _on_or_off,
        ("Notifications", "Alerts"),
    ),
    Setting(
        "csv_separator",
        "What separates the columns of exported CSV files. Programs with a decimal comma want a semicolon.",
        SEPARATORS[0],
        one_of(SEPARATORS),
        "CSV columns",
        SEPARATORS,
    ),
    Setting(
        "csv_byte_order_mark",
        "Whether exported CSV files begin with a byte order mark, by which Excel shows letters with accents.",
        True,
        one_of(ON_OFF),
        "Excel CSV",
        ON_OFF,
        _on_or_off,
    ),
    Setting(
        "backup_every",
        "How often the wallet on this computer is backed up while the app is open: never, or an interval "
        "such as 12h, 1d or 1w.",
        NEVER,
        interval_or_never,
        "Back up",
        INTERVALS,
        _interval_words,
        ("Backup", "Automatic backups", "Schedule"),
    ),
    Setting(
        "backup_keep",
        "How many of these backups are kept. The oldest are removed.",
        KEPT_BACKUPS,
        one_or_more,
        "Keep backups",
        KEPT,
        lambda kept: f"the newest {kept}",
        ("Backup", "Old backups"),
    ),
)

BACKUP_FOLDER = Setting(
    "backup_folder", 'The folder for backups; "" is backups in the data folder.', "", text_value
)
SERVERS = (
    Setting("server", 'The server to open first; "" is this computer.', "", server_or_empty),
    Setting("servers", "The servers you have used, newest first.", (), server_list),
)
KEYS = Setting(
    "keys",
    "Other keys for actions, by the action's name: one key, or several separated by commas. "
    "Names: docs/settings.md.",
    {},
    any_table,
)
ACCOUNTS = Setting(
    "accounts",
    "The accounts that logged in on this computer and at each server, newest first. Never a password.",
    {},
    names_by_server,
)
TABLES = (KEYS, ACCOUNTS)
SETTINGS = (*CHOSEN, BACKUP_FOLDER, *SERVERS, *TABLES)
