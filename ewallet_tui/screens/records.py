"""The records of a sheet or list: newest first, in pages, filtered as the user types."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Label

from ewallet_core.presentation.formatting import one_line
from ewallet_core.presentation.movements import Record
from ewallet_core.presentation.periods import Period
from ewallet_tui import actions
from ewallet_tui.actions import Action
from ewallet_tui.availability import NOTHING_LISTED, REMOVED, Possible
from ewallet_tui.record_pages import (
    ListRow,
    RecordPages,
    next_order,
    totals_in_words,
    turned_round,
)
from ewallet_tui.record_query import RecordQuery
from ewallet_tui.records import TIME, TRANSFER, RecordKind, as_text
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.export import export_records
from ewallet_tui.screens.modal import confirm
from ewallet_tui.screens.owned_items import OwnedItemPicker
from ewallet_tui.screens.record import RecordDetail, choose_value
from ewallet_tui.screens.run_forms import note_form
from ewallet_tui.widgets.footer import FollowUp, ResultLine
from ewallet_tui.widgets.inputs import FilterBox
from ewallet_tui.widgets.record_list import RecordList

TYPING_SECONDS = 0.15
"""The pause in typing after which the search begins."""
NOTHING_FOUND = "Nothing found. Escape shows everything again."
MOST_FACTS, LONGEST_FACT = 4, 80
"""How many facts the question before a removal names, each with at most so many characters."""
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
        self.picker = OwnedItemPicker(
            owner, lambda: self.kind.kind_of_item, look=self.look, empty=self.empty, makes_active=makes_active
        )
        self.listed = RecordList(kind.columns, id="list")
        self.shown = RecordQuery(kind, owner.context.act, lambda: self.picker.chosen, owner.today)
        """Which records are shown now."""
        # A worker may still write to these while the panel is being removed.
        self._how_many = Label("", id="how-many", markup=False)
        self._totals = Label("", id="totals", markup=False)

    def compose(self) -> ComposeResult:
        with Horizontal(id="which"):
            yield self.picker
            yield self._how_many
        yield FilterBox(self.kind.finds, "#list")
        with Horizontal(id="records"):
            yield self.listed
            with Vertical(id="aside"):
                yield from self.compose_aside()
        yield self._totals

    def compose_aside(self) -> ComposeResult:
        yield RecordDetail()

    @property
    def kind(self) -> RecordKind:
        return self.shown.kind

    @property
    def row(self) -> ListRow | None:
        return self.listed.row

    def sort_by_next(self) -> None:
        self._sort(next_order(self.kind.columns, self.shown.sort, self.kind.usual_order))

    def turn_order(self) -> None:
        self._sort(turned_round(self.shown.sort))

    @on(RecordList.HeadingClicked, "#list")
    def _handle_heading(self, event: RecordList.HeadingClicked) -> None:
        self.shown.order.click(event.column, self.kind.usual_order)
        self._sort(self.shown.sort)

    def _sort(self, sort: str) -> None:
        self.shown.order.choose(sort)
        self.listed.cursor = 0
        self.look()

    def can(self, action: Action) -> Possible:
        if action is actions.RESTORE_RECORD and not self.shown.shows_removed:
            return False
        if action in _NOTES and _NOTES[action] is not self.kind:
            return False
        if action in (*_OF_A_ROW, actions.RESTORE_RECORD) and self.row is None:
            return NOTHING_LISTED
        if action in _NOT_OF_REMOVED and self.shown.shows_removed:
            return _NOT_OF_REMOVED[action]
        return (not self.shown.shows_all or None) if action is actions.SHOW_ALL else True

    def show_kind(self, kind: RecordKind) -> None:
        self.shown.kind = kind
        self.shown.order.choose()
        self.listed.show_order(self.shown.sort, kind.usual_order)
        self.query_one(FilterBox).placeholder = kind.finds
        self.listed.show_columns(kind.columns)
        self.picker.show_line()
        self.show_all()

    def look(self) -> None:
        self._show_records()

    def empty(self) -> None:
        self.workers.cancel_group(self, "records")
        self.listed.clear()
        self._how_many.update("")

    def filter(self) -> None:
        self.query_one(FilterBox).open()

    def show_all(self) -> None:
        self._show_all()

    def _show_all(self, *, removed: bool = False) -> None:
        self.shown.show_all(removed=removed)
        self.query_one(FilterBox).action_give_up()
        self.look()

    def choose_period(self) -> None:
        def show(period: Period) -> None:
            self.shown.limit_to(period)
            self.look()

        self.owner.ask_period(self.shown.period, show)

    def show_removed(self) -> None:
        """Show the records that were removed from the sheet, without any filter."""
        self._show_all(removed=not self.shown.shows_removed)

    @work
    async def unlink(self) -> None:
        if (row := self.row) is None:
            return
        kind, record_id = self.kind, row.record["id"]
        if await confirm(self.owner, f"Remove {kind.noun}", self._removal_words(row), "Remove"):
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

    def _removal_words(self, row: ListRow) -> str:
        """The first columns of the record, and what becomes of what it says."""
        pairs = zip(self.kind.columns, row.cells, strict=True)
        facts = [(column.heading, _shown(cell)) for column, cell in pairs if _shown(cell)][:MOST_FACTS]
        width = max(len(label) for label, _ in facts) + 2
        lines = "\n".join(f"{label:<{width}}{value}" for label, value in facts)
        return f"{lines}\n\n{self.kind.when_removed} You can restore it."

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
            self.owner.context.copy(as_text(row), "the row")

    def copy_value(self) -> None:
        if (row := self.row) is not None:
            choose_value(self.app, self.owner.context, row.record)

    def export(self) -> None:
        export_records(
            self.owner, **self.shown.arguments, record_id=self.row.record["id"] if self.row else None
        )

    @work(group="detail", exclusive=True)
    async def show_aside(self, row: ListRow | None) -> None:
        detail, kind = self.query_one(RecordDetail), self.kind
        if row is None:
            detail.clear()
            return
        answer = await self.owner.context.send(
            **kind.view(row.record["id"], or_removed=self.shown.shows_removed)
        )
        if not answer["failed"]:
            detail.show(kind, answer, self.owner.today())

    @work(group="records", exclusive=True)
    async def _show_records(self, after: float = 0) -> None:
        # Another key restarts this worker.
        await asyncio.sleep(after)
        listed, pages = self.listed, self.shown.pages()
        listed.show_order(self.shown.sort, self.kind.usual_order)
        await listed.show_pages(pages)
        self._show_totals(pages)
        without_filter = NOTHING_REMOVED if self.shown.shows_removed else self.kind.empty
        listed.empty = NOTHING_FOUND if self.shown.is_filtered else without_filter
        self._how_many.update(self.shown.how_many(pages))

    @on(FilterBox.Narrowed)
    def _handle_filter(self, event: FilterBox.Narrowed) -> None:
        if event.text != self.shown.text:
            self.shown.find(event.text)
            self._show_records(after=TYPING_SECONDS)

    @on(RecordList.RowOpened, "#list")
    def _handle_opened(self, event: RecordList.RowOpened) -> None:
        self.owner.open_record(self.kind.name, event.row.record["id"], or_removed=self.shown.shows_removed)

    @on(RecordList.CursorMoved, "#list")
    def _handle_moved(self, event: RecordList.CursorMoved) -> None:
        self.owner.refresh_bindings()
        if self.owner.has_class("-wide"):
            self.show_aside(event.row)

    def _show_totals(self, pages: RecordPages) -> None:
        totals, label = self.shown.order.totals, self._totals
        words = totals_in_words(totals) if totals and pages.count > 1 else ""
        label.update(words)
        label.set_class(bool(words), "-there")


_NOTES = {actions.EDIT_TIME: TIME, actions.PRIVATE_NOTE: TRANSFER}
_OF_A_ROW = frozenset({actions.UNLINK_RECORD, actions.COPY_ROW, actions.COPY_VALUE, *_NOTES})
_NOT_OF_REMOVED = {
    **dict.fromkeys((actions.UNLINK_RECORD, *_NOTES), REMOVED),
    actions.EXPORT: "Removed records can't be exported.",
}


def _shown(cell: object) -> str:
    words = one_line(cell.plain if isinstance(cell, Content) else cell)
    return words if len(words) <= LONGEST_FACT else f"{words[: LONGEST_FACT - 1]}…"


def panel_of(screen: BaseScreen) -> RecordsPanel:
    return screen.query_one(RecordsPanel)


RESTORE_FIRST: Mapping[Action, Callable[[BaseScreen], object]] = {
    actions.RESTORE_RECORD: lambda screen: panel_of(screen).restore_row()
}
"""Declared before all others: the footer has no room for it behind those that are greyed."""
RECORD_ACTIONS: Mapping[Action, Callable[[BaseScreen], object]] = {
    actions.FILTER: lambda screen: panel_of(screen).filter(),
    actions.CHOOSE_PERIOD: lambda screen: panel_of(screen).choose_period(),
    actions.EXPORT: lambda screen: panel_of(screen).export(),
    actions.UNLINK_RECORD: lambda screen: panel_of(screen).unlink(),
    actions.SHOW_REMOVED: lambda screen: panel_of(screen).show_removed(),
    actions.SORT: lambda screen: panel_of(screen).sort_by_next(),
    actions.TURN_ORDER: lambda screen: panel_of(screen).turn_order(),
    actions.COPY_ROW: lambda screen: panel_of(screen).copy_row(),
    actions.COPY_VALUE: lambda screen: panel_of(screen).copy_value(),
    actions.SHOW_ALL: lambda screen: panel_of(screen).show_all(),
}
