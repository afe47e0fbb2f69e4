"""The records of a sheet or list: newest first, in pages, filtered as the user types."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Label

from ewallet_core.presentation.formatting import count, one_line
from ewallet_core.presentation.periods import ALL_THE_TIME, Period
from ewallet_tui import actions
from ewallet_tui.actions import Action
from ewallet_tui.availability import NOTHING_LISTED, REMOVED, Possible
from ewallet_tui.record_pages import (
    PAGE,
    ListOrder,
    ListRow,
    Page,
    Read,
    RecordPages,
    next_order,
    totals_in_words,
    turned_round,
)
from ewallet_tui.records import TIME, TRANSFER, Record, RecordKind, as_text
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.export import export_records
from ewallet_tui.screens.owned_items import OwnedItemPicker
from ewallet_tui.screens.record import RecordDetail, choose_value, copy
from ewallet_tui.screens.run_forms import note_form
from ewallet_tui.widgets.footer import FollowUp, ResultLine
from ewallet_tui.widgets.inputs import FilterBox
from ewallet_tui.widgets.record_list import RecordList

TYPING_SECONDS = 0.15
"""The pause in typing after which the search begins."""
NOTHING_FOUND = "Nothing found. Escape shows everything again."
NOTHING_REMOVED = "Nothing was removed here. Escape shows the records again."


class RecordsPanel(Vertical):
    """The chosen sheet, its records, and details of the record under the cursor."""

    # The style depends on classes of the screen.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    RecordsPanel {
        height: 1fr;
        #which { height: 1; margin-bottom: 1; }
        #which OwnedItemLine { width: 1fr; }
        #how-many { width: auto; color: $text-muted; }
        FilterBox { margin-bottom: 1; }
        #records { height: 1fr; }
        #totals { display: none; height: 1; width: 1fr; color: $text-muted; text-wrap: nowrap; }
        #totals.-there { display: block; }
        #list { width: 5fr; }
        #aside { display: none; width: 2fr; min-width: 32; max-width: 44; margin-left: 3; height: 1fr; }
    }
    .-wide RecordsPanel #aside { display: block; }
    .-low RecordsPanel {
        #which { margin-bottom: 0; }
        FilterBox { margin-bottom: 0; }
    }
    """

    def __init__(self, owner: BaseScreen, kind: RecordKind, *, makes_active: bool = False) -> None:
        super().__init__()
        self.owner = owner
        self.kind = kind
        """The kind of the records that are shown now."""
        self.picker = OwnedItemPicker(
            owner, lambda: self.kind.kind_of_item, look=self.look, empty=self.empty, makes_active=makes_active
        )
        self.listed = RecordList(kind.columns, id="list")
        self._text = ""
        self._period: Period | None = None
        self.shows_removed = False
        self.order = ListOrder()

    def compose(self) -> ComposeResult:
        with Horizontal(id="which"):
            yield self.picker
            yield Label("", id="how-many", markup=False)
        yield FilterBox(self.kind.finds, "#list")
        with Horizontal(id="records"):
            yield self.listed
            with Vertical(id="aside"):
                yield from self.compose_aside()
        yield Label("", id="totals", markup=False)

    def compose_aside(self) -> ComposeResult:
        yield RecordDetail()

    @property
    def row(self) -> ListRow | None:
        return self.listed.row

    @property
    def is_filtered(self) -> bool:
        return bool(self._text or self._period)

    @property
    def shown(self) -> dict[str, Any]:
        """The arguments of a search or an export of the records shown."""
        period = self._period.arguments() if self._period else {}
        return {
            "kind": self.kind.name,
            "sheet_id": self.picker.chosen,
            **self.kind.filters(self._text),
            **period,
        }

    @property
    def sort(self) -> str:
        return self.order.sort(self.kind.usual_order)

    def sort_by_next(self) -> None:
        self._sort(next_order(self.kind.columns, self.sort, self.kind.usual_order))

    def turn_order(self) -> None:
        self._sort(turned_round(self.sort))

    @on(RecordList.HeadingClicked, "#list")
    def _handle_heading(self, event: RecordList.HeadingClicked) -> None:
        self.order.click(event.column, self.kind.usual_order)
        self._sort(self.sort)

    def _sort(self, sort: str) -> None:
        self.order.choose(sort)
        self.listed.cursor = 0
        self.look()

    def _asked(self, *, is_first: bool) -> dict[str, Any]:
        return self.order.asked(self.kind.usual_order, self.picker.chosen, is_first=is_first)

    def can(self, action: Action) -> Possible:
        if action is actions.RESTORE_RECORD and not self.shows_removed:
            return False
        if action in _NOTES and _NOTES[action] is not self.kind:
            return False
        if action in (*_OF_A_ROW, actions.RESTORE_RECORD) and self.row is None:
            return NOTHING_LISTED
        if action in _NOT_OF_REMOVED and self.shows_removed:
            return _NOT_OF_REMOVED[action]
        return (self.is_filtered or self.shows_removed or None) if action is actions.SHOW_ALL else True

    def show_kind(self, kind: RecordKind) -> None:
        self.kind = kind
        self.order.choose()
        self.listed.show_order(self.sort, kind.usual_order)
        self.query_one(FilterBox).placeholder = kind.finds
        self.listed.show_columns(kind.columns)
        self.picker.show_line()
        self.show_all()

    def look(self) -> None:
        self._show_records()

    def empty(self) -> None:
        self.workers.cancel_group(self, "records")
        self.listed.clear()
        self.query_one("#how-many", Label).update("")

    def filter(self) -> None:
        self.query_one(FilterBox).open()

    def show_all(self) -> None:
        self._text, self._period, self.shows_removed = "", None, False
        self.query_one(FilterBox).action_give_up()
        self.look()

    def choose_period(self) -> None:
        def show(period: Period) -> None:
            self._period = None if period == ALL_THE_TIME else period
            self.shows_removed = False
            self.look()

        self.owner.ask_period(self._period, show)

    def show_removed(self) -> None:
        """Show the records that were removed from the sheet, without any filter."""
        is_shown = not self.shows_removed
        self.show_all()
        self.shows_removed = is_shown

    @work
    async def unlink(self) -> None:
        if (row := self.row) is None:
            return
        kind, record_id = self.kind, row.record["id"]
        words = self.removal_words(row.record)
        if await self.owner.confirm(f"Remove {kind.noun}", words, "Remove"):
            answer = await self.owner.context.act(**kind.instruction("unlink", record_id))
            if not answer["failed"]:
                place = kind.kind_of_item.noun.rpartition(" ")[2]
                undo = FollowUp("undoes it", partial(self.restore, kind, row.record))
                self.owner.query_one(ResultLine).say(f"Removed from this {place}.", undo)

    def restore_row(self) -> None:
        if (row := self.row) is not None:
            self.restore(self.kind, row.record)

    @work
    async def restore(self, kind: RecordKind, record: Record) -> None:
        answer = await self.owner.context.act(**kind.instruction("recover", record["id"]))
        if not answer["failed"]:
            shows = self.owner.showing(kind.name, record["id"])
            name = one_line(record.get("name") or record["reference"])
            self.owner.query_one(ResultLine).say(f"{name} is back where it was.", shows)

    def removal_words(self, record: Record) -> str:
        facts = ", ".join(
            _shown(cell) for cell in self.kind.row(record, self.owner.today()).cells[:4] if cell
        )
        return (
            f"{record['reference']} ({facts}) is removed from this sheet. No balance changes, and the journal"
            " and the other side's record stay. You can restore it."
        )

    def edit_note(self) -> None:
        """Let the user write on the record what it was for, or a private note."""
        if (row := self.row) is not None:
            self.owner.fill_in(
                note_form(self.kind, row.record),
                lambda _: "Saved.",
                only_changed=True,
                **self.kind.instruction("edit", row.record["id"]),
            )

    def copy_row(self) -> None:
        if (row := self.row) is not None:
            copy(self.owner.context, as_text(row), "the row")

    def copy_value(self) -> None:
        if (row := self.row) is not None:
            choose_value(self.app, self.owner.context, row.record)

    def export(self) -> None:
        export_records(self.owner, **self.shown, record_id=self.row.record["id"] if self.row else None)

    async def read_pages(self) -> RecordPages:
        if self.shows_removed:
            return RecordPages(self.read_removed(), in_order=True)
        return (
            RecordPages(self.read_found(), in_order=True)
            if self.is_filtered
            else RecordPages(self.read_sheet())
        )

    def read_sheet(self) -> Read:
        """A function that reads pages of the currently chosen sheet."""
        kind, sheet = self.kind, self.kind.kind_of_item.instruction("view", self.picker.chosen)

        async def read(start: int, _: Any) -> Page | None:
            skip = {"skip": start} if start else {}
            asked = self._asked(is_first=not start)
            answer = await self.owner.context.act(**sheet, limit=PAGE, **asked, **skip)
            if answer["failed"]:
                return None
            data = answer[kind.data_key]
            self.order.keep_count(data["id"], data["record_count"])
            self.order.keep(data["totals"], is_first=not start)
            return Page(self._rows(kind, data["rows"]), data["next"], data["record_count"])

        return read

    def read_removed(self) -> Read:
        """A function that reads pages of the records that were removed from the chosen sheet."""
        kind, sheet = self.kind, self.kind.kind_of_item.instruction("view", self.picker.chosen)

        async def read(_: int, cursor: Any) -> Page | None:
            further = {} if cursor is None else {"before": cursor}
            asked = self._asked(is_first=cursor is None)
            answer = await self.owner.context.act(**sheet, removed=True, limit=PAGE, **asked, **further)
            if answer["failed"]:
                return None
            data = answer[kind.data_key]
            self.order.keep(data["totals"], is_first=cursor is None)
            return Page(self._rows(kind, data["rows"]), data["next"])

        return read

    def read_found(self) -> Read:
        """A function that reads pages of the records that match the current filter."""
        kind, found = self.kind, {"action": "search", "search": "records", **self.shown}

        async def read(_: int, cursor: Any) -> Page | None:
            further = {} if cursor is None else {"before": cursor}
            asked = self._asked(is_first=cursor is None)
            answer = await self.owner.context.act(**found, limit=PAGE, **asked, **further)
            if answer["failed"]:
                return None
            self.order.keep(answer["totals"], is_first=cursor is None)
            return Page(self._rows(kind, [row["record_data"] for row in answer["rows"]]), answer["next"])

        return read

    @work(group="detail", exclusive=True)
    async def show_aside(self, row: ListRow | None) -> None:
        detail, kind = self.query_one(RecordDetail), self.kind
        if row is None:
            detail.clear()
            return
        answer = await self.owner.context.send(**kind.view(row.record["id"], or_removed=self.shows_removed))
        if not answer["failed"]:
            detail.show(kind, answer, self.owner.today())

    @work(group="records", exclusive=True)
    async def _show_records(self, after: float = 0) -> None:
        # Another key restarts this worker.
        await asyncio.sleep(after)
        listed, how_many = self.listed, self.query_one("#how-many", Label)
        pages = await self.read_pages()
        listed.show_order(self.sort, self.kind.usual_order)
        await listed.show_pages(pages)
        self._show_totals(pages)
        without_filter = NOTHING_REMOVED if self.shows_removed else self.kind.empty
        listed.empty = NOTHING_FOUND if self.is_filtered else without_filter
        how_many.update(self._how_many(pages))

    @on(FilterBox.Narrowed)
    def _handle_filter(self, event: FilterBox.Narrowed) -> None:
        if event.text != self._text:
            self._text, self.shows_removed = event.text, False
            self._show_records(after=TYPING_SECONDS)

    @on(RecordList.RowOpened, "#list")
    def _handle_opened(self, event: RecordList.RowOpened) -> None:
        self.owner.open_record(self.kind.name, event.row.record["id"], or_removed=self.shows_removed)

    @on(RecordList.CursorMoved, "#list")
    def _handle_moved(self, event: RecordList.CursorMoved) -> None:
        self.owner.refresh_bindings()
        if self.owner.has_class("-wide"):
            self.show_aside(event.row)

    def _rows(self, kind: RecordKind, records: Iterable[Record]) -> list[ListRow]:
        now = self.owner.today()
        return [kind.row(record, now) for record in records]

    def _show_totals(self, pages: RecordPages) -> None:
        totals, label = self.order.totals, self.query_one("#totals", Label)
        words = totals_in_words(totals) if totals and pages.count > 1 else ""
        label.update(words)
        label.set_class(bool(words), "-there")

    def _how_many(self, pages: RecordPages) -> str:
        if not (self.is_filtered or self.shows_removed):
            return count(pages.count, self.kind.noun)
        totals = self.order.totals
        known = totals["count"] if totals else len(pages.rows())
        more = "more than " if pages.count > known else ""
        period = f", {self._period.words}" if self._period else ""
        what = "removed" if self.shows_removed else "found"
        return f"{more}{count(known, self.kind.noun)} {what}{period}"


