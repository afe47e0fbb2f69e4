"""Where what is taken along goes: a file that is there only when it is whole, and never over another."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Self

import platformdirs

FOLDER_VARIABLE = "EWALLET_EXPORT_DIR"
LONGEST_NAME = 100
UNNAMED = "export"
ELSEWHERE = f"Name another folder in {FOLDER_VARIABLE}."

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_LEAVE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def export_folder(otherwise: Path) -> Path:
    """The folder that EWALLET_EXPORT_DIR names, else the person's downloads; `otherwise` without either."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return Path(named).expanduser()
    downloads = platformdirs.user_downloads_path()
    return downloads if downloads.is_dir() else otherwise


class NewFile:
    """A file of `folder`, which only its owner can read; until it is finished it has another, hidden name."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        """Begin it; the folder is made where there is none."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The pieces bring their own line ends.
        self._file = NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=self._folder, prefix=".", suffix=".part", delete=False
        )
        return self

    def write(self, text: str) -> None:
        """Write the next piece."""
        self._file.write(text)

    def finish(self, name: str) -> str:
        """Give it that name, with a number where another file has it, and say where it is."""
        self._file.close()
        final = _claimed(self._folder, name)
        try:
            Path(self._file.name).replace(final)
        except OSError:
            final.unlink()
            raise
        return as_known(final)

    def __exit__(self, *_: object) -> None:
        """Take away what was not finished."""
        try:
            self._file.close()
        finally:
            Path(self._file.name).unlink(missing_ok=True)


def as_known(path: Path) -> str:
    """A path as people write it: `~/Downloads/transfer-sheet-13.csv`."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) and path != home else str(path)


def why_not_written(problem: OSError, folder: Path) -> str:
    """What is wrong, and what can be done about it."""
    known = as_known(folder)
    if problem.errno in _NO_ROOM:
        return f"There is no room left in {known}. Make some, and export again."
    if problem.errno in _NO_LEAVE:
        return f"Nothing may be written to {known}. {ELSEWHERE}"
    return f"{known} can't be written to: {(problem.strerror or 'nobody knows why').lower()}. {ELSEWHERE}"


def on_any_disk(name: str) -> str:
    """`name` in characters that every disk takes, and that lead to no other folder and hide nothing."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[-LONGEST_NAME:].strip("-.") or UNNAMED


def _claimed(folder: Path, name: str) -> Path:
    """An empty file that was just made, of that name or the first numbered one that is free."""
    for candidate in _names(on_any_disk(name)):
        try:
            (folder / candidate).touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            continue
        return folder / candidate
    raise AssertionError


def _names(name: str) -> Iterator[str]:
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, f".{ending}") if dot else (name, "")
    yield name
    yield from (f"{stem}-{number}{ending}" for number in count(2))
