"""The settings file: reading it, and naming its mistakes by line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from ewallet_core.data_folder import PREFERENCES_FILE
from ewallet_tui.config.settings import SETTINGS, Value, suggestion, written

FILE_NAME = PREFERENCES_FILE
MAX_SHOWN = 3
"""How many errors one message holds; the settings screen has them all."""
_KNOWN = {setting.name: setting for setting in SETTINGS}


class ConfigError(Struct, frozen=True):
    words: str
    line: int | None = None

    @property
    def sentence(self) -> str:
        return self.words if self.line is None else f"Line {self.line}: {self.words}"


class ReadSettings(Struct, frozen=True):
    values: Mapping[str, Value] = {}
    config_errors: tuple[ConfigError, ...] = ()
    lines: Mapping[str, int] = {}
    """The line of each setting, and of each one in a table as `table.setting`."""


def read_settings(file: Path) -> ReadSettings:
    try:
        # "-sig", because some editors write an invisible byte order mark.
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ReadSettings()
    except (OSError, ValueError):
        return ReadSettings(config_errors=(ConfigError("It can't be read. Using the default settings."),))
    try:
        kept = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        return ReadSettings(
            config_errors=(ConfigError("This is not TOML. Using the default settings.", line),)
        )
    lines = _lines_of(text)
    values: dict[str, Value] = {}
    config_errors: list[ConfigError] = []
    for name, value in kept.items():
        if name not in _KNOWN:
            words = f"There is no setting {written(name)}.{suggestion(name, tuple(_KNOWN))}"
            config_errors.append(ConfigError(words, lines.get(name)))
        elif problem := _KNOWN[name].validate(name, value):
            config_errors.append(ConfigError(f"{problem} Using the default.", lines.get(name)))
        else:
            values[name] = value
    return ReadSettings(values, tuple(config_errors), lines)


def one_message(config_errors: tuple[ConfigError, ...]) -> str:
    """All mistakes in the file in one message; empty if there are none."""
    if not config_errors:
        return ""
    shown = " ".join(config_error.sentence for config_error in config_errors[:MAX_SHOWN])
    more = len(config_errors) - MAX_SHOWN
    return f"{FILE_NAME}: {shown}" + (f" And {more} more: see the settings." if more > 0 else "")


def _lines_of(text: str) -> dict[str, int]:
    """The line of each setting; a look-alike within a multi-line text loses to an earlier real one."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            table = f"{header[1]}."
            lines.setdefault(header[1], number)
        elif setting := re.match(r"""\s*(?:"([^"]+)"|'([^']+)'|([\w-]+))\s*=""", line):
            lines.setdefault(table + next(filter(None, setting.groups())), number)
    return lines
