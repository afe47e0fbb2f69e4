"""A session as operators see it, and the key that ends it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from ewallet_tui.screens.reading_sheet import Pairs, ReadingSheet

END = "end"


class SessionSheet(ReadingSheet):
    """Its result is `END` where the session is to be ended."""

    HINT = "d end it   esc back"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("d", "end", "End it", id="end_session")]

    def __init__(self, facts: Pairs, *, may_end: bool) -> None:
        super().__init__("Session", facts)
        self._may_end = may_end

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Auditors look."""
        return self._may_end if action == "end" else super().check_action(action, parameters)

    def action_end(self) -> None:
        """Go back, to end it."""
        self.dismiss(END)
