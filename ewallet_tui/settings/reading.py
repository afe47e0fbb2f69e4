"""Reads the settings file: what it holds that can be taken, and what is wrong with the rest, by its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ewallet_tui.settings.setting import Value

FILE_NAME = "preferences.toml"
MOST_SAID = 3
"""How many complaints one message holds; the settings screen has them all."""


@dataclass(frozen=True)
class Complaint:
    """What is wrong with one thing in the file."""

    words: str
    line: int | None = None

    @property
    def sentence(self) -> str:
        """The words, after the line where it is known."""
        return self.words if self.line is None else f"Line {self.line}: {self.words}"


@dataclass(frozen=True)
class Found:
    """What a file holds."""

    values: Mapping[str, Value] = field(default_factory=dict)
    """The settings that can be taken, by name."""
    complaints: tuple[Complaint, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict)
    """The line of each setting, and of each one in a table as `table.setting`."""


def read_settings(file: Path) -> Found:
    """What `file` holds; where there is none, nothing."""
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Found()
    except (OSError, ValueError):
        return Found(complaints=(Complaint("It can't be read, so the usual settings hold."),))
    return _found_in(text)


def one_message(complaints: tuple[Complaint, ...]) -> str:
    """All that is wrong with the file in one message, or nothing."""
    if not complaints:
        return ""
    said = " ".join(complaint.sentence for complaint in complaints[:MOST_SAID])
    more = len(complaints) - MOST_SAID
    return f"{FILE_NAME}: {said}" + (f" And {more} more: see the settings." if more > 0 else "")


def _found_in(text: str) -> Found:
    # The parser is needed by no one who has never chosen anything.
    import tomllib  # noqa: PLC0415

    try:
        kept = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"at line (\d+)", str(error))
        line = int(at[1]) if at else text.count("\n") + 1
        return Found(complaints=(Complaint("This is not TOML, so the usual settings hold.", line),))
    return _checked(kept, _lines_of(text))


def _checked(kept: Mapping[str, object], lines: Mapping[str, int]) -> Found:
    from ewallet_tui.settings.catalogue import SETTINGS  # noqa: PLC0415
    from ewallet_tui.settings.setting import meant, written  # noqa: PLC0415

    known = {setting.name: setting for setting in SETTINGS}
    values: dict[str, Value] = {}
    complaints: list[Complaint] = []
    for name, value in kept.items():
        if name not in known:
            words = f"There is no setting {written(name)}.{meant(name, tuple(known))}"
            complaints.append(Complaint(words, lines.get(name)))
        elif problem := known[name].problem_with(name, value):
            complaints.append(Complaint(f"{problem} The usual one holds.", lines.get(name)))
        else:
            values[name] = value
    return Found(values, tuple(complaints), lines)


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
