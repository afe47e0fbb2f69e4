"""Writing the settings file among the user's own lines."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from codecs import BOM_UTF8
from collections.abc import Mapping
from pathlib import Path
from textwrap import wrap

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError

from ewallet_tui.config.file import FILE_NAME
from ewallet_tui.config.settings import (
    ACCOUNTS,
    KEYS,
    SETTINGS,
    TABLES,
    Setting,
    Value,
    interval_or_never,
    one_or_more,
    whole_number,
    written,
)

DAMAGED_NAME = f"{FILE_NAME}.damaged"
WIDTH = 88
OWNER_ONLY = 0o600
"""The file has the names that logged in here."""
ABOUT = (
    "The settings of EWallet. The app changes single lines here and keeps everything else you write. "
    "It reads the file when it starts, and when you press r in the settings."
)


def write_settings(file: Path, values: Mapping[str, Value], changed: Mapping[str, Value]) -> bool:
    """Write `changed` into `file`, or all `values` if there is no valid file; returns whether it was written.

    A file that is not valid TOML is copied beside, for the user to repair. One that can't be read, or that is
    read-only, stays as it is. A byte order mark and the ends of lines stay too.
    """
    try:
        kept = file.read_bytes()
    except FileNotFoundError:
        kept = b""
    except OSError:
        return False
    document = _document_in(kept)
    if document is None:
        if kept and not _set_aside(file, kept):
            return False
        return _replace(file, first_file({**values, **changed}).encode())
    for name, value in changed.items():
        _put(document, name, value)
    text = tomlkit.dumps(document)
    if b"\r\n" in kept:
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    return _replace(file, (BOM_UTF8 if kept.startswith(BOM_UTF8) else b"") + text.encode())


def first_file(values: Mapping[str, Value]) -> str:
    parts = [_comment(ABOUT)]
    for setting in SETTINGS:
        value = values[setting.name]
        text = _table(setting, value) if setting in TABLES else f"{setting.name} = {written(value)}\n"
        parts.append(_comment(setting.explained) + text)
    return "\n".join(parts)


def _table(setting: Setting, values: Mapping[str, Value]) -> str:
    example = '# pay = "p,f5"\n' if setting is KEYS and not values else ""
    bare = {name: name if re.fullmatch(r"[\w-]+", name, re.ASCII) else written(name) for name in values}
    lines = "".join(f"{bare[name]} = {written(value)}\n" for name, value in values.items())
    return f"[{setting.name}]\n{example}{lines}"


def _comment(words: str) -> str:
    return "".join(f"# {line}\n" for line in wrap(words, WIDTH))


def _document_in(kept: bytes) -> TOMLDocument | None:
    """What the file has; None if it is empty or no TOML."""
    try:
        return tomlkit.parse(kept.decode("utf-8-sig")) if kept.strip() else None
    except (ValueError, TOMLKitError):
        return None


def _set_aside(file: Path, kept: bytes) -> bool:
    return _replace(file.with_name(DAMAGED_NAME), kept)


def _put(document: TOMLDocument, name: str, value: Value) -> None:
    """Set a value in its place; a table line by line, and a new setting below its explanation."""
    if name in (ACCOUNTS.name, KEYS.name):
        if not isinstance(document.get(name), dict):
            document[name] = tomlkit.table()
        table: dict[str, Value] = document[name]
        for gone in set(table) - set(value):
            del table[gone]
        for key, its in value.items():
            wanted = list(its) if isinstance(its, tuple) else its
            if table.get(key) != wanted:
                table[key] = wanted
        return
    item = tomlkit.item(list(value) if isinstance(value, tuple) else value)
    if name not in document:
        setting = next(setting for setting in SETTINGS if setting.name == name)
        is_any = not setting.offered or setting.validate in (whole_number, one_or_more, interval_or_never)
        choices = "" if is_any else _comment(" | ".join(map(written, setting.offered)))
        item.trivia.indent = f"\n{_comment(setting.explained)}{choices}"
    document[name] = item


def _replace(file: Path, content: bytes) -> bool:
    # Replace the file at once, because another process may be reading it. A symbolic link stays one.
    target = file.resolve()
    new = target.with_name(f".{FILE_NAME}.{os.getpid()}")
    try:
        old = target.stat() if target.exists() else None
        if old is not None and not old.st_mode & stat.S_IWUSR:
            return False
        if old is not None and old.st_uid != os.geteuid():
            # A new file would belong to this user.
            target.write_bytes(content)
            return True
        new.touch(OWNER_ONLY)
        new.chmod(OWNER_ONLY)
        new.write_bytes(content)
        new.chmod(OWNER_ONLY if old is None else old.st_mode & OWNER_ONLY)
        new.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
        return False
    return True
