"""Balances and used time by day, drawn with block characters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ewallet_core.presentation.formatting import count, duration

MANY_DAYS, FEW_DAYS = 30, 14
MAX_BAR_WIDTH, MAX_BAR_HEIGHT, GAP = 6, 16, 1
ROOM_FOR_FOOT, ROOM_FOR_TOP, ROOM_FOR_HEADING = 2, 3, 4
EIGHTHS = " ▁▂▃▄▅▆▇█"
NOTHING = "·"
TODAY = "today"
WEEK = 7

Day = tuple[date, int]
"""A day, and the milliseconds used on it."""


def days_that_fit(width: int) -> int:
    """How many days fit: a month, two weeks, or as many as possible."""
    most = (width + GAP) // (1 + GAP)
    return next((days for days in (MANY_DAYS, FEW_DAYS) if days <= most), most)


def bar(value: int, largest: int, height: int) -> str:
    """The cells of one bar from the bottom up; a value above 0 shows at least an eighth."""
    if value <= 0:
        return NOTHING + " " * (height - 1)
    eighths = max(value * height * 8 // largest, 1)
    return "".join(EIGHTHS[min(max(eighths - 8 * row, 0), 8)] for row in range(height))


def labels(columns: Iterable[tuple[int, str]], width: int) -> str:
    """A line of labels centred at their columns; a label that would touch the one before is left out."""
    line = ""
    for middle, label in columns:
        start = max(min(middle - len(label) // 2, width - len(label)), 0)
        if start + len(label) <= width and (not line.strip() or start > len(line.rstrip())):
            line = f"{line:<{start}}{label}"
    return line


class DayChart:
    """A bar for each of `days`, the last of which is today, in at most `width` by `height` cells."""

    def __init__(self, days: Sequence[Day], width: int, height: int) -> None:
        self.days = days
        self.largest = max(value for _, value in days)
        self.has_foot, self.has_top = height >= ROOM_FOR_FOOT, height >= ROOM_FOR_TOP
        self.height = max(min(height - self.has_foot - self.has_top, MAX_BAR_HEIGHT), 1)
        self.bar_width = min((width + GAP) // len(days) - GAP, MAX_BAR_WIDTH)
        self.width = len(days) * (self.bar_width + GAP) - GAP

    @property
    def lines(self) -> list[Content]:
        """The largest value, the bars and the days; with little height, the bars alone."""
        top = [Content(self.top)] if self.has_top else []
        bars = self.width - self.bar_width
        rows = [Content.assemble((row[:bars], "$primary 70%"), (row[bars:], "$accent")) for row in self.rows]
        if not self.has_foot:
            return [*top, *rows]
        today = TODAY if self.foot.endswith(TODAY) else ""
        days = self.foot.removesuffix(today)
        return [*top, *rows, Content.assemble((days, "$foreground-muted"), (today, "bold $accent"))]

    @property
    def rows(self) -> list[str]:
        columns = [bar(value, self.largest, self.height) for _, value in self.days]
        return [
            (" " * GAP).join(
                column[row].center(self.bar_width) if column[row] == NOTHING else column[row] * self.bar_width
                for column in columns
            )
            for row in reversed(range(self.height))
        ]

    @property
    def top(self) -> str:
        index = next(index for index, (_, value) in enumerate(self.days) if value == self.largest)
        return labels([(self._middle(index), duration(self.largest))], self.width)

    @property
    def foot(self) -> str:
        """The labels of the days: each day of the month, or one a week if bars are thin, and today."""
        apart = 1 if self.bar_width + GAP > len("30") else WEEK
        last = len(self.days) - 1
        room = self.width - len(TODAY) - 1
        numbers = [
            (self._middle(index), str(day.day))
            for index, (day, _) in enumerate(self.days[:last])
            if not (last - index) % apart and self._middle(index) + len("30") // 2 <= room
        ]
        return labels([*numbers, (self.width, TODAY)], self.width)

    def _middle(self, index: int) -> int:
        return index * (self.bar_width + GAP) + self.bar_width // 2


class DayBars(Widget):
    """The time used on each of the last days, today last; a sentence if it is nothing."""

    DEFAULT_CSS = "DayBars { height: 1fr; text-wrap: nowrap; }"

    days: reactive[tuple[Day, ...]] = reactive(())
    """Up to a month of days, oldest first, today last."""
    begun: reactive[int] = reactive(0)
    """The milliseconds of the current run, which has no record yet; they count for today."""
    empty: reactive[str] = reactive("")

    @property
    def is_empty(self) -> bool:
        return not self.begun and not any(value for _, value in self.days)

    def render(self) -> Content:
        width, height = self.content_size
        most = days_that_fit(width)
        days = [*self.days[:-1], (self.days[-1][0], self.days[-1][1] + self.begun)] if self.days else []
        shown = days[-most:] if most else []
        if not any(value for _, value in shown):
            return Content.styled(self.empty, "$foreground-muted")
        has_heading = height >= ROOM_FOR_HEADING
        lines = DayChart(shown, width, height - has_heading).lines
        return Content("\n").join([_heading(shown, width), *lines] if has_heading else lines)


def _heading(days: Sequence[Day], width: int) -> Content:
    total = duration(sum(value for _, value in days))
    among = f" in {count(len(days), 'day')}"
    heading = Content.assemble(("Used by day  ", "$foreground-muted"), total, (among, "$foreground-muted"))
    return heading.truncate(width, ellipsis=True)


class BalanceCurve(Widget):
    DEFAULT_CSS = "BalanceCurve { width: 1fr; height: 1; text-wrap: nowrap; }"

    balances: reactive[tuple[int, ...]] = reactive(())

    def render(self) -> Content:
        width, height = self.content_size
        shown = self.balances[-width:] if width else ()
        if not any(shown):
            return Content("")
        columns = [bar(value, max(shown), height) for value in shown]
        rows = ["".join(column[row] for column in columns) for row in reversed(range(height))]
        return Content("\n").join(
            Content.assemble((row[:-1], "$primary 70%"), (row[-1:], "$accent")) for row in rows
        )
