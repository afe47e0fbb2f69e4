"""The invoices that a file is made of, from what the engine answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ewallet_tui.exporting import Ask, NothingToSave, Part, Parts, ask_well
from ewallet_tui.invoices import text_pages, web_pages
from ewallet_tui.invoices.invoice import Invoice, Month, Owner, Record
from ewallet_tui.periods import Period
from ewallet_tui.text import one_line


@dataclass(frozen=True)
class Form:
    """What kind of file it is, and how its pages are written."""

    ending: str
    one: Callable[[Invoice], str]
    month: Callable[[Month], Iterator[str]]


FORMS = {
    form.ending: form
    for form in (
        Form("html", web_pages.one, web_pages.month),
        Form("txt", text_pages.one, text_pages.month),
    )
}
"""What there is, by the ending of a file's name."""


async def one_invoice(ask: Ask, record_id: int, form: Form) -> Parts:
    """The file of one invoice."""
    owner = await _owner(ask)
    record = await _record(ask, "invoice", record_id)
    transfer = record["transfer_record"]
    linked = None if transfer is None else await _record(ask, "transfer", transfer)
    invoice = Invoice.read(record, linked, owner)
    name = one_line(invoice.reference).casefold().replace(" ", "-")
    yield Part(f"{name}.{form.ending}", form.one(invoice), 1)


async def month_of_invoices(ask: Ask, period: Period, form: Form) -> Parts:
    """The file of all of an account's invoices in a month; raises `NothingToSave` where there are none."""
    owner = await _owner(ask)
    month = Month(period.words, owner, await _invoices(ask, period, owner))
    if not month.invoices:
        raise NothingToSave(f"There are no invoices in {period.words}. Choose another month.")
    name = f"invoices-{period.since:%Y-%m}.{form.ending}"
    pages = form.month(month)
    yield Part(name, next(pages), len(month.invoices))
    for page in pages:
        yield Part(name, page, 0)


async def _owner(ask: Ask) -> Owner:
    return Owner.read((await ask_well(ask, action="view", view="account"))["account_data"])


async def _invoices(ask: Ask, period: Period, owner: Owner) -> list[Invoice]:
    transfers = {record["id"]: record async for record in _records(ask, "transfer", period)}
    found = [
        Invoice.read(record, transfers.get(record["transfer_record"]), owner)
        async for record in _records(ask, "invoice", period)
    ]
    return found[::-1]


async def _record(ask: Ask, kind: str, record_id: int) -> Record:
    answer = await ask_well(ask, action="view", view=kind, **{kind: "record"}, record_id=record_id)
    record: Record = answer["record_data"]
    return record


async def _records(ask: Ask, kind: str, period: Period) -> AsyncIterator[Record]:
    """All records of a kind in that time, the newest first, whatever sheet they are on."""
    cursor: dict[str, Any] = {}
    while True:
        answer = await ask_well(
            ask, action="search", search="records", kind=kind, **period.arguments(), **cursor
        )
        for found in answer["rows"]:
            yield found["record_data"]
        if answer["next"] is None:
            return
        cursor = {"before": answer["next"]}
