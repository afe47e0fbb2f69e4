"""What `ewallet doctor` reports: sections of facts, and problems with advice."""

from __future__ import annotations

import contextlib
import os
import pwd
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ewallet_core.data_folder import home_folder

Fact = str | int | bool | None | Mapping[str, "str | int | bool | None"]
"""None is what could not be found out."""

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Target:
    """What is examined: the wallet that the other commands would open with the same options."""

    folder: Path | None = None
    database: str | None = None
    config: Path | None = None
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A sentence that says what is wrong, and one that says what to do."""

    problem: str
    advice: str


@dataclass(slots=True)
class Section:
    title: str
    facts: dict[str, Fact] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def add(self, name: str, fact: Fact) -> None:
        self.facts[name] = fact

    def find(self, name: str, look: Callable[[], Fact]) -> Fact:
        """Add the fact that `look` returns; if it raises, what it raised instead, and return None."""
        try:
            found = look()
        except Exception as reason:  # noqa: BLE001 - the others are wanted most when something is broken
            self.facts[name] = f"{UNKNOWN} ({describe(reason)})"
            return None
        self.facts[name] = found
        return found

    def warn(self, problem: str, advice: str) -> None:
        self.problems.append(Problem(problem, advice))


Examine = Callable[[Section, Target], None]


def describe(reason: BaseException) -> str:
    """The error in a few words."""
    if isinstance(reason, OSError) and reason.strerror:
        return reason.strerror.lower()
    return f"{type(reason).__name__}: {reason}" if str(reason) else type(reason).__name__


def private(text: str) -> str:
    """The text in one line, with the home folder as ~, fit for a terminal."""
    for home in _homes():
        # Not the beginning of another folder's name.
        text = re.sub(rf"{re.escape(home)}(?!\w|[.-]\w)", "~", text)
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def _homes() -> list[str]:
    """The user's home folder, in each form in which a path may contain it."""
    homes = [home_folder()]
    # A user of a container may have no entry.
    with contextlib.suppress(KeyError):
        homes.append(Path(pwd.getpwuid(os.getuid()).pw_dir))
    written = {str(form) for home in homes if home is not None for form in (home, home.resolve())}
    return sorted(written - {"/", "."}, key=len, reverse=True)
