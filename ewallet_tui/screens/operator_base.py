"""The base of the operator's screens: they reload when shown, list pages of rows, and send changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from textual import on

from ewallet_tui.actions import OPERATOR_PARTS
from ewallet_tui.navigation import AUDITOR, OPERATOR
from ewallet_tui.record_pages import PAGE, ListRow, Page, RecordPages
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.filter_box import FilterBox
from ewallet_tui.widgets.form_spec import Answer
from ewallet_tui.widgets.record_list import RecordList
from ewallet_tui.widgets.result_line import ResultLine

SYSTEM = {"controller": "system"}
"""The selector of an operator's instruction, apart from one about the operator's own account."""


class OperatorBase(BaseScreen):
    """One tab of the operator's screens."""

    MODE = "operator"
    PARTS = OPERATOR_PARTS
    AUTO_FOCUS = "RecordList"

    @property
    def is_operator(self) -> bool:
        """Whether the user may change something; auditors may only view."""
        state = self.context.state
        return state is not None and state.account.role == OPERATOR

    @property
    def record(self) -> Mapping[str, Any] | None:
        """The record under the cursor of the first list."""
        rows = self.query(RecordList)
        row = rows.first().row if rows else None
        return row.record if row else None

    def show(self, state: AccountState) -> None:
        if self.is_active and state.account.role in (OPERATOR, AUDITOR):
            self.reload()
        elif self.is_active:
            self.go("home")

    def on_screen_resume(self) -> None:
        if self.context.state is not None:
            self.reload()

    def find(self) -> None:
        self.query_one(FilterBox).open()

    async def show_pages(
        self, view: str, row: Callable[[Mapping[str, Any]], ListRow], empty: str, **filters: Any
    ) -> None:
        """Show the rows that `view` lists."""

        async def read(_: int, before: Any) -> Page | None:
            further = {} if before is None else {"before": before}
            instruction = {"action": "view", "view": view, "limit": PAGE, **filters, **further}
            answer = await self.context.act(**SYSTEM, **instruction)
            return None if answer["failed"] else Page([row(each) for each in answer[view]], answer["next"])

        listed = self.query_one(RecordList)
        listed.empty = empty
        await listed.show_pages(RecordPages(read, in_order=True))
        self.refresh_bindings()

    async def change(self, result: str, **instruction: Any) -> Answer:
        """Send a change, and show `result` if it succeeds."""
        answer = await self.context.act(**SYSTEM, **instruction)
        if not answer["failed"]:
            self.query_one(ResultLine).say(result)
        return answer

    @on(RecordList.Moved)
    def _row_moved(self) -> None:
        self.refresh_bindings()
