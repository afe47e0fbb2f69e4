"""What a balance was day by day, told from what it is and from what moved it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from textual.app import App, ComposeResult

from ewallet_tui.activity import balances, in_words, summary_of
from ewallet_tui.widgets.charts import BalanceCurve


def day(came=0, went=0, to_time=0, to_credits=0):
    return {
        "credits_in": came,
        "credits_out": went,
        "converted_to_time": to_time,
        "converted_to_credits": to_credits,
    }


def test_what_moved_since_is_taken_back():
    days = [day(came=999), day(came=100), day(went=30, to_time=20), day(to_credits=5)]
    assert balances(55, days) == (0, 100, 50, 55)


def test_a_wallet_that_nothing_moved_was_always_so():
    assert balances(7, [day()] * 30) == (7,) * 30
    assert in_words((7,) * 30) == "last 30 days, 7"


def test_the_words_say_between_what_it_was():
    assert in_words((1_240, 20, 500)) == "last 3 days, 20 to 1,240"


@pytest.mark.usefixtures("still_screen")
def test_the_days_are_those_of_the_persons_calendar():
    asked = summary_of(3, datetime(2026, 11, 20, 14, 2, tzinfo=UTC))
    assert (asked["since"], asked["utc_offset"], asked["ewallet_id"]) == ("2026-10-22T00:00:00Z", 0, 3)


class Curved(App):
    """Nothing but the curve, six cells wide and two high."""

    CSS = "BalanceCurve { width: 6; height: 2; }"

    def compose(self) -> ComposeResult:
        yield BalanceCurve()


@pytest.mark.parametrize(
    ("values", "drawn"),
    [
        ((), ""),
        ((0, 0), ""),
        ((0, 8, 16), "  █\n·██"),
        ((1, 1_000), " █\n▁█"),
        ((9, 9, 1, 2, 3, 4, 5, 16), "     █\n▁▂▃▄▅█"),
    ],
)
async def test_the_curve_shows_the_last_days_from_nothing_up(values, drawn):
    async with Curved().run_test() as pilot:
        curve = pilot.app.query_one(BalanceCurve)
        curve.balances = values
        await pilot.pause()
        assert str(curve.render()) == drawn
