"""The issues that were reported: what is wrong, who says so, and how to reach them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult

from ewallet_core.presentation.formatting import moment, parse_timestamp
from ewallet_core.presentation.tables import Column
from ewallet_tui.actions import COPY_CONTACT, OPERATOR_PARTS, Action
from ewallet_tui.record_pages import ListRow
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.modal import FactsModal
from ewallet_tui.screens.operator_base import pages, show_as_operator
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.record_list import RecordList

COLUMNS = (
    Column("When"),
    Column("Reference", from_width=66),
    Column("What is wrong", fills=True),
    Column("Contact"),
)
EMPTY = "None yet. Everybody can report one: Account, then i."
NO_DETAILS = "None were given."


class IssuesScreen(BaseScreen):
    """The reports, the latest first; one opened has all that was said."""

    MODE = "operator"
    PARTS = OPERATOR_PARTS
    PART = "issues"
    AUTO_FOCUS = "RecordList"

    def compose_content(self) -> ComposeResult:
        """The reports."""
        yield RecordList(COLUMNS)

    def show(self, state: AccountState) -> None:
        """Read what there is now."""
        show_as_operator(self, state)

    def on_screen_resume(self) -> None:
        """Read what there is by now."""
        if self.context.state is not None:
            self.reload()

    async def load(self) -> None:
        """Show those of now."""
        listed = self.query_one(RecordList)
        listed.empty = EMPTY
        await listed.show_pages(pages(self, "issues", self._row))

    def can(self, action: Action) -> bool | None:
        """Grey the copying if there is nothing to copy."""
        return None if action is COPY_CONTACT and not self._contact else True

    def copy_contact(self) -> None:
        """Put the address of who reported it where the terminal pastes from."""
        self.app.copy_to_clipboard(self._contact)
        self.query_one(ResultLine).say(f"Copied: {self._contact}")

    @property
    def _contact(self) -> str:
        rows = self.query(RecordList)
        row = rows.first().row if rows else None
        return row.record["contact"] if row else ""

    @on(RecordList.Moved)
    def _moved(self) -> None:
        self.refresh_bindings()

    @on(RecordList.Opened)
    def _open(self, event: RecordList.Opened) -> None:
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
            ("Account", f"number {issue['account']}" if issue["account"] else "nobody was logged in"),
            ("Address", issue["source"]),
        ]

    def _when(self, issue: Mapping[str, Any]) -> str:
        return moment(parse_timestamp(issue["timestamp"]), self.today())

    ACTIONS: ClassVar[Mapping[Action, Callable[[Any], object]]] = {COPY_CONTACT: copy_contact}
