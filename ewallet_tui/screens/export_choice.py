"""Taking along what a screen shows: in what form is chosen from a list, and the rest is waited for."""

from __future__ import annotations

from datetime import date

from textual import work

from ewallet_tui.exporting import Parts, sheet_parts
from ewallet_tui.periods import Period, read_period
from ewallet_tui.screens.chooser import Chooser
from ewallet_tui.screens.export_wait import ExportWait
from ewallet_tui.screens.framed import FramedScreen
from ewallet_tui.widgets.receipt import Receipt

FILES = {
    "csv": "all shown      csv, for a spreadsheet",
    "json": "all shown      json, all in one list",
    "jsonl": "all shown      jsonl, a record a line",
}
ONE = {"one html": "this invoice   HTML page", "one txt": "this invoice   text page"}
MONTH = {"month html": "a month        HTML page", "month txt": "a month        text page"}
INVOICE = "invoice"


class ExportingScreen(FramedScreen):
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
            await self._save(sheet_parts(self.wallet_app.ask, **wanted, **given))
        elif form is not None:
            await self._save_pages(form, record_id)

    async def _save_pages(self, chosen: str, record_id: int | None) -> None:
        from ewallet_tui.invoices import gathering  # noqa: PLC0415 - few take one along

        ask, form = self.wallet_app.ask, gathering.FORMS[chosen.split()[1]]
        if chosen in ONE and record_id is not None:
            await self._save(gathering.one_invoice(ask, record_id, form), INVOICE)
        elif (month := await self._choose_month()) is not None:
            await self._save(gathering.month_of_invoices(ask, month, form), INVOICE)

    async def _choose_month(self) -> Period | None:
        months = {f"{month:%Y-%m}": month for month in self._months()}
        periods = {key: read_period(key, month) for key, month in months.items()}
        chosen = await self._choose("Month", {key: period.words for key, period in periods.items()})
        return periods[chosen] if chosen is not None else None

    def _months(self) -> list[date]:
        """The first days of the months from when the account was made until now, the newest first."""
        today, picture = self.today().astimezone().date(), self.wallet_app.picture
        created = picture.account.created if picture else None
        first = created.astimezone().date() if created else today
        months = range(min(_months_of(first), _months_of(today)), _months_of(today) + 1)
        return [date(month // 12, month % 12 + 1, 1) for month in reversed(months)]

    async def _choose(self, title: str, choices: dict[str, str]) -> str | None:
        # A key pressed twice opens one list: the second is pressed on a screen that is not in front any more.
        if self.app.screen is not self:
            return None
        return await self.app.push_screen_wait(Chooser(title, choices))

    async def _save(self, parts: Parts, noun: str = "record") -> None:
        saved = await self.app.push_screen_wait(ExportWait(parts, noun))
        if saved is not None:
            self.query_one(Receipt).say(saved)


def _forms(kind: str, record_id: int | None) -> dict[str, str]:
    if kind != INVOICE:
        return FILES
    return (ONE if record_id is not None else {}) | MONTH | FILES


def _months_of(day: date) -> int:
    return day.year * 12 + day.month - 1
