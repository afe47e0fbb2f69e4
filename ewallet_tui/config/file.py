"""The settings file: reading it, naming its mistakes by line, and writing it among the user's own lines."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from ewallet_tui.config.settings import (
    ACCOUNTS,
    CHOSEN,
    KEYS,
    SERVERS,
    SETTINGS,
    TABLES,
    Setting,
    Value,
    whole_number,
    written,
)

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


FILE_NAME = "preferences.toml"
MOST_SAID = 3
"""How many complaints one message holds; the settings screen has them all."""


@dataclass(frozen=True)
class ConfigError:
    """What is wrong with one thing in the file."""

    words: str
    line: int | None = None

    @property
    def sentence(self) -> str:
        """The words, after the line where it is known."""
        return self.words if self.line is None else f"Line {self.line}: {self.words}"


@dataclass(frozen=True)
class ReadSettings:
    """What a file holds."""

    values: Mapping[str, Value] = field(default_factory=dict)
    """The settings that can be taken, by name."""
    config_errors: tuple[ConfigError, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each setting, and of each one in a table as `table.setting`."""


def read_settings(file: Path) -> ReadSettings:
    """What `file` holds; where there is none, nothing."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ReadSettings()
    except (OSError, ValueError):
        return ReadSettings(config_errors=(ConfigError("It can't be read, so the usual settings hold."),))
    return _found_in(text)


def one_message(config_errors: tuple[ConfigError, ...]) -> str:
    """All that is wrong with the file in one message, or nothing."""
    if not config_errors:
        return ""
    said = " ".join(config_error.sentence for config_error in config_errors[:MOST_SAID])
    more = len(config_errors) - MOST_SAID
    return f"{FILE_NAME}: {said}" + (f" And {more} more: see the settings." if more > 0 else "")


def _found_in(text: str) -> ReadSettings:
    # The parser is needed by no one who has never chosen anything.
    import tomllib  # noqa: PLC0415

    try:
        kept = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        return ReadSettings(
            config_errors=(ConfigError("This is not TOML, so the usual settings hold.", line),)
        )
    return _checked(kept, _lines_of(text))


def _checked(kept: Mapping[str, object], lines: Mapping[str, int]) -> ReadSettings:
    from ewallet_tui.config.settings import (  # noqa: PLC0415
        SETTINGS,
        meant,
        written,
    )

    known = {setting.name: setting for setting in SETTINGS}
    values: dict[str, Value] = {}
    config_errors: list[ConfigError] = []
    for name, value in kept.items():
        if name not in known:
            words = f"There is no setting {written(name)}.{meant(name, tuple(known))}"
            config_errors.append(ConfigError(words, lines.get(name)))
        elif problem := known[name].problem_with(name, value):
            config_errors.append(ConfigError(f"{problem} The usual one holds.", lines.get(name)))
        else:
            values[name] = value
    return ReadSettings(values, tuple(config_errors), lines)


def _lines_of(text: str) -> dict[str, int]:
    """Where each setting is; what only looks like one, within a text of several lines, comes too late."""
    lines: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line):
            table = f"{header[1]}."
            lines.setdefault(header[1], number)
        elif setting := re.match(r"""\s*(?:"([^"]+)"|'([^']+)'|([\w-]+))\s*=""", line):
            lines.setdefault(table + next(filter(None, setting.groups())), number)
    return lines


DAMAGED_NAME = f"{FILE_NAME}.damaged"
WIDTH = 88
OWNERS_ALONE = 0o600
"""Nobody else is to read who logged in here."""
ABOUT = (
    "The settings of EWallet. The app changes single lines here, and leaves what else you write as it is. "
    "It reads the file when it starts, and when you press r in the settings."
)


def write_settings(file: Path, values: Mapping[str, Value], changed: Mapping[str, Value]) -> bool:
    """Keep `changed` in `file`, or all `values` where there was none that can be read; whether that is done.

    A file that can't be read is kept beside it, to be mended.
    """
    import tomlkit  # noqa: PLC0415 - most starts change nothing

    document = _document_in(file)
    if document is None:
        text = first_file({**values, **changed})
    else:
        for name, value in changed.items():
            _put(document, name, value)
        text = tomlkit.dumps(document)
    return _is_replaced(file, text)


def first_file(values: Mapping[str, Value]) -> str:
    """A whole file with `values`, each explained."""
    parts = [_comment(ABOUT)]
    parts += [
        f"{_comment(it.explained)}{it.name} = {written(values[it.name])}\n" for it in (*CHOSEN, *SERVERS)
    ]
    parts += [_table(it, values[it.name]) for it in TABLES]
    return "\n".join(parts)


def _table(setting: Setting, values: Mapping[str, Value]) -> str:
    lines = [f"{_bare(name)} = {written(value)}\n" for name, value in values.items()]
    example = '# pay = "p,f5"\n' if setting is KEYS and not lines else ""
    return f"{_comment(setting.explained)}[{setting.name}]\n{example}{''.join(lines)}"


def _explanation(setting: Setting) -> str:
    is_any = not setting.offered or setting.problem_with is whole_number
    return _comment(setting.explained) + (
        "" if is_any else _comment(" | ".join(map(written, setting.offered)))
    )


def _bare(name: str) -> str:
    return name if re.fullmatch(r"[\w-]+", name, re.ASCII) else written(name)


def _comment(words: str) -> str:
    return "".join(f"# {line}\n" for line in wrap(words, WIDTH))


def _document_in(file: Path) -> TOMLDocument | None:
    import tomlkit  # noqa: PLC0415
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        return tomlkit.parse(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TOMLKitError):
        with contextlib.suppress(OSError):
            file.replace(file.with_name(DAMAGED_NAME))
        return None


def _put(document: TOMLDocument, name: str, value: Value) -> None:
    """Put a value where the setting stands; a table's line by line, and a new one with its comment."""
    import tomlkit  # noqa: PLC0415

    if name == ACCOUNTS.name:
        if not isinstance(document.get(name), dict):
            document[name] = tomlkit.table()
        _make_equal(document[name], value)
        return
    item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
    if name not in document:
        setting = next(setting for setting in SETTINGS if setting.name == name)
        item.trivia.indent = f"\n{_explanation(setting)}"
    document[name] = item


def _make_equal(table: dict[str, Value], values: Mapping[str, Value]) -> None:
    for gone in set(table) - set(values):
        del table[gone]
    for name, value in values.items():
        if list(table.get(name, ())) != list(value):
            table[name] = list(value)


def _is_replaced(file: Path, text: str) -> bool:
    # Another app may be reading it; and people link it from where they keep such files.
    place = file.resolve()
    new = place.with_name(f".{FILE_NAME}.{os.getpid()}")
    try:
        mode = place.stat().st_mode & OWNERS_ALONE if place.exists() else OWNERS_ALONE
        new.touch(OWNERS_ALONE)
        new.chmod(OWNERS_ALONE)
        new.write_text(text, encoding="utf-8")
        new.chmod(mode)
        new.replace(place)
    except OSError:
        return False
    return True
