"""What people write for a moment in the past."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.presentation.past_times import HOW_TO_WRITE_A_TIME, read_moment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 30, 15, 0, 5, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("14:30", "2026-11-30 14:30:00"),
        ("14.30", "2026-11-30 14:30:00"),
        ("14h30", "2026-11-30 14:30:00"),
        ("14:30:15", "2026-11-30 14:30:15"),
        ("2:30 pm", "2026-11-30 14:30:00"),
        ("2pm", "2026-11-30 14:00:00"),
        ("12 AM", "2026-11-30 00:00:00"),
        ("noon", "2026-11-30 12:00:00"),
        ("15:00", "2026-11-30 15:00:00"),
        # It has not come yet today.
        ("15:01", "2026-11-29 15:01:00"),
        ("at 23:10", "2026-11-29 23:10:00"),
        ("Yesterday at 23:10", "2026-11-29 23:10:00"),
        ("today, 16:00", "2026-11-30 16:00:00"),
        ("sat 9:00", "2026-11-28 09:00:00"),
        ("29 Nov 10:00", "2026-11-29 10:00:00"),
        ("2026-11-29 10:00", "2026-11-29 10:00:00"),
        ("2026-11-29T10:00:15", "2026-11-29 10:00:15"),
        ("now", "2026-11-30 15:00:05"),
        ("20 minutes ago", "2026-11-30 14:40:05"),
        ("20min ago", "2026-11-30 14:40:05"),
        ("20m", "2026-11-30 14:40:05"),
        ("1h 20m ago", "2026-11-30 13:40:05"),
        ("1 hour and 5 minutes ago", "2026-11-30 13:55:05"),
        ("1,5 hours ago", "2026-11-30 13:30:05"),
        ("half an hour ago", "2026-11-30 14:30:05"),
        ("an hour ago", "2026-11-30 14:00:05"),
        ("0.125 days ago", "2026-11-30 12:00:05"),
        ("2 days ago", "2026-11-28 15:00:05"),
    ],
)
def test_a_moment_is_read_as_people_write_it(written, moment):
    assert read_moment(written, NOW, BERLIN) == datetime.fromisoformat(moment).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    "written",
    [
        *("", "14", "20", "25:00", "14:60", "13 pm", "0 am", "soon", "ago", "20 parsecs ago", "999999d ago"),
        # Thousands, or places?
        *("1,000 minutes ago", "1.000 minutes ago", "1h 1,000s"),
        *("20m ago please", "last week 10:00", "32 Nov 10:00", "14:30 yesterday 10"),
    ],
)
def test_anything_else_is_explained(written):
    with pytest.raises(ValueError, match=HOW_TO_WRITE_A_TIME):
        read_moment(written, NOW, BERLIN)


# The clocks go back from 03:00 to 02:00 at 01:00 UTC; it is 02:15 for the second time.
SECOND_QUARTER_PAST_TWO = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize("now_in", [UTC, BERLIN])
@pytest.mark.parametrize(
    ("written", "minutes_ago"),
    [
        *(("02:10", 5), ("02:15", 0), ("today 02:10", 5), ("02:40", 35), ("today 02:40", 35)),
        *(("01:50", 85), ("03:00", 23 * 60 + 15 + 60), ("20 minutes ago", 20), ("3 hours ago", 180)),
    ],
)
def test_a_time_that_the_clocks_repeat_is_its_last_occurrence(written, minutes_ago, now_in):
    moment = read_moment(written, SECOND_QUARTER_PAST_TWO.astimezone(now_in), BERLIN)
    assert SECOND_QUARTER_PAST_TWO - moment.astimezone(UTC) == timedelta(minutes=minutes_ago)


def test_a_time_that_the_clocks_skip_is_as_long_after_the_change():
    noon = datetime(2026, 3, 29, 12, tzinfo=BERLIN)
    assert f"{read_moment('02:30', noon, BERLIN):%d %H:%M}" == "29 03:30"


@given(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9 :.hdmsapgo]{1,16}", fullmatch=True)))
def test_any_text_is_a_moment_or_explained(text):
    with suppress(ValueError):
        assert read_moment(text, NOW, BERLIN).tzinfo is not None


@given(st.integers(0, 86_399))
def test_a_time_of_day_is_its_last_occurrence(second):
    at = timedelta(seconds=second)
    moment = read_moment(str(at), NOW, BERLIN)
    assert NOW - timedelta(days=1) < moment <= NOW
    assert (moment.hour, moment.minute, moment.second) == (second // 3600, second // 60 % 60, second % 60)
