"""A balance day by day, drawn in eighths of a cell: a column a day, the last one today's."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ewallet_tui.widgets.day_bars import bar


class BalanceCurve(Widget):
    """As many of the last days as there is room for, from nothing up to the highest balance."""

    DEFAULT_CSS = "BalanceCurve { width: 1fr; height: 1; text-wrap: nowrap; }"

    balances: reactive[tuple[int, ...]] = reactive(())

    def render(self) -> Content:
        """The columns, row by row; nothing where there never was anything."""
        width, height = self.content_size
        shown = self.balances[-width:] if width else ()
        if not any(shown):
            return Content("")
        columns = [bar(value, max(shown), height) for value in shown]
        rows = ["".join(column[row] for column in columns) for row in reversed(range(height))]
        return Content("\n").join(
            Content.assemble((row[:-1], "$primary 70%"), (row[-1:], "$accent")) for row in rows
        )
