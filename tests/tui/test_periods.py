"""What people write for a time, and what it comes to."""

from __future__ import annotations

import time
from datetime import UTC, date, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.instructions import fields
from ewallet_core.instructions.validation import accepts
from ewallet_core.presentation.formatting import DateOrder, Formats, formats_in_use, use, use_zone
from ewallet_core.presentation.periods import ALL_THE_TIME, ENDS_FIRST, HOW_TO_WRITE_IT, Period, read_period

FRIDAY = date(2026, 11, 20)


def day(text):
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("written", "since", "until", "words"),
    [
        ("today", "2026-11-20", "2026-11-21", "today"),
        (" Yesterday ", "2026-11-19", "2026-11-20", "yesterday"),
        ("this week", "2026-11-16", "2026-11-23", "16 Nov 2026 to 22 Nov 2026"),
        ("last week", "2026-11-09", "2026-11-16", "9 Nov 2026 to 15 Nov 2026"),
        ("month", "2026-11-01", "2026-12-01", "Nov 2026"),
        ("last month", "2026-10-01", "2026-11-01", "Oct 2026"),
        ("this year", "2026-01-01", "2027-01-01", "2026"),
        ("last year", "2025-01-01", "2026-01-01", "2025"),
        ("7 days", "2026-11-14", "2026-11-21", "14 Nov 2026 to today"),
        ("last 1 day", "2026-11-20", "2026-11-21", "today"),
        ("2024", "2024-01-01", "2025-01-01", "2024"),
        ("2024-2", "2024-02-01", "2024-03-01", "Feb 2024"),
        ("2026-11-03", "2026-11-03", "2026-11-04", "3 Nov 2026"),
        ("3.11.2026", "2026-11-03", "2026-11-04", "3 Nov 2026"),
        ("3 nov", "2026-11-03", "2026-11-04", "3 Nov 2026"),
        ("Nov 3, 2025", "2025-11-03", "2025-11-04", "3 Nov 2025"),
        ("november", "2026-11-01", "2026-12-01", "Nov 2026"),
        ("dec", "2025-12-01", "2026-01-01", "Dec 2025"),
        ("monday", "2026-11-16", "2026-11-17", "16 Nov 2026"),
        ("fri", "2026-11-20", "2026-11-21", "today"),
        ("3 nov to 9 nov", "2026-11-03", "2026-11-10", "3 Nov 2026 to 9 Nov 2026"),
        ("2026-10..2026-11", "2026-10-01", "2026-12-01", "1 Oct 2026 to 30 Nov 2026"),
        ("from 3 nov until yesterday", "2026-11-03", "2026-11-20", "3 Nov 2026 to yesterday"),
    ],
)
def test_a_time_is_read_as_people_write_it(written, since, until, words):
    assert read_period(written, FRIDAY) == Period(day(since), day(until), words)


def test_an_end_may_be_left_open():
    assert read_period("since last month", FRIDAY) == Period(day("2026-10-01"), None, "since 1 Oct 2026")
    assert read_period("until 2026-11-03", FRIDAY) == Period(None, day("2026-11-04"), "until 3 Nov 2026")


@pytest.mark.parametrize("written", ["", "  ", "all", "all dates"])
def test_nothing_means_all_the_time(written):
    assert read_period(written, FRIDAY) == ALL_THE_TIME
    assert ALL_THE_TIME.arguments() == {}


@pytest.mark.parametrize(
    "written",
    [
        "soon",
        "2026-13",
        "2026-02-30",
        "31 nov",
        "0 days",
        "1969",
        "9999",
        "3 foo",
        "to",
        "1 2 3",
        "٣ nov",
        "\x00",
    ],
)
def test_what_is_no_time_is_said_with_examples(written):
    with pytest.raises(ValueError, match=HOW_TO_WRITE_IT):
        read_period(written, FRIDAY)


def test_a_period_that_ends_first_is_said_so():
    with pytest.raises(ValueError, match=ENDS_FIRST):
        read_period("9 nov to 3 nov", FRIDAY)


def test_the_days_are_those_of_the_person():
    east = timezone(timedelta(hours=2))
    assert read_period("2026-11-03", FRIDAY).arguments(east) == {
        "since": "2026-11-02T22:00:00Z",
        "until": "2026-11-03T22:00:00Z",
    }
    assert read_period("since 1970", FRIDAY).arguments(east) == {"since": "1970-01-01T00:00:00Z"}


@pytest.mark.parametrize("is_chosen", [True, False], ids=["of the setting", "of the system"])
@pytest.mark.parametrize(
    ("zone", "day", "since", "until"),
    [
        ("Asia/Kolkata", "2026-11-03", "2026-11-02T18:30:00Z", "2026-11-03T18:30:00Z"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        # There was no midnight on that day.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"),
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z"),
    ],
)
def test_a_day_is_one_of_the_persons_time_zone(zone, day, since, until, is_chosen, monkeypatch):
    monkeypatch.setenv("TZ", "UTC" if is_chosen else zone)
    time.tzset()
    use_zone(ZoneInfo(zone) if is_chosen else None)
    try:
        assert read_period(day, FRIDAY).arguments() == {"since": since, "until": until}
    finally:
        use_zone(None)


def period_or_problem(text):
    try:
        return read_period(text, FRIDAY)
    except ValueError as problem:
        return str(problem)


@pytest.fixture(params=DateOrder)
def order(request):
    use(Formats(dates=request.param))
    yield request.param
    use(Formats())


def test_a_period_is_written_and_read_in_the_chosen_format(order):
    period = read_period("2026-11-03 to 2026-12-09", FRIDAY)
    assert formats_in_use().day(date(2026, 11, 3)) in period.words
    assert read_period(period.words, FRIDAY) == period


def test_where_the_day_comes_first_it_does_with_any_mark():
    assert read_period("3/11/2026", FRIDAY) == read_period("3.11.2026", FRIDAY)


@given(text=st.text(max_size=30))
def test_any_text_is_a_period_or_says_why_not(text):
    answer = period_or_problem(text)
    if isinstance(answer, Period):
        assert all(accepts(fields.Instant, value) for value in answer.arguments(UTC).values())
    else:
        assert answer in {HOW_TO_WRITE_IT, ENDS_FIRST}


@given(begins=st.dates(date(1970, 1, 1), date(9998, 12, 31)), days=st.integers(0, 400))
def test_the_words_of_a_period_mean_that_period(begins, days):
    written = f"{begins} to {min(begins + timedelta(days), date(9998, 12, 31))}"
    period = read_period(written, FRIDAY)
    assert read_period(period.words, FRIDAY) == period
