from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from ewallet_core.presentation.formatting import MINUTE
from ewallet_tui.widgets.charts import EIGHTHS, MANY_DAYS, NOTHING, DayBars, DayChart, days_that_fit

TODAY = date(2026, 11, 20)
LONGEST = 10**12 * MINUTE

used = st.lists(st.integers(0, LONGEST), min_size=1, max_size=MANY_DAYS).filter(any)
room = st.tuples(st.integers(1, 200), st.integers(1, 60))


def days_of(values):
    first = TODAY - timedelta(days=len(values) - 1)
    return tuple((first + timedelta(days=index), value) for index, value in enumerate(values))


def chart_of(values, width, height):
    return DayChart(days_of(values)[-days_that_fit(width) :], width, height)


def columns_of(chart):
    step = chart.bar_width + 1
    return [
        "".join(row[at : at + chart.bar_width] for row in chart.rows)
        for at in range(0, len(chart.days) * step, step)
    ]


@given(values=used, size=room)
def test_a_chart_never_leaves_its_room(values, size):
    width, height = size
    if any(values[-days_that_fit(width) :]):
        lines = chart_of(values, width, height).lines
        assert len(lines) <= height
        assert max(line.cell_length for line in lines) <= width


@given(values=used, size=room)
def test_a_day_with_something_is_never_empty_and_one_with_nothing_has_no_bar(values, size):
    if any(values[-days_that_fit(size[0]) :]):
        chart = chart_of(values, *size)
        drawn = columns_of(chart)
        assert [set(column) <= set(" ·") for column in drawn] == [value == 0 for _, value in chart.days]


@given(values=used)
def test_a_larger_day_is_never_the_shorter_bar(values):
    chart = chart_of(values, 100, 10)
    heights = [sum(EIGHTHS.index(cell) for cell in column if cell != NOTHING) for column in columns_of(chart)]
    by_value = sorted(range(len(heights)), key=lambda at: chart.days[at][1])
    assert [heights[at] for at in by_value] == sorted(heights)


def test_there_is_a_month_where_it_fits_else_two_weeks_else_what_can_be():
    assert [days_that_fit(width) for width in (200, 59, 58, 27, 26, 1, 0)] == [30, 30, 14, 14, 13, 1, 0]


def test_the_largest_day_says_what_it_is_and_today_is_named():
    assert [line.plain.rstrip() for line in chart_of([0, 5 * MINUTE, MINUTE], 20, 6).lines] == [
        "        5:00",
        "       ██████",
        "       ██████",
        "       ██████",
        "  ·    ██████ ▆▆▆▆▆▆",
        "  18     19    today",
    ]


def test_thin_bars_are_dated_once_a_week():
    assert chart_of([MINUTE] * 30, 60, 6).foot.split() == ["23", "30", "6", "13", "today"]


def test_wide_bars_are_dated_each():
    assert chart_of([MINUTE] * 14, 56, 6).foot.split()[:3] == ["7", "8", "9"]


class BarsApp(App[None]):
    def compose(self) -> ComposeResult:
        yield DayBars()


async def shown(width, height, **values):
    app = BarsApp()
    async with app.run_test(size=(width, height)) as pilot:
        bars = app.query_one(DayBars)
        for name, value in values.items():
            setattr(bars, name, value)
        await pilot.pause()
        return str(bars.render()).splitlines()


@pytest.mark.parametrize(("height", "lines"), [(1, 1), (2, 2), (3, 3), (4, 4), (12, 12), (40, 19)])
async def test_with_little_height_the_bars_are_what_stays(height, lines):
    drawn = await shown(60, height, days=days_of([MINUTE] * 30))
    assert len(drawn) == lines
    assert any("█" in line for line in drawn)


async def test_what_is_begun_counts_for_today():
    drawn = await shown(60, 12, days=days_of([MINUTE, 0]), begun=3 * MINUTE)
    assert drawn[0] == "Used by day  4:00 in 2 days"
    assert drawn[1].split() == ["3:00"]


async def test_nothing_at_all_is_said_in_words():
    assert await shown(60, 12, days=days_of([0] * 30), empty="Nothing lately.") == ["Nothing lately."]
    assert await shown(60, 12, empty="Nothing lately.") == ["Nothing lately."]
