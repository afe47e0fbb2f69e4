"""Writes the settings file: first whole and explained, later a setting at a time among people's own lines."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from ewallet_tui.settings.catalogue import ACCOUNTS, CHOSEN, KEYS, SERVERS, SETTINGS, TABLES
from ewallet_tui.settings.reading import FILE_NAME
from ewallet_tui.settings.setting import Setting, Value, whole_number, written

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

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