_NOTES = {actions.EDIT_TIME: TIME, actions.PRIVATE_NOTE: TRANSFER}
_OF_A_ROW = frozenset({actions.UNLINK_RECORD, actions.COPY_ROW, actions.COPY_VALUE, *_NOTES})
_NOT_OF_REMOVED = {
    **dict.fromkeys((actions.UNLINK_RECORD, *_NOTES), REMOVED),
    actions.EXPORT: "Removed records can't be exported.",
}


def _shown(cell: object) -> str:
    return one_line(cell.plain if isinstance(cell, Content) else cell)


def panel_of(screen: BaseScreen) -> RecordsPanel:
    return screen.query_one(RecordsPanel)


RECORD_ACTIONS: Mapping[Action, Callable[[BaseScreen], object]] = {
    actions.FILTER: lambda screen: panel_of(screen).filter(),
    actions.CHOOSE_PERIOD: lambda screen: panel_of(screen).choose_period(),
    actions.EXPORT: lambda screen: panel_of(screen).export(),
    actions.UNLINK_RECORD: lambda screen: panel_of(screen).unlink(),
    actions.RESTORE_RECORD: lambda screen: panel_of(screen).restore_row(),
    actions.SHOW_REMOVED: lambda screen: panel_of(screen).show_removed(),
    actions.SORT: lambda screen: panel_of(screen).sort_by_next(),
    actions.TURN_ORDER: lambda screen: panel_of(screen).turn_order(),
    actions.COPY_ROW: lambda screen: panel_of(screen).copy_row(),
    actions.COPY_VALUE: lambda screen: panel_of(screen).copy_value(),
    actions.SHOW_ALL: lambda screen: panel_of(screen).show_all(),
}
