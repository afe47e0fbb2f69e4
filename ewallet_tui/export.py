"""Saving records and invoices page by page, to a file or a browser's download."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import re
import shutil
import sys
import unicodedata
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count as count_from
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import Any, NamedTuple, Self

import platformdirs
from rich.cells import cell_len, set_cell_size
from textual.app import App

from ewallet_core.data_folder import create_private_folder, home_folder
from ewallet_core.presentation import invoice_html, invoice_text
from ewallet_core.presentation.contact_files import write_vcard
from ewallet_core.presentation.formatting import count, inert, one_line
from ewallet_core.presentation.invoices import Invoice, Month, Party
from ewallet_core.presentation.movements import Record
from ewallet_core.presentation.periods import Period

Answer = dict[str, Any]
Ask = Callable[..., Awaitable[Answer]]
Parts = AsyncGenerator["ExportPart", None]


VCARD_TITLES = ("Name", "Email", "Phone", "Notes")


class NothingToSaveError(Exception):
    """No file is written; the message tells the user why."""


@dataclass(frozen=True)
class ExportPart:
    file_name: str
    text: str
    records: int


async def sheet_parts(ask: Ask, **arguments: Any) -> Parts:
    """The pages of a sheet's export; raises `NothingToSaveError` if one is refused."""
    cursor: dict[str, str] = {}
    while True:
        answer = await ask_or_stop(ask, action="export", export="sheet", **arguments, **cursor)
        yield ExportPart(answer["file_name"], answer["content"], answer["records"])
        if answer["next"] is None:
            return
        cursor = {"before": answer["next"]}


async def ask_or_stop(ask: Ask, **instruction: Any) -> Answer:
    """The answer to `instruction`; raises `NothingToSaveError` if it is refused."""
    answer = await ask(**instruction)
    if answer["failed"]:
        raise NothingToSaveError(f"{answer['error']} {answer.get('warning') or ''}".rstrip())
    return answer


async def vcard_parts(ask: Ask, **arguments: Any) -> Parts:
    """The pages of a contact list's export as vCards; raises `NothingToSaveError` if one is refused."""
    async with aclosing(sheet_parts(ask, **arguments, style="people", format="jsonl")) as pages:
        async for page in pages:
            contacts = map(json.loads, page.text.splitlines())
            cards = (write_vcard(*(each[title] for title in VCARD_TITLES)) for each in contacts)
            yield ExportPart(str(Path(page.file_name).with_suffix(".vcf")), "".join(cards), page.records)


class SavedFile(NamedTuple):
    """What was saved, in a sentence, and where; a browser's download has no path."""

    words: str
    path: Path | None

    def within(self, room: int) -> str:
        """The words with as much of the path as there is room for, in cells."""
        if self.path is None:
            return self.words
        place = as_known(self.path)
        return self.words.replace(place, in_cells(place, room - cell_len(self.words) + cell_len(place)))


async def save(parts: Parts, sink: FileSink, tell: Callable[[int], None], noun: str) -> SavedFile:
    """Write the parts to a file; `tell` gets the number of records so far.

    Raises `OSError` if the file can't be written, and any error of `parts`.
    """
    records, name = 0, ""
    with sink as file:
        async with aclosing(parts) as incoming:
            async for part in incoming:
                file.write(part.text)
                records, name = records + part.records, part.file_name
                tell(records)
                # Let the screen handle Escape even if the parts come fast.
                await asyncio.sleep(0)
        place, path = file.finish(name)
        return SavedFile(f"Saved {count(records, noun)} to {place}.", path)


FOLDER_VARIABLE = "EWALLET_EXPORT_DIR"
MAX_NAME = 100
UNNAMED = "export"
ELSEWHERE = f"Set another folder with {FOLDER_VARIABLE}."

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_PERMISSION = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


def export_folder(otherwise: Path) -> Path:
    """The folder that EWALLET_EXPORT_DIR names, else the user's downloads, else `otherwise`."""
    if named := os.environ.get(FOLDER_VARIABLE):
        return expanded(named)
    if home_folder() is None:
        return otherwise
    downloads = platformdirs.user_downloads_path()
    return downloads if downloads.is_dir() else otherwise


def expanded(path: str) -> Path:
    """The path with the home folder for `~`, if there is one."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


class NewFile:
    """A file in `folder` that only its owner can read; it has a hidden name until it is finished."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        create_private_folder(self._folder)
        # The pieces have their own line ends.
        self._file = NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=self._folder, prefix=".", suffix=".part", delete=False
        )
        return self

    def write(self, text: str) -> None:
        self._file.write(text)

    def finish(self, name: str) -> tuple[str, Path]:
        """Rename the file, with a number if the name is taken; returns its path, also as it is shown."""
        self._file.close()
        final = _claimed(self._folder, name)
        try:
            Path(self._file.name).replace(final)
        except OSError:
            final.unlink()
            raise
        return as_known(final), final

    def __exit__(self, *_: object) -> None:
        try:
            self._file.close()
        finally:
            Path(self._file.name).unlink(missing_ok=True)


def as_known(path: Path) -> str:
    """A path with `~` for the home folder."""
    home = home_folder()
    if home is None or not path.is_relative_to(home) or path == home:
        return str(path)
    return f"~/{path.relative_to(home)}"


SHORTEST_PATH = 8


def in_cells(path: Path | str, room: int) -> str:
    """The path as people write it; if it is too long, without the middle of its folder or of its name."""
    known = as_known(path) if isinstance(path, Path) else path
    if cell_len(known) <= room or room < SHORTEST_PATH:
        return known
    folder, slash, name = known.rpartition("/")
    folder_room = room - cell_len(slash + name)
    if folder and folder_room > 0:
        return f"{_without_middle(folder, folder_room)}{slash}{name}"
    return _without_middle(known, room)


