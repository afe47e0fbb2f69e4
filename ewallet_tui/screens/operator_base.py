"""What the operator's screens share: reading again whenever they are shown, pages of rows, and changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ewallet_tui.navigation import AUDITOR, OPERATOR
from ewallet_tui.record_pages import PAGE, ListRow, Page, RecordPages
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.footer import ResultLine
from ewallet_tui.widgets.form import Answer

SYSTEM = {"controller": "system"}
"""The selector of an operator's instruction, apart from one about the operator's own account."""


def is_operator(screen: BaseScreen) -> bool:
    """Whether the user may change something; auditors only look."""
    state = screen.context.state
    return state is not None and state.account.role == OPERATOR


def show_as_operator(screen: BaseScreen, state: AccountState) -> None:
    """Read what there is now, or go home if the account is no longer that of an operator or auditor."""
    if screen.is_active and state.account.role in (OPERATOR, AUDITOR):
        screen.reload()
    elif screen.is_active:
        screen.go("home")


def pages(
    screen: BaseScreen, view: str, row: Callable[[Mapping[str, Any]], ListRow], **filters: Any
) -> RecordPages:
    """The rows that `view` lists."""

    async def read(_: int, before: Any) -> Page | None:
        further = {} if before is None else {"before": before}
        instruction = {"action": "view", "view": view, "limit": PAGE, **filters, **further}
        answer = await screen.context.act(**SYSTEM, **instruction)
        return None if answer["failed"] else Page([row(each) for each in answer[view]], answer["next"])

    return RecordPages(read, in_order=True)


async def change(screen: BaseScreen, result: str, **instruction: Any) -> Answer:
    """Change something, and say `result` if that was done."""
    answer = await screen.context.act(**SYSTEM, **instruction)
    if not answer["failed"]:
        screen.query_one(ResultLine).say(result)
    return answer
