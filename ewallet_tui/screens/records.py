"""The records of a sheet or list: newest first, paged, filtered as the user types, each with its detail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Label

from ewallet_core.presentation.formatting import count
from ewallet_core.presentation.periods import ALL_THE_TIME, Period
from ewallet_tui import actions
from ewallet_tui.actions import Action
from ewallet_tui.record_pages import PAGE, ListRow, Page, Read, RecordPages
from ewallet_tui.records import Record, RecordKind, as_text
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.clipboard import choose_value, copy
from ewallet_tui.screens.export import export_records
from ewallet_tui.screens.form_screen import chosen_period, period_plan
from ewallet_tui.screens.owned_items import OwnedItemPicker
from ewallet_tui.screens.record import RecordDetail
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer
from ewallet_tui.widgets.form_field import FilterBox
from ewallet_tui.widgets.record_list import RecordList

TYPING_SECONDS = 0.15
"""How long the user types nothing more before the search begins."""
NOTHING_FOUND = "Nothing found. Escape shows everything again."


class RecordsPanel(Vertical):
    """The sheet that is chosen, its records, and beside them the one under the cursor."""

    # Its look depends on the size of the screen around it.
    SCOPED_CSS = False
    DEFAULT_CSS = """
    RecordsPanel {
        height: 1fr;
        #which { height: 1; margin-bottom: 1; }
        #which OwnedItemLine { width: 1fr; }
        #how-many { width: auto; color: $text-muted; }
        FilterBox { margin-bottom: 1; }
        #records { height: 1fr; }
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

    def compose(self) -> ComposeResult:
        """Which sheet, the filter, the records, and the one under the cursor."""
        with Horizontal(id="which"):
            yield self.picker
            yield Label("", id="how-many", markup=False)
        yield FilterBox("find: a name, an email, a note", "#list")
        with Horizontal(id="records"):
            yield self.listed
            with Vertical(id="aside"):
                yield from self.compose_aside()

    def compose_aside(self) -> ComposeResult:
        """What is beside the records if there is room."""
        yield RecordDetail()

    @property
    def row(self) -> ListRow | None:
        """The record under the cursor, if there is one."""
        return self.listed.row

    @property
    def is_filtered(self) -> bool:
        """Whether only some of the records are shown."""
        return bool(self._text or self._period)

    @property
    def shown(self) -> dict[str, Any]:
        """The records that are shown, as arguments of a search or an export."""
        period = self._period.arguments() if self._period else {}
        text = {"text": self._text} if self._text else {}
        return {"kind": self.kind.name, "sheet_id": self.picker.chosen, **text, **period}

    def can(self, action: Action) -> bool | None:
        """Whether `action` can be done with what is shown."""
        if action in (actions.UNLINK_RECORD, actions.COPY_ROW, actions.COPY_VALUE) and self.row is None:
            return None
        return (self.is_filtered or None) if action is actions.SHOW_ALL else True

    def show_kind(self, kind: RecordKind) -> None:
        """Show the records of another kind."""
        self.kind = kind
        self.listed.show_columns(kind.columns)
        self.picker.show_line()
        self.show_all()

    def look(self) -> None:
        """Show the records of the sheet that is chosen now."""
        self._show_records()

    def empty(self) -> None:
        """Take the records of another sheet away."""
        self.workers.cancel_group(self, "records")
        self.listed.clear()
        self.query_one("#how-many", Label).update("")

    def filter(self) -> None:
        """Find records by a text that is typed."""
        self.query_one(FilterBox).open()

    def show_all(self) -> None:
        """Show all records again."""
        self._text, self._period = "", None
        self.query_one(FilterBox).action_give_up()
        self.look()

    def choose_period(self) -> None:
        """Ask for a period, and show only its records."""
        today = self.owner.today().astimezone().date()

        async def choose(values: dict[str, Any]) -> Answer:
            period = chosen_period(values, today)
            self._period = None if period == ALL_THE_TIME else period
            self.look()
            return {"failed": False}

        self.owner.ask_with(period_plan(today, self._period), choose)

    @work
    async def unlink(self) -> None:
        """Take the record under the cursor off its sheet, after a question."""
        if (row := self.row) is None:
            return
        words = self.words_for_unlinking(row.record)
        if await self.owner.confirm(f"Unlink {self.kind.name}", words, "Unlink it"):
            answer = await self.owner.context.act(**self.kind.instruction("unlink", row.record["id"]))
            if not answer["failed"]:
                self.owner.query_one(ResultLine).say("It is unlinked.")

    def words_for_unlinking(self, record: Record) -> str:
        """What becomes of a record that is unlinked."""
        return f"{record['reference']} is taken off this sheet. No balance changes, and the journal keeps it."

    def copy_row(self) -> None:
        """Copy the record under the cursor as it is shown."""
        if (row := self.row) is not None:
            copy(self.app, self.owner.context.notify, as_text(row), "The row")

    def copy_value(self) -> None:
        """Choose one of the record's values, and copy it."""
        if (row := self.row) is not None:
            choose_value(self.app, self.owner.context.notify, row.record)

    def export(self) -> None:
        """Save the records that are shown as a file."""
        export_records(self.owner, **self.shown, record_id=self.row.record["id"] if self.row else None)

    async def read_pages(self) -> RecordPages:
        """The records that are shown, read where the user looks at them."""
        return (
            RecordPages(self.read_found(), in_order=True)
            if self.is_filtered
            else RecordPages(self.read_sheet())
        )

    def read_sheet(self, limit: int = PAGE) -> Read:
        """Reads pages of the sheet that is chosen now, whichever is chosen by then."""
        kind, sheet = self.kind, self.kind.kind_of_item.instruction("view", self.picker.chosen)

        async def read(start: int, _: Any) -> Page | None:
            skip = {"skip": start} if start else {}
            answer = await self.owner.context.act(**sheet, limit=limit, **skip)
            if answer["failed"]:
                return None
            data = answer[kind.data_key]
            return Page(self._rows(kind, data["rows"]), data["next"], data["record_count"])

        return read

    def read_found(self, limit: int = PAGE) -> Read:
        """Reads pages of the records that match the filter of now."""
        kind, found = self.kind, {"action": "search", "search": "records", **self.shown}

        async def read(_: int, cursor: Any) -> Page | None:
            further = {} if cursor is None else {"before": cursor}
            answer = await self.owner.context.act(**found, limit=limit, **further)
            if answer["failed"]:
                return None
            return Page(self._rows(kind, [row["record_data"] for row in answer["rows"]]), answer["next"])

        return read

    @work(group="detail", exclusive=True)
    async def show_aside(self, row: ListRow | None) -> None:
        """Show the record under the cursor beside the list."""
        detail, kind = self.query_one(RecordDetail), self.kind
        if row is None:
            detail.clear()
            return
        answer = await self.owner.context.send(**kind.instruction("view", row.record["id"]))
        if not answer["failed"]:
            detail.show(kind, answer, self.owner.today())

    @work(group="records", exclusive=True)
    async def _show_records(self, after: float = 0) -> None:
        # The next key, if it comes before then, begins this anew.
        await asyncio.sleep(after)
        listed, how_many = self.listed, self.query_one("#how-many", Label)
        pages = await self.read_pages()
        await listed.show_pages(pages)
        listed.empty = NOTHING_FOUND if self.is_filtered else self.kind.empty
        how_many.update(self._how_many(pages))

    @on(FilterBox.Narrowed)
    def _handle_filter(self, event: FilterBox.Narrowed) -> None:
        if event.text != self._text:
            self._text = event.text
            self._show_records(after=TYPING_SECONDS)

    @on(RecordList.Opened, "#list")
    def _handle_opened(self, event: RecordList.Opened) -> None:
        self.owner.open_record(self.kind.name, event.row.record["id"])

    @on(RecordList.Moved, "#list")
    def _handle_moved(self, event: RecordList.Moved) -> None:
        self.owner.refresh_bindings()
        if self.owner.has_class("-wide"):
            self.show_aside(event.row)

    def _rows(self, kind: RecordKind, records: Iterable[Record]) -> list[ListRow]:
        now = self.owner.today()
        return [kind.row(record, now) for record in records]

    def _how_many(self, pages: RecordPages) -> str:
        if not self.is_filtered:
            return count(pages.count, self.kind.name)
        known = len(pages.rows())
        more = "more than " if pages.count > known else ""
        period = f", {self._period.words}" if self._period else ""
        return f"{more}{count(known, self.kind.name)} found{period}"


def panel_of(screen: BaseScreen) -> RecordsPanel:
    """The records of a screen that shows some."""
    return screen.query_one(RecordsPanel)


RECORD_ACTIONS: Mapping[Action, Callable[[BaseScreen], object]] = {
    actions.FILTER: lambda screen: panel_of(screen).filter(),
    actions.CHOOSE_PERIOD: lambda screen: panel_of(screen).choose_period(),
    actions.EXPORT: lambda screen: panel_of(screen).export(),
    actions.UNLINK_RECORD: lambda screen: panel_of(screen).unlink(),
    actions.COPY_ROW: lambda screen: panel_of(screen).copy_row(),
    actions.COPY_VALUE: lambda screen: panel_of(screen).copy_value(),
    actions.SHOW_ALL: lambda screen: panel_of(screen).show_all(),
}
"""What is done with records, and the function that does it."""
