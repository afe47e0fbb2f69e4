"""How much of the daily limit is spent: a bar, and the words that say the same."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from textual.content import Content
from textual.widgets import Static

from ewallet_tui.widgets.burning_bar import burning_bar
from ewallet_tui.words import grouped

WIDEST_BAR = 36
NONE_SET = "No daily limit: all that is there may leave at once."
NOTHING_LEAVES = "The daily limit is 0: nothing may leave."

Limit = Mapping[str, Any]


def spent_words(limit: Limit) -> str:
    """How much of the limit is spent."""
    return f"Daily limit: {grouped(limit['spent_today'])} of {grouped(limit['daily_limit'])} spent"


def left_words(limit: Limit) -> str:
    """How much more may leave."""
    left = limit["left_today"]
    return f"{grouped(left)} more may leave within 24 hours." if left else "! No more may leave for now."


class DailyLimit(Static):
    """Fills from the left as credits leave."""

    DEFAULT_CSS = "DailyLimit { height: auto; min-height: 1; width: 1fr; }"

    def __init__(self) -> None:
        super().__init__("", markup=False)
        self._limit: Limit | None = None

    def show(self, limit: Limit) -> None:
        """Show what a view of the limit has answered."""
        self._limit = limit
        self.update(self._picture())

    def on_resize(self) -> None:
        """Draw the bar as long as there is room."""
        if self._limit is not None:
            self.update(self._picture())

    def _picture(self) -> Content:
        limit = self._limit or {}
        if not limit["daily_limit"]:
            return Content(NONE_SET if limit["daily_limit"] is None else NOTHING_LEAVES)
        style = "$text-success" if limit["left_today"] else "$text-warning"
        width = min(self.size.width, WIDEST_BAR)
        bar = burning_bar(limit["spent_today"], limit["daily_limit"], width)
        drawn = Content.styled(bar, style)
        return Content("\n").join((Content(spent_words(limit)), drawn, Content(left_words(limit))))
