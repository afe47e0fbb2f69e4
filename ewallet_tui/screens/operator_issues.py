"""The reported issues."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult

from ewallet_core.presentation.formatting import moment, parse_timestamp
from ewallet_core.presentation.tables import Column
from ewallet_tui.actions import COPY_CONTACT, OPERATOR_PARTS, Action
from ewallet_tui.availability import Possible
from ewallet_tui.record_pages import ListRow
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import FactsModal
from ewallet_tui.screens.operator_base import current_record, show_pages
from ewallet_tui.widgets.record_list import RecordList

COLUMNS = (
    Column("When"),
    Column("Reference", from_width=66),
    Column("What is wrong", fills=True),
    Column("Contact"),
)
EMPTY = "No issues yet. Anyone can report one: go to Account, then press i."
NO_CONTACT = "This report has no contact, or none is listed."
NO_DETAILS = "No details."


class IssuesScreen(BaseScreen):
    MODE = "operator"
    PARTS = OPERATOR_PARTS
    PART = "issues"
    AUTO_FOCUS = "RecordList"
    RELOADS = True

    def compose_content(self) -> ComposeResult:
        yield RecordList(COLUMNS)

    async def load(self) -> None:
        await show_pages(self, "issues", self._row, EMPTY)

    def can(self, action: Action) -> Possible:
        return NO_CONTACT if action is COPY_CONTACT and not self._contact else True

    def copy_contact(self) -> None:
        self.context.copy(self._contact)

    @property
    def _contact(self) -> str:
        issue = current_record(self)
        return issue["contact"] if issue else ""

    @on(RecordList.RowOpened)
    def _open(self, event: RecordList.RowOpened) -> None:
        if event.row is not None:
            self._show_issue(event.row.record)

    def _show_issue(self, issue: Mapping[str, Any]) -> None:
        passages = [("Details", issue["details"] or NO_DETAILS)]
        if issue["log"]:
            passages.append(("Log", issue["log"]))
        self.app.push_screen(FactsModal(issue["issue"], self._facts(issue), passages))

    def _row(self, issue: Mapping[str, Any]) -> ListRow:
        cells = (self._when(issue), issue["issue"], issue["name"], issue["contact"] or "—")
        return ListRow(issue["issue"], cells, issue)

    def _facts(self, issue: Mapping[str, Any]) -> list[tuple[str, str]]:
        return [
            ("What", issue["name"]),
            ("When", self._when(issue)),
            ("Contact", issue["contact"]),
            ("Account", f"number {issue['account']}" if issue["account"] else "not logged in"),
            ("Address", issue["source"]),
        ]

    def _when(self, issue: Mapping[str, Any]) -> str:
        return moment(parse_timestamp(issue["timestamp"]), self.today())

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {COPY_CONTACT: copy_contact}