def _without_middle(text: str, room: int) -> str:
    before = set_cell_size(text, (room - 1) // 2).rstrip()
    after = text
    while cell_len(after) > room - 1 - cell_len(before):
        after = after[1:]
    return f"{before}…{after}"


def why_not_written(problem: OSError, folder: Path) -> str:
    known = as_known(folder)
    if problem.errno in _NO_SPACE:
        return f"{known} is full. Free some space and export again."
    if problem.errno in _NO_PERMISSION:
        return f"You can't write to {known}: permission denied. {ELSEWHERE}"
    return f"{known} can't be written to: {(problem.strerror or 'unknown reason').lower()}. {ELSEWHERE}"


def on_any_disk(name: str) -> str:
    """A file name of characters that every file system accepts, in the same folder and not hidden."""
    kept = "".join(character if _is_kept(character) else "-" for character in inert(name))
    stem, point, ending = re.sub("-+", "-", kept).rpartition(".")
    room = MAX_NAME - len(f"{point}{ending}".encode())
    stem = stem.encode()[: max(room, 0)].decode(errors="ignore") if stem else ""
    name = f"{stem}{point}{ending}" if stem else ending[:MAX_NAME]
    return name.strip("-. ") or UNNAMED


def _is_kept(character: str) -> bool:
    """Whether a file name keeps the character: letters, digits and marks of any script, and a few more."""
    return character in " ._-()" or unicodedata.category(character)[0] in "LMN"


def opener() -> str | None:
    """The desktop's program that opens a file with the right application; `None` if there is none."""
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    names = ("open",) if sys.platform == "darwin" else ("wslview", *(["xdg-open"] if has_display else []))
    return next(filter(None, map(shutil.which, names)), None)


async def open_file(program: str, path: Path) -> bool:
    """Open the file on the desktop; returns whether the program began."""
    try:
        await asyncio.create_subprocess_exec(
            program, str(path), stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
        )
    except OSError:
        return False
    return True


def _claimed(folder: Path, name: str) -> Path:
    """A new empty file of that name, or of the first numbered one that is free."""
    path = numbered = folder / on_any_disk(name)
    for number in count_from(2):
        try:
            numbered.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            numbered = path.with_name(f"{path.stem}-{number}{path.suffix}")
        else:
            return numbered
    raise AssertionError


class Download:
    def __init__(self, app: App[Any]) -> None:
        self._app = app

    def __enter__(self) -> Self:
        self._file = TemporaryFile()
        self._is_delivered = False
        return self

    def write(self, text: str) -> None:
        self._file.write(text.encode())

    def finish(self, name: str) -> tuple[str, None]:
        known = on_any_disk(name)
        self._file.seek(0)
        self._app.deliver_binary(self._file, save_filename=known)
        self._is_delivered = True
        return f"{known}, in your browser's downloads", None

    def __exit__(self, *_: object) -> None:
        if not self._is_delivered:
            self._file.close()


FileSink = NewFile | Download
"""Writes the pieces of a file; if it is closed before `finish`, nothing remains."""


@dataclass(frozen=True)
class ExportFormat:
    ending: str
    one: Callable[[Invoice], str]
    month: Callable[[Month], Iterator[str]]


FORMATS = {
    "html": ExportFormat("html", invoice_html.one, invoice_html.month),
    "txt": ExportFormat("txt", invoice_text.one, invoice_text.month),
}


async def one_invoice(ask: Ask, record_id: int, format: ExportFormat) -> Parts:
    record = await _record(ask, "invoice", record_id)
    transfer = record["transfer_record"]
    linked = None if transfer is None else await _record(ask, "transfer", transfer)
    invoice = Invoice.read(record, linked)
    name = one_line(invoice.reference).casefold().replace(" ", "-")
    yield ExportPart(f"{name}.{format.ending}", format.one(invoice), 1)


async def month_of_invoices(ask: Ask, period: Period, format: ExportFormat) -> Parts:
    """The file of an account's invoices of a month; raises `NothingToSaveError` if there are none."""
    owner = await _owner(ask)
    transfers = {record["id"]: record async for record in _records(ask, "transfer", period)}
    invoices = [
        Invoice.read(record, transfers.get(record["transfer_record"]))
        async for record in _records(ask, "invoice", period)
    ]
    month = Month(period.words, owner, invoices[::-1])
    if not month.invoices:
        raise NothingToSaveError(f"There are no invoices in {period.words}. Choose another month.")
    name = f"invoices-{period.since:%Y-%m}.{format.ending}"
    pages = format.month(month)
    yield ExportPart(name, next(pages), len(month.invoices))
    for page in pages:
        yield ExportPart(name, page, 0)


async def _owner(ask: Ask) -> Party:
    account = (await ask_or_stop(ask, action="view", view="account"))["account_data"]
    return Party(account["email"], account["name"])


async def _record(ask: Ask, kind: str, record_id: int) -> Record:
    answer = await ask_or_stop(ask, action="view", view=kind, **{kind: "record"}, record_id=record_id)
    record: Record = answer["record_data"]
    return record


async def _records(ask: Ask, kind: str, period: Period) -> AsyncIterator[Record]:
    """All records of a kind in that period, newest first, on any sheet."""
    cursor: dict[str, Any] = {}
    while True:
        answer = await ask_or_stop(
            ask, action="search", search="records", kind=kind, **period.arguments(), **cursor
        )
        for found in answer["rows"]:
            yield found["record_data"]
        if answer["next"] is None:
            return
        cursor = {"before": answer["next"]}
