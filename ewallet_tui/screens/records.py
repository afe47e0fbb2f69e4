"""A sheet of records: newest first, paged, filtered as one types, each with its detail."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Label

from ewallet_core.presentation.formatting import count
from ewallet_core.presentation.periods import ALL_THE_TIME, Period
from ewallet_tui.context import AppContext
from ewallet_tui.record_pages import PAGE, ListRow, Page, Read, RecordPages
from ewallet_tui.records import Record, RecordKind, as_text
from ewallet_tui.screens.belonging_screen import OwnedItemScreen
from ewallet_tui.screens.clipboard import choose_value, copy
from ewallet_tui.screens.export import ExportingScreen
from ewallet_tui.screens.form_screen import chosen_period, period_plan
from ewallet_tui.screens.record import RecordDetail
from ewallet_tui.state import OwnedItemKind
from ewallet_tui.widgets.filter_box import FilterBox
from ewallet_tui.widgets.form_spec import Answer
from ewallet_tui.widgets.owned_item_line import OwnedItemLine
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.result_line import ResultLine

TYPING_SECONDS = 0.15
"""How long nothing more must be typed until it is looked for."""
NOTHING_FOUND = "Nothing found. Escape shows everything again."

RECORD_KEYS: tuple[BindingType, ...] = (
    Binding("slash", "filter", "Find", key_display="/", tooltip="Find by a text", id="filter"),
    Binding("f", "choose_period", "Period", tooltip="Show the records of a time", id="choose_period"),
    Binding("E", "export_shown", "Export", key_display="E", tooltip="Save what is shown", id="export_shown"),
    Binding("d", "unlink_record", "Unlink", tooltip="Take the record off its sheet", id="unlink_record"),
    Binding("y", "copy_row", "Copy the row", show=False, id="copy_row"),
    Binding("Y", "copy_value", "Copy a value", show=False, key_display="Y", id="copy_value"),
    Binding("escape", "show_all", "Show all", show=False, id="show_all"),
)
"""The keys of what these screens have in common, which each puts after its own."""


class RecordsScreen(OwnedItemScreen, ExportingScreen):
    """Shows the sheet that is looked at. What is its own: `kind`, and `compose_above`."""

    AUTO_FOCUS = "#list"
    SWITCHES = False
    DEFAULT_CSS = """
    RecordsScreen {
        #which { height: 1; margin-bottom: 1; }
        #which OwnedItemLine { width: 1fr; }
        #how-many { width: auto; color: $text-muted; }
        FilterBox { margin-bottom: 1; }
        #records { height: 1fr; }
        #list { width: 5fr; }
        #aside { display: none; width: 2fr; min-width: 32; max-width: 44; margin-left: 3; height: 1fr; }
        &.-wide #aside { display: block; }
        &.-low #which { margin-bottom: 0; }
        &.-low FilterBox { margin-bottom: 0; }
    }
    """

    def __init__(self, context: AppContext) -> None:
        super().__init__(context)
        self._text = ""
        self._period: Period | None = None

    @property
    def kind(self) -> RecordKind:
        """The kind of the records that are shown now."""
        raise NotImplementedError

    @property
    def kind_of_item(self) -> OwnedItemKind:
        """The sheets of the kind that is shown."""
        return self.kind.kind_of_item

    @property
    def listed(self) -> RecordList:
        """The list of the records."""
        return self.query_one("#list", RecordList)

    @property
    def row(self) -> ListRow | None:
        """The record under the cursor, as far as there is one."""
        return next((listed.row for listed in self.query("#list").results(RecordList)), None)

    @property
    def is_filtered(self) -> bool:
        """Whether not all of the sheet's records are shown."""
        return bool(self._text or self._period)

    @property
    def shown(self) -> dict[str, Any]:
        """Which records are shown, as arguments of a search or an export."""
        period = self._period.arguments() if self._period else {}
        text = {"text": self._text} if self._text else {}
        return {"kind": self.kind.name, "sheet_id": self.looked_at, **text, **period}

    def compose_content(self) -> ComposeResult:
        """Which sheet, what is looked for, the records, and beside them the one under the cursor."""
        yield from self.compose_above()
        with Horizontal(id="which"):
            yield OwnedItemLine()
            yield Label("", id="how-many", markup=False)
        yield FilterBox("find: a name, an email, a note", "#list")
        with Horizontal(id="records"):
            yield RecordList(self.kind.columns, id="list")
            with Vertical(id="aside"):
                yield from self.compose_aside()

    def compose_above(self) -> Iterable[Any]:
        """What is above the sheet."""
        return ()

    def compose_aside(self) -> ComposeResult:
        """What is beside the records where there is room."""
        yield RecordDetail()

    def look(self) -> None:
        """Show the records of the sheet that is looked at, as far as they are looked for."""
        self._show_records()

    def empty(self) -> None:
        """Take the records of another sheet away."""
        self.workers.cancel_group(self, "records")
        self.listed.clear()
        self.query_one("#how-many", Label).update("")

    @work(group="records", exclusive=True)
    async def _show_records(self, after: float = 0) -> None:
        # The next key, if it comes before then, begins this anew.
        await asyncio.sleep(after)
        listed, how_many = self.listed, self.query_one("#how-many", Label)
        pages = await self.read_pages()
        await listed.show_pages(pages)
        listed.empty = NOTHING_FOUND if self.is_filtered else self.kind.empty
        how_many.update(self._how_many(pages))

    async def read_pages(self) -> RecordPages:
        """The records that are looked for, to be read where they are looked at."""
        if self.is_filtered:
            return RecordPages(self.reads_found(), in_order=True)
        return RecordPages(self.reads_sheet())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey the keys that need a record where there is none."""
        if action in {"unlink_record", "copy_row", "copy_value"} and self.row is None:
            return None
        if action == "show_all":
            return self.is_filtered or None
        return super().check_action(action, parameters)

    def action_filter(self) -> None:
        """Find records by a text that is typed."""
        self.query_one(FilterBox).open()

    def action_show_all(self) -> None:
        """Show all records again."""
        self._text, self._period = "", None
        self.query_one(FilterBox).action_give_up()
        self.look()

    def action_choose_period(self) -> None:
        """Ask for a time, and show only its records."""
        today = self.today().astimezone().date()

        async def choose(values: dict[str, Any]) -> Answer:
            period = chosen_period(values, today)
            self._period = None if period == ALL_THE_TIME else period
            self.look()
            return {"failed": False}

        self.ask_with(period_plan(today, self._period), choose)

    @work
    async def action_unlink_record(self) -> None:
        """Take the record under the cursor off its sheet, after a question."""
        if (row := self.row) is None:
            return
        words = self.words_for_unlinking(row.record)
        if await self.confirm(f"Unlink {self.kind.name}", words, "Unlink it"):
            answer = await self.context.act(**self.kind.unlink(row.record["id"]))
            if not answer["failed"]:
                self.query_one(ResultLine).say("It is unlinked.")

    def words_for_unlinking(self, record: Record) -> str:
        """What becomes of a record that is unlinked."""
        return f"{record['reference']} is taken off this sheet. No balance changes, and the journal keeps it."

    def action_copy_row(self) -> None:
        """Copy the record under the cursor as it is shown."""
        if (row := self.row) is not None:
            copy(self.app, self.context.notify, as_text(row), "The row")

    def action_copy_value(self) -> None:
        """Choose one of the record's values, and copy it."""
        if (row := self.row) is not None:
            choose_value(self.app, self.context.notify, row.record)

    def action_export_shown(self) -> None:
        """Save the records that are shown as a file."""
        record_id = self.row.record["id"] if self.row else None
        self.export(**self.shown, record_id=record_id)

    @on(FilterBox.Narrowed)
    def _narrowed(self, event: FilterBox.Narrowed) -> None:
        if event.text != self._text:
            self._text = event.text
            self._show_records(after=TYPING_SECONDS)

    @on(RecordList.Opened, "#list")
    def _opened(self, event: RecordList.Opened) -> None:
        self.open_record(self.kind.name, event.row.record["id"])

    @on(RecordList.Moved, "#list")
    def _moved(self, event: RecordList.Moved) -> None:
        self.refresh_bindings()
        if self.has_class("-wide"):
            self.show_aside(event.row)

    @work(group="detail", exclusive=True)
    async def show_aside(self, row: ListRow | None) -> None:
        """Show the record under the cursor beside the list."""
        detail, kind = self.query_one(RecordDetail), self.kind
        if row is None:
            detail.clear()
            return
        answer = await self.context.send(**kind.view(row.record["id"]))
        if not answer["failed"]:
            detail.show(kind, answer, self.today())

    def reads_sheet(self, limit: int = PAGE) -> Read:
        """What reads the whole of the sheet that is looked at now, whatever is looked at then."""
        kind, sheet = self.kind, self.kind_of_item.instruction("view", self.looked_at)

        async def read(start: int, _: Any) -> Page | None:
            answer = await self.context.act(**sheet, limit=limit, **({"skip": start} if start else {}))
            if answer["failed"]:
                return None
            data = answer[kind.data_key]
            return Page(self._rows(kind, data["rows"]), data["next"], data["record_count"])

        return read

    def reads_found(self, limit: int = PAGE) -> Read:
        """What reads the records that are looked for now."""
        kind, found = self.kind, {"action": "search", "search": "records", **self.shown}

        async def read(_: int, cursor: Any) -> Page | None:
            further = {} if cursor is None else {"before": cursor}
            answer = await self.context.act(**found, limit=limit, **further)
            if answer["failed"]:
                return None
            return Page(self._rows(kind, [row["record_data"] for row in answer["rows"]]), answer["next"])

        return read

    def _rows(self, kind: RecordKind, records: Iterable[Record]) -> list[ListRow]:
        now = self.today()
        return [kind.row(record, now) for record in records]

    def _how_many(self, pages: RecordPages) -> str:
        if not self.is_filtered:
            return count(pages.count, self.kind.name)
        known = len(pages.rows())
        more = "more than " if pages.count > known else ""
        period = f", {self._period.words}" if self._period else ""
        return f"{more}{count(known, self.kind.name)} found{period}"
