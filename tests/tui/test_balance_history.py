"""What a balance was day by day, and the zone that the days are of."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfoNotFoundError

import pytest
import tzlocal
from textual.app import App, ComposeResult

from ewallet_core.presentation.periods import find_zone, system_zone_name
from ewallet_tui.activity import in_words
from ewallet_tui.widgets.charts import BalanceCurve


def test_a_balance_that_never_changed_is_one_number():
    assert in_words((7,) * 30) == "last 30 days, 7"


def test_the_words_say_between_what_it_was():
    assert in_words((1_240, 20, 500)) == "last 3 days, 20 to 1,240"


@pytest.mark.parametrize(
    ("named", "zone"),
    [
        ("Europe/Berlin", "Europe/Berlin"),
        (":UTC", "UTC"),
        ("/usr/share/zoneinfo/Asia/Kolkata", "Asia/Kolkata"),
        # Without a name, the zone that is now as far from UTC.
        ("XYZ-7", "Etc/GMT-7"),
        ("XYZ+3", "Etc/GMT+3"),
        ("XYZ-5:30", "UTC"),
        ("../x", "UTC"),
    ],
)
def test_the_days_are_those_of_the_systems_time_zone(monkeypatch, named, zone):
    monkeypatch.setenv("TZ", named)
    time.tzset()
    assert system_zone_name() == zone


def test_without_a_name_in_the_environment_the_systems_files_are_read(monkeypatch):
    monkeypatch.delenv("TZ")
    time.tzset()
    monkeypatch.setattr(tzlocal, "get_localzone_name", lambda: "America/Sao_Paulo")
    assert system_zone_name() == "America/Sao_Paulo"

    def named_twice():
        raise ZoneInfoNotFoundError("Multiple conflicting time zone configurations found")

    monkeypatch.setattr(tzlocal, "get_localzone_name", named_twice)
    assert find_zone(system_zone_name())


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
