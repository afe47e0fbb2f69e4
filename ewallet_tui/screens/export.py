"""Exporting records: choosing the format, and waiting until the file is saved."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from textual import work

from ewallet_core.data_folder import home_folder
from ewallet_core.presentation.formatting import count, local
from ewallet_core.presentation.periods import Period, read_period
from ewallet_tui.export import (
    FORMATS,
    Download,
    FileSink,
    NewFile,
    NothingToSaveError,
    Parts,
    SavedFile,
    as_known,
    export_folder,
    month_of_invoices,
    one_invoice,
    open_file,
    opener,
    save,
    sheet_parts,
    vcard_parts,
    why_not_written,
)
from ewallet_tui.records import RECORD_KINDS
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import ChoiceModal
from ewallet_tui.screens.progress import ProgressModal, Tell
from ewallet_tui.widgets.footer import FollowUp, ResultLine

LEFT = "Export stopped. Nothing was saved."
NOT_SAVED = "Not saved."


class ExportWork:
    """Saves the parts; its result is what was saved, or `None` after a reported error."""

    title = "Export"

    def __init__(self, screen: BaseScreen, parts: Parts, noun: str) -> None:
        self.begun = _so_far(0, noun)
        self._context = screen.context
        self._app = screen.app
        self._parts = parts
        self._noun = noun

    async def carry_out(self, tell: Tell) -> SavedFile | None:
        folder = export_folder(self._otherwise)
        sink: FileSink = Download(self._app) if self._app.is_web else NewFile(folder)
        try:
            return await save(self._parts, sink, lambda number: tell(_so_far(number, self._noun)), self._noun)
        except NothingToSaveError as reason:
            self._report(str(reason))
        except OSError as problem:
            self._report(why_not_written(problem, folder))
        return None

    def stop(self) -> bool:
        self._context.notify(LEFT)
        return False

    def _report(self, reason: str) -> None:
        self._context.notify(reason, title=NOT_SAVED, severity="error")

    @property
    def _otherwise(self) -> Path:
        """The folder to use if there is no downloads folder."""
        file = self._context.preferences.file
        return file.parent if file else home_folder() or Path(gettempdir())


def _so_far(number: int, noun: str) -> str:
    return f"{count(number, noun)} so far"


CSV = "csv"
FILES = {
    CSV: "all shown      csv, for a spreadsheet",
    "csv raw": "all shown      csv, raw, for a program",
    "json": "all shown      json, all in one list",
    "jsonl": "all shown      jsonl, a record a line",
}
VCARD = {"vcf": "all shown      vCard, for an address book"}
ONE = {"one html": "this invoice   HTML page", "one txt": "this invoice   text page"}
MONTH = {"month html": "a month        HTML page", "month txt": "a month        text page"}
INVOICE, CONTACT = "invoice", "contact"


@work(group="export")
async def export_records(
    screen: BaseScreen,
    kind: str,
    sheet_id: int | None = None,
    record_id: int | None = None,
    **bounds: str | None,
) -> None:
    """Ask for the format, and save the records of a sheet.

    `bounds` are `since`, `until` and `text`. Invoices can also be saved as pages: one invoice or a month.
    """
    form = await _choose(screen, f"Export {RECORD_KINDS[kind].noun}s", _forms(kind, record_id))
    given = {name: value for name, value in bounds.items() if value}
    wanted = {"kind": kind, **({} if sheet_id is None else {"sheet_id": sheet_id}), **given}
    if form in FILES:
        await _save(screen, sheet_parts(screen.context.send, **_written_as(screen, form), **wanted))
    elif form in VCARD:
        await _save(screen, vcard_parts(screen.context.send, **wanted), CONTACT)
    elif form is not None:
        await _save_pages(screen, form, record_id)


def _written_as(screen: BaseScreen, form: str) -> dict[str, Any]:
    """The arguments of an export that say how its file is written."""
    if form != CSV:
        return {"format": form.split(maxsplit=1)[0]}
    preferences = screen.context.preferences
    return {
        "format": CSV,
        "style": "people",
        "separator": preferences.csv_separator,
        "bom": preferences.csv_byte_order_mark,
        "time_zone": screen.context.time_zone,
    }


async def _save_pages(screen: BaseScreen, chosen: str, record_id: int | None) -> None:
    send, form = screen.context.send, FORMATS[chosen.split()[1]]
    if chosen in ONE and record_id is not None:
        await _save(screen, one_invoice(send, record_id, form), INVOICE)
    elif (month := await _choose_month(screen)) is not None:
        await _save(screen, month_of_invoices(send, month, form), INVOICE)


async def _choose_month(screen: BaseScreen) -> Period | None:
    months = {f"{month:%Y-%m}": month for month in _months_until_now(screen)}
    periods = {key: read_period(key, month) for key, month in months.items()}
    chosen = await _choose(screen, "Month", {key: period.words for key, period in periods.items()})
    return periods[chosen] if chosen is not None else None


def _months_until_now(screen: BaseScreen) -> list[date]:
    """The first days of the months since the account was created, newest first."""
    today, state = local(screen.today()).date(), screen.context.state
    created = state.account.created if state else None
    first = local(created).date() if created else today
    months = range(min(_months_of(first), _months_of(today)), _months_of(today) + 1)
    return [date(month // 12, month % 12 + 1, 1) for month in reversed(months)]


async def _choose(screen: BaseScreen, title: str, choices: dict[str, str]) -> str | None:
    # A key pressed twice must open one list only.
    if screen.app.screen is not screen:
        return None
    return await screen.app.push_screen_wait(ChoiceModal(title, choices))


async def _save(screen: BaseScreen, parts: Parts, noun: str = "record") -> None:
    saved = await screen.app.push_screen_wait(ProgressModal(ExportWork(screen, parts, noun)))
    if saved is not None:
        screen.query_one(ResultLine).say(saved.words, _opening(screen, saved.path), saved.within)


def _opening(screen: BaseScreen, path: Path | None) -> FollowUp | None:
    """The follow-up that opens the file; `None` if there is no file or no program for it."""
    program = opener()
    if path is None or program is None:
        return None
    return FollowUp("opens it", partial(_open, screen, program, path))


@work
async def _open(screen: BaseScreen, program: str, path: Path) -> None:
    if not await open_file(program, path):
        screen.context.notify(f"{Path(program).name} can't be started. Open {as_known(path)} yourself.")


def _forms(kind: str, record_id: int | None) -> dict[str, str]:
    if kind != INVOICE:
        return FILES | (VCARD if kind == CONTACT else {})
    return (ONE if record_id is not None else {}) | MONTH | FILES


def _months_of(day: date) -> int:
    return day.year * 12 + day.month - 1
