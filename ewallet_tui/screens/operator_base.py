"""What the operator's screens share: pages of rows, the record under the cursor, and changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ewallet_tui.navigation import OPERATOR
from ewallet_tui.record_pages import PAGE, ListRow, Page, RecordPages
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer
from ewallet_tui.widgets.inputs import FilterBox
from ewallet_tui.widgets.record_list import RecordList

SYSTEM = {"controller": "system"}
"""The selector of an operator's instruction, apart from one about the operator's own account."""


def is_operator(screen: BaseScreen) -> bool:
    """Whether the user may change something; auditors may only view."""
    state = screen.context.state
    return state is not None and state.account.role == OPERATOR


def current_record(screen: BaseScreen) -> Mapping[str, Any] | None:
    """The record under the cursor of the screen's list."""
    row = next((listed.row for listed in screen.query(RecordList)), None)
    return row.record if row else None


def find(screen: BaseScreen) -> None:
    screen.query_one(FilterBox).open()


async def show_pages(
    screen: BaseScreen, view: str, row: Callable[[Mapping[str, Any]], ListRow], empty: str, **filters: Any
) -> None:
    """Show the rows that `view` lists."""

    async def read(_: int, before: Any) -> Page | None:
        further = {} if before is None else {"before": before}
        instruction = {"action": "view", "view": view, "limit": PAGE, **filters, **further}
        answer = await screen.context.act(**SYSTEM, **instruction)
        return None if answer["failed"] else Page([row(each) for each in answer[view]], answer["next"])

    listed = screen.query_one(RecordList)
    listed.empty = empty
    await listed.show_pages(RecordPages(read, in_order=True))
    screen.refresh_bindings()


async def change(screen: BaseScreen, result: str, **instruction: Any) -> Answer:
    """Send a change, and show `result` if it succeeds."""
    answer = await screen.context.act(**SYSTEM, **instruction)
    if not answer["failed"]:
        screen.query_one(ResultLine).say(result)
    return answer
