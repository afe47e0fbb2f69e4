"""Parsing dates and times of requests, and the boundaries of days, weeks and months."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from fakes import DAY, HOUR, MINUTE
from hypothesis import given, settings
from hypothesis import strategies as some

from ewallet_core.instructions import timestamps
from ewallet_core.instructions.timestamps import END_OF_TIME, PeriodUnit

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
instants = some.integers(0, END_OF_TIME - 1)
steps = some.sampled_from(PeriodUnit)


def calendar(milliseconds: int) -> datetime:
    return EPOCH + timedelta(milliseconds=milliseconds)


@given(instants, some.integers(-23 * 60 - 59, 23 * 60 + 59))
def test_an_instant_is_parsed_in_any_time_zone(milliseconds, minutes_ahead):
    try:
        there = calendar(milliseconds).astimezone(timezone(timedelta(minutes=minutes_ahead)))
    except OverflowError:
        return
    assert timestamps.instant(there.isoformat(timespec="milliseconds")) == milliseconds


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [
        ("1970-01-01", 0),
        ("1970-01-02", DAY),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500),
        ("1970-01-01T00:00:00.007Z", 7),
        ("1970-01-01T02:00:00+01:30", HOUR // 2),
        ("1969-12-31T23:30:00-01:00", HOUR // 2),
        ("9999-12-31T23:59:59.999Z", END_OF_TIME - 1),
    ],
)
def test_a_date_stands_for_midnight_and_milliseconds_are_optional(text, milliseconds):
    assert timestamps.instant(text) == milliseconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-20 12:00:00Z",
        "2026-11-20T12:00:00",
        "2026-11-20T12:00Z",
        "2026-11-20Z",
        "2026-11-31",
        "2025-02-29",
        "2026-13-01",
        "2026-11-20T24:00:00Z",
        "2026-11-20T12:00:60Z",
        "2026-11-20T12:00:00.1234Z",
        "2026-11-20T12:00:00+24:00",
        "2026-11-20\n",
        "٢٠٢٦-11-20",
        "1969-12-31T23:59:59.999Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01",
    ],
)
def test_an_invalid_instant_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - it is the whole promise
        timestamps.instant(text)


@settings(deadline=None)
@given(instants, steps)
def test_the_next_period_begins_at_the_next_fitting_midnight(at, step):
    start = timestamps.next_start(step, at)
    is_start = {
        PeriodUnit.DAY: lambda day: True,
        PeriodUnit.WEEK: lambda day: day.weekday() == 0,
        PeriodUnit.MONTH: lambda day: day.day == 1,
    }[step]
    midnights = range((at // DAY + 1) * DAY, min(start + 1, END_OF_TIME), DAY)
    assert start % DAY == 0
    assert [day for day in midnights if is_start(calendar(day))] == [start] * (start < END_OF_TIME)


@given(instants, some.integers(0, 400 * DAY), steps)
def test_periods_are_consecutive(since, length, step):
    until = min(since + length, END_OF_TIME - 1)
    found = list(timestamps.periods(since, until, step))
    edges = [since, *(end for _, end in found)]
    assert [start for start, _ in found] == edges[:-1]
    assert edges[-1] == until
    assert all(start < end for start, end in found)


@given(instants, some.integers(0, 400 * DAY), steps, some.integers(-14 * 60, 14 * 60))
def test_periods_follow_the_utc_offset(since, length, step, minutes_ahead):
    until = min(since + length, END_OF_TIME - 1)
    ahead, zone = minutes_ahead * MINUTE, timezone(timedelta(minutes=minutes_ahead))
    found = list(timestamps.periods(since, until, step, zone))
    assert [(start + ahead, end + ahead) for start, end in found] == list(
        timestamps.periods(since + ahead, until + ahead, step)
    )
    begins = {PeriodUnit.DAY: lambda day: True, PeriodUnit.WEEK: lambda day: day.weekday() == 0}
    for start, _ in found[1:]:
        midnight = EPOCH + timedelta(milliseconds=min(start + ahead, END_OF_TIME - 1))
        is_start = begins.get(step, lambda day: day.day == 1)
        assert start + ahead == END_OF_TIME or ((start + ahead) % DAY == 0 and is_start(midnight))


def test_the_last_month_ends_in_the_utc_offset():
    noon, zone = END_OF_TIME - DAY // 2, timezone(timedelta(hours=13))
    assert list(timestamps.periods(noon - 2 * HOUR, noon + HOUR, PeriodUnit.MONTH, zone)) == [
        (noon - 2 * HOUR, noon - HOUR),
        (noon - HOUR, noon + HOUR),
    ]


def starts_of(step: PeriodUnit, since: str, until: str, zone: str) -> list[str]:
    """The starts of the periods after the first, as local times with their offset."""
    local = ZoneInfo(zone)
    bounds = timestamps.instant(since, local), timestamps.instant(until, local)
    found = list(timestamps.periods(*bounds, step, local))
    return [calendar(start).astimezone(local).isoformat(timespec="minutes") for start, _ in found]


@pytest.mark.parametrize(
    ("zone", "since", "until", "starts"),
    [
        (
            "Europe/Berlin",
            "2026-10-24",
            "2026-10-27",
            ["2026-10-24T00:00+02:00", "2026-10-25T00:00+02:00", "2026-10-26T00:00+01:00"],
        ),
        # There is no midnight: the day begins at one.
        (
            "America/Sao_Paulo",
            "2018-11-03",
            "2018-11-05",
            ["2018-11-03T00:00-03:00", "2018-11-04T01:00-02:00"],
        ),
        # Midnight comes twice: the day begins with the first.
        ("Atlantic/Azores", "2026-10-25", "2026-10-27", ["2026-10-25T00:00+00:00", "2026-10-26T00:00-01:00"]),
        # 30 December was skipped.
        ("Pacific/Apia", "2011-12-29", "2012-01-01", ["2011-12-29T00:00-10:00", "2011-12-31T00:00+14:00"]),
        # At a minute past midnight the clocks went back to the day before: it is not begun twice.
        (
            "America/St_Johns",
            "2010-11-06",
            "2010-11-09",
            ["2010-11-06T00:00-02:30", "2010-11-07T00:00-02:30", "2010-11-08T00:00-03:30"],
        ),
        ("Asia/Kolkata", "2026-11-20", "2026-11-22", ["2026-11-20T00:00+05:30", "2026-11-21T00:00+05:30"]),
    ],
)
def test_a_day_begins_at_the_first_moment_that_has_its_date(zone, since, until, starts):
    assert starts_of(PeriodUnit.DAY, since, until, zone) == starts


def test_weeks_and_months_begin_at_midnight_on_both_sides_of_a_change_of_the_clocks():
    assert starts_of(PeriodUnit.WEEK, "2026-03-23", "2026-04-06", "Europe/Berlin") == [
        "2026-03-23T00:00+01:00",
        "2026-03-30T00:00+02:00",
    ]
    assert starts_of(PeriodUnit.MONTH, "2026-03-01", "2026-05-01", "Europe/Berlin") == [
        "2026-03-01T00:00+01:00",
        "2026-04-01T00:00+02:00",
    ]


@settings(deadline=None)
@given(
    some.integers(0, END_OF_TIME - 1),
    steps,
    some.sampled_from(("Europe/Berlin", "Pacific/Apia", "America/St_Johns", "Africa/Monrovia", "Asia/Gaza")),
)
def test_a_period_of_a_time_zone_begins_with_a_new_date_and_has_no_other(at, step, zone):
    local = ZoneInfo(zone)
    start = timestamps.next_start(step, at, local)
    assert start > at
    if start >= END_OF_TIME - DAY or at < DAY:
        return
    first, last = (calendar(each).astimezone(local) for each in (start, start - 1))
    assert first.date() > last.date()
    if step is PeriodUnit.DAY:
        assert start - at <= 26 * HOUR


def test_the_last_days_of_a_time_zone_leave_out_a_skipped_one():
    apia = ZoneInfo("Pacific/Apia")
    found = timestamps.last_days(timestamps.instant("2011-12-31T12:00:00+14:00"), apia, 3)
    assert [day.isoformat() for day, _ in found] == ["2011-12-28", "2011-12-29", "2011-12-31"]
    assert found[1][1] == timestamps.instant("2011-12-31", apia)


def test_a_date_begins_in_its_time_zone():
    kolkata = ZoneInfo("Asia/Kolkata")
    assert timestamps.instant("2026-11-20", kolkata) == timestamps.instant("2026-11-19T18:30:00Z")
    assert timestamps.instant("2026-11-20T00:00:00Z", kolkata) == timestamps.instant("2026-11-20")
    # Not before 1970, where that day began.
    assert timestamps.instant("1970-01-01", kolkata) == 0
    assert timestamps.month_bounds("2026-11", kolkata) == (
        timestamps.instant("2026-10-31T18:30:00Z"),
        timestamps.instant("2026-11-30T18:30:00Z"),
    )


@pytest.mark.parametrize(
    ("month", "first", "after"),
    [("1970-01", "1970-01-01", "1970-02-01"), ("2028-02", "2028-02-01", "2028-03-01")],
)
def test_a_month_ends_where_the_next_one_begins(month, first, after):
    assert timestamps.month_bounds(month) == (timestamps.instant(first), timestamps.instant(after))


def test_the_last_month_ends_at_the_last_instant():
    assert timestamps.month_bounds("9999-12")[1] == END_OF_TIME


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "1969-12", "2026-11-01", "2026-1", "0000-01"]
)
def test_an_invalid_month_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 - it is the whole promise
        timestamps.month_bounds(text)


@pytest.mark.parametrize(
    ("now", "then"),
    [
        ("2026-11-20T10:00:00Z", "2025-11-20T10:00:00Z"),
        ("2028-02-29T10:00:00Z", "2027-02-28T10:00:00Z"),
        ("1970-06-01", "1970-01-01"),
    ],
)
def test_a_year_before_is_the_same_day(now, then):
    assert timestamps.a_year_before(timestamps.instant(now)) == timestamps.instant(then)
