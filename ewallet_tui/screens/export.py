"""Saving what a screen shows: choosing the form, and waiting until it is saved."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Label

from ewallet_core.presentation.formatting import count
from ewallet_core.presentation.periods import Period, read_period
from ewallet_tui.export import (
    FORMS,
    Download,
    FileSink,
    NewFile,
    NothingToSaveError,
    Parts,
    export_folder,
    month_of_invoices,
    one_invoice,
    save,
    sheet_parts,
    why_not_written,
)
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import ChoiceModal, Modal, titled
from ewallet_tui.widgets.result_line import ResultLine

if TYPE_CHECKING:
    from ewallet_tui.context import AppContext


SHOWN_AFTER = 0.3
"""In seconds; what is done before that needs no sheet that flashes by."""
LEFT = "You left before it was done. Nothing was saved."
NOT_SAVED = "Not saved."


class ExportWait(Modal[str | None]):
    """Its result is the line that says what was saved, or `None` where nothing was, which is said already."""

    DEFAULT_CSS = """
    ExportWait {
        background: transparent;
        .sheet { display: none; }
        Horizontal { height: 1; margin-top: 1; align-horizontal: right; }
        Label { width: 1fr; }
        &.-long { background: $background 60%; }
        &.-long .sheet { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Stop", id="stop_export")]

    def __init__(self, context: AppContext, parts: Parts, noun: str) -> None:
        super().__init__()
        self.context = context
        self._parts = parts
        self._noun = noun

    def compose(self) -> ComposeResult:
        """The count, and the way out."""
        with Vertical() as sheet:
            titled(sheet, "Export")
            yield Label(f"{count(0, self._noun)} so far", markup=False)
            with Horizontal():
                yield Button("esc Stop", id="stop")

    def on_mount(self) -> None:
        """Begin."""
        self.set_timer(SHOWN_AFTER, lambda: self.add_class("-long"))
        self._saving = self._save()

    def action_leave(self) -> None:
        """Stop; nothing of it stays."""
        if not self._saving.is_finished:
            self._saving.cancel()
            self.context.notify(LEFT)
            self.dismiss(None)

    def on_button_pressed(self) -> None:
        """Do as Escape does."""
        self.action_leave()

    @work
    async def _save(self) -> None:
        folder = export_folder(self._otherwise)
        sink: FileSink = Download(self.app) if self.app.is_web else NewFile(folder)
        try:
            self.dismiss(await save(self._parts, sink, self._tell, self._noun))
        except NothingToSaveError as reason:
            self._give_up(str(reason))
        except OSError as problem:
            self._give_up(why_not_written(problem, folder))

    def _give_up(self, reason: str) -> None:
        self.context.notify(reason, title=NOT_SAVED, severity="error")
        self.dismiss(None)

    def _tell(self, so_far: int) -> None:
        self.query_one(Label).update(f"{count(so_far, self._noun)} so far")

    @property
    def _otherwise(self) -> Path:
        """Beside the person's settings, where there are no downloads."""
        file = self.context.preferences.file
        return file.parent if file else Path.home()


FILES = {
    "csv": "all shown      csv, for a spreadsheet",
    "json": "all shown      json, all in one list",
    "jsonl": "all shown      jsonl, a record a line",
}
ONE = {"one html": "this invoice   HTML page", "one txt": "this invoice   text page"}
MONTH = {"month html": "a month        HTML page", "month txt": "a month        text page"}
INVOICE = "invoice"


class ExportingScreen(BaseScreen):
    """A screen whose records can be taken along."""

    @work(group="export")
    async def export(
        self,
        kind: str,
        sheet_id: int | None = None,
        since: str | None = None,
        until: str | None = None,
        text: str = "",
        record_id: int | None = None,
    ) -> None:
        """Ask for the form, and save the records of a sheet: those of a time, or those that hold a text.

        Of invoices there are pages too: of that record, and of a month that is asked for.
        """
        form = await self._choose(f"Export {kind}s", _forms(kind, record_id))
        if form in FILES:
            bounds = {"since": since, "until": until, "text": text}
            given = {name: value for name, value in bounds.items() if value}
            wanted = {"kind": kind, "format": form, **({} if sheet_id is None else {"sheet_id": sheet_id})}
            await self._save(sheet_parts(self.context.send, **wanted, **given))
        elif form is not None:
            await self._save_pages(form, record_id)

    async def _save_pages(self, chosen: str, record_id: int | None) -> None:
        ask, form = self.context.send, FORMS[chosen.split()[1]]
        if chosen in ONE and record_id is not None:
            await self._save(one_invoice(ask, record_id, form), INVOICE)
        elif (month := await self._choose_month()) is not None:
            await self._save(month_of_invoices(ask, month, form), INVOICE)

    async def _choose_month(self) -> Period | None:
        months = {f"{month:%Y-%m}": month for month in self._months()}
        periods = {key: read_period(key, month) for key, month in months.items()}
        chosen = await self._choose("Month", {key: period.words for key, period in periods.items()})
        return periods[chosen] if chosen is not None else None

    def _months(self) -> list[date]:
        """The first days of the months from when the account was made until now, the newest first."""
        today, state = self.today().astimezone().date(), self.context.state
        created = state.account.created if state else None
        first = created.astimezone().date() if created else today
        months = range(min(_months_of(first), _months_of(today)), _months_of(today) + 1)
        return [date(month // 12, month % 12 + 1, 1) for month in reversed(months)]

    async def _choose(self, title: str, choices: dict[str, str]) -> str | None:
        # A key pressed twice opens one list: the second is pressed on a screen that is not in front any more.
        if self.app.screen is not self:
            return None
        return await self.app.push_screen_wait(ChoiceModal(title, choices))

    async def _save(self, parts: Parts, noun: str = "record") -> None:
        saved = await self.app.push_screen_wait(ExportWait(self.context, parts, noun))
        if saved is not None:
            self.query_one(ResultLine).say(saved)


def _forms(kind: str, record_id: int | None) -> dict[str, str]:
    if kind != INVOICE:
        return FILES
    return (ONE if record_id is not None else {}) | MONTH | FILES


def _months_of(day: date) -> int:
    return day.year * 12 + day.month - 1
