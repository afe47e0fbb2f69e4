"""What the parts of the operator's place have in common: who may change something, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from textual import work
from textual.binding import BindingType

from ewallet_tui.navigation import AUDITOR, OPERATOR
from ewallet_tui.record_pages import PAGE, ListRow, Page, RecordPages
from ewallet_tui.screens.tabbed import TabbedScreen, keys_of_parts
from ewallet_tui.state import AccountState
from ewallet_tui.widgets.form_spec import Answer
from ewallet_tui.widgets.result_line import ResultLine
from ewallet_tui.widgets.tabs import Part

PARTS = (
    Part("accounts", "Accounts", "A"),
    Part("permissions", "Permissions", "P"),
    Part("workers", "Workers", "W"),
    Part("issues", "Issues", "I"),
)
SYSTEM = {"controller": "system"}
"""What tells an operator's instruction from one about the operator's own account."""


class OperatorPart(TabbedScreen):
    """A part where operators look and change, and auditors look: the keys of what changes are greyed."""

    MODE = "operator"
    AUTO_FOCUS = "RecordList"
    PARTS = PARTS
    CHANGES: ClassVar[frozenset[str]] = frozenset()
    """The actions here that change something."""
    BINDINGS: ClassVar[list[BindingType]] = [*keys_of_parts(PARTS)]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey what changes something, for who may only look."""
        if action in self.CHANGES and not self.may_change:
            return None
        return super().check_action(action, parameters)

    @property
    def may_change(self) -> bool:
        """Whether who is logged in may more than look."""
        state = self.context.state
        return state is not None and state.account.role == OPERATOR

    def show(self, state: AccountState) -> None:
        """Show what there is now, as long as who is logged in has any business here."""
        if not self.is_active:
            return
        if state.account.role in (OPERATOR, AUDITOR):
            self.reload()
        else:
            self.go("home")

    def on_screen_resume(self) -> None:
        """Show what there is by now."""
        if self.context.state is not None:
            self.reload()

    @work(group="records", exclusive=True)
    async def reload(self) -> None:
        """Show what there is now, in a worker."""
        await self.load()

    async def load(self) -> None:
        """Ask what there is now, and show it."""

    def pages(self, view: str, row: Callable[[Mapping[str, Any]], ListRow], **wanted: Any) -> RecordPages:
        """What `view` lists, a `row` each; only what is `wanted`."""

        async def read(_: int, before: Any) -> Page | None:
            after = {} if before is None else {"before": before}
            asked = {"action": "view", "view": view, "limit": PAGE, **wanted, **after}
            answer = await self.context.act(**SYSTEM, **asked)
            return None if answer["failed"] else Page([row(each) for each in answer[view]], answer["next"])

        return RecordPages(read, in_order=True)

    async def act(self, result: str, **instruction: Any) -> Answer:
        """Have something changed, and say in one line what came of it."""
        answer = await self.context.act(**SYSTEM, **instruction)
        if not answer["failed"]:
            self.query_one(ResultLine).say(result)
        return answer
