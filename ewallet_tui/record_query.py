"""Which records of a sheet a list shows, in which order, and how their pages are read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any

from ewallet_core.presentation.formatting import count
from ewallet_core.presentation.movements import Record
from ewallet_core.presentation.periods import ALL_THE_TIME, Period
from ewallet_core.types import ANY_END, are_searchable_tags
from ewallet_tui.record_pages import PAGE, ListOrder, ListRow, Page, Read, RecordPages
from ewallet_tui.records import TIME, RecordKind

Ask = Callable[..., Awaitable[dict[str, Any]]]


def filters(kind: RecordKind, typed: str) -> dict[str, Any]:
    """The arguments of a search for what was typed; of time records, `#ac` is any tag that begins so.

    What can't be a tag is searched for as a text.
    """
    if kind is not TIME or "#" not in typed:
        return {"text": typed} if typed else {}
    texts, tags = list[str](), list[str]()
    for word in typed.replace(",#", ", #").split():
        tag = word.strip("#,")
        searched = tag if word.endswith(",") else f"{tag}{ANY_END}"
        if not word.startswith("#"):
            texts.append(word)
        elif searched and are_searchable_tags([*tags, searched]):
            tags.append(searched)
        elif tag:
            texts.append(word)
    return {name: sent for name, sent in (("text", " ".join(texts)), ("tag", tags)) if sent}


class RecordQuery:
    """The records of a sheet, those that a text and a period find, or those that were removed from it."""

    def __init__(
        self,
        kind: RecordKind,
        ask: Ask,
        sheet_id: Callable[[], int | None],
        today: Callable[[], datetime],
    ) -> None:
        self.kind = kind
        self.text = ""
        self.shows_removed = False
        self.order = ListOrder()
        self._period: Period | None = None
        self._ask = ask
        self._sheet_id = sheet_id
        self._today = today

    @property
    def period(self) -> Period | None:
        return self._period

    @property
    def is_filtered(self) -> bool:
        return bool(self.text or self._period)

    @property
    def shows_all(self) -> bool:
        """Whether the sheet is shown whole."""
        return not (self.is_filtered or self.shows_removed)

    @property
    def sort(self) -> str:
        return self.order.sort(self.kind.usual_order)

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of a search or an export of the records shown."""
        period = self._period.arguments() if self._period else {}
        return {
            "kind": self.kind.name,
            "sheet_id": self._sheet_id(),
            **filters(self.kind, self.text),
            **period,
        }

    def show_all(self, *, removed: bool = False) -> None:
        """Show the whole sheet without a filter, or all that was removed from it."""
        self.text, self._period, self.shows_removed = "", None, removed

    def find(self, text: str) -> None:
        self.text, self.shows_removed = text, False

    def limit_to(self, period: Period) -> None:
        self._period, self.shows_removed = None if period == ALL_THE_TIME else period, False

    def pages(self) -> RecordPages:
        if self.is_filtered:
            search = {"action": "search", "search": "records", **self.arguments}
            return RecordPages(self._by_cursor(search), in_order=True)
        view = self.kind.kind_of_item.instruction("view", self._sheet_id())
        if self.shows_removed:
            return RecordPages(self._by_cursor({**view, "removed": True}), in_order=True)
        return RecordPages(self._by_position(view))

    def how_many(self, pages: RecordPages) -> str:
        """How many records there are, as far as is known: `12 transfers found, November`."""
        if self.shows_all:
            return count(pages.count, self.kind.noun)
        totals = self.order.totals
        known = totals["count"] if totals else len(pages.rows())
        more = "more than " if pages.count > known else ""
        period = f", {self._period.words}" if self._period else ""
        what = "removed" if self.shows_removed else "found"
        return f"{more}{count(known, self.kind.noun)} {what}{period}"

    def _by_position(self, view: dict[str, Any]) -> Read:
        """Reads any page of the whole sheet."""
        kind = self.kind

        async def read(start: int, _: Any) -> Page | None:
            skip = {"skip": start} if start else {}
            data = await self._page(kind, view, skip, is_first=not start)
            if data is None:
                return None
            self.order.keep_count(data["id"], data["record_count"])
            return Page(self._rows(kind, data["rows"]), data["next"], data["record_count"])

        return read

    def _by_cursor(self, instruction: dict[str, Any]) -> Read:
        """Reads one page after another."""
        kind = self.kind

        async def read(_: int, cursor: Any) -> Page | None:
            further = {} if cursor is None else {"before": cursor}
            data = await self._page(kind, instruction, further, is_first=cursor is None)
            if data is None:
                return None
            # A search answers each record with its kind.
            records = [row.get("record_data", row) for row in data["rows"]]
            return Page(self._rows(kind, records), data["next"])

        return read

    async def _page(
        self, kind: RecordKind, instruction: dict[str, Any], place: dict[str, Any], *, is_first: bool
    ) -> dict[str, Any] | None:
        order = self.order.asked(kind.usual_order, self._sheet_id(), is_first=is_first)
        answer = await self._ask(**instruction, limit=PAGE, **order, **place)
        if answer["failed"]:
            return None
        data: dict[str, Any] = answer.get(kind.data_key, answer)
        self.order.keep(data["totals"], is_first=is_first)
        return data

    def _rows(self, kind: RecordKind, records: Iterable[Record]) -> list[ListRow]:
        now = self._today()
        return [kind.row(record, now) for record in records]
