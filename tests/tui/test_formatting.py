import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.presentation import formatting

LONGEST = 10**12 * formatting.MINUTE
milliseconds = st.integers(min_value=0, max_value=LONGEST)
PARIS = timezone(timedelta(hours=1))
NOW = datetime(2026, 11, 20, 22, 46, tzinfo=UTC)


def in_seconds(reading: str) -> int:
    days, _, clock = reading.rpartition(" d ")
    parts = [int(part) for part in clock.split(":")]
    hours, minutes, seconds = [0] * (3 - len(parts)) + parts
    return (int(days.replace(",", "") or 0) * 24 + hours) * 3_600 + minutes * 60 + seconds


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 credits"), (1, "1 credit"), (1_240, "1,240 credits"), (10**12, "1,000,000,000,000 credits")],
)
def test_credits_are_grouped_and_agree_with_their_noun(number, text):
    assert formatting.credit_amount(number) == text


@pytest.mark.parametrize(("number", "text"), [(100, "+100"), (-1_020, "\N{MINUS SIGN}1,020"), (0, "0")])
def test_a_movement_carries_its_sign(number, text):
    assert formatting.signed(number) == text


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (0, "0:00"),
        (18_999, "0:18"),
        (1_182_000, "19:42"),
        (3_723_000, "1:02:03"),
        (183_845_000, "2 d 3:04:05"),
        (LONGEST, "694,444,444 d 10:40:00"),
    ],
)
def test_a_duration_reads_like_a_clock(time, text):
    assert formatting.duration(time) == text


@given(milliseconds)
def test_no_duration_is_wider_than_a_narrow_column(time):
    assert len(formatting.duration(time)) <= 22


@given(milliseconds)
def test_a_duration_loses_less_than_a_second(time):
    assert 0 <= time - in_seconds(formatting.duration(time)) * 1_000 < 1_000


@given(st.integers(min_value=1, max_value=LONGEST))
def test_a_countdown_shows_zero_only_when_nothing_is_left(left):
    assert formatting.countdown(left) != "0:00"


@given(st.integers(min_value=1, max_value=LONGEST))
def test_a_countdown_stays_until_the_next_second_and_then_falls_by_one(left):
    shown, wait = formatting.countdown(left), formatting.until_next_second(left)
    assert 0 < wait <= 1_000
    assert formatting.countdown(left - wait + 1) == shown
    assert in_seconds(formatting.countdown(left - wait)) == in_seconds(shown) - 1


@given(left=milliseconds, used=milliseconds)
def test_what_is_left_and_what_is_used_always_add_up_on_screen(left, used):
    used += -(left + used) % 1_000
    shown = in_seconds(formatting.countdown(left)) + in_seconds(formatting.duration(used))
    assert shown * 1_000 == left + used


def test_a_countdown_that_has_run_past_its_end_shows_nothing_left():
    assert formatting.countdown(-5_000) == "0:00"


def test_a_timestamp_of_an_answer_is_read_to_the_millisecond():
    expected = datetime(2026, 11, 20, 22, 46, 10, 123_000, tzinfo=UTC)
    assert formatting.parse_timestamp("2026-11-20T22:46:10.123Z") == expected


@pytest.mark.parametrize("text", ["", "soon", "2026-11-20T22:46:10.123"])
def test_a_timestamp_without_its_zone_is_refused(text):
    with pytest.raises(ValueError, match=text or "Invalid"):
        formatting.parse_timestamp(text)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (datetime(2026, 11, 20, 14, 2, tzinfo=UTC), "today 15:02"),
        (datetime(2026, 11, 19, 23, 30, tzinfo=UTC), "today 00:30"),
        (datetime(2026, 11, 19, 8, 15, tzinfo=UTC), "yesterday 09:15"),
        (datetime(2026, 11, 12, 13, 2, tzinfo=UTC), "12 Nov 14:02"),
        (datetime(2025, 12, 31, 23, 30, tzinfo=UTC), "1 Jan 00:30"),
        (datetime(2025, 11, 12, 13, 2, tzinfo=UTC), "12 Nov 2025 14:02"),
        (datetime(2026, 11, 21, 13, 2, tzinfo=UTC), "21 Nov 14:02"),
    ],
)
def test_a_moment_is_written_as_seen_from_now_in_the_users_zone(instant, text):
    assert formatting.moment(instant, NOW, PARIS) == text


@pytest.mark.parametrize("is_chosen", [True, False], ids=["of the setting", "of the system"])
@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Asia/Kolkata", ["today 04:16", "today 00:16", "yesterday 23:46", "20 Oct 04:16"]),
        ("Europe/Berlin", ["today 23:46", "today 19:46", "today 19:16", "20 Oct 00:46"]),
        ("America/Sao_Paulo", ["today 19:46", "today 15:46", "today 15:16", "19 Oct 19:46"]),
        ("Pacific/Apia", ["today 11:46", "today 07:46", "today 07:16", "20 Oct 11:46"]),
    ],
)
def test_a_moment_is_of_the_zone_in_use_with_its_changes_of_the_clocks(zone, words, is_chosen, monkeypatch):
    monkeypatch.setenv("TZ", "UTC" if is_chosen else zone)
    time.tzset()
    formatting.use_zone(ZoneInfo(zone) if is_chosen else None)
    ago = [timedelta(0), timedelta(hours=4), timedelta(hours=4, minutes=30), timedelta(days=32)]
    try:
        assert [formatting.moment(NOW - each, NOW) for each in ago] == words
        assert formatting.full_day(NOW) == formatting.full_day(NOW, ZoneInfo(zone))
    finally:
        formatting.use_zone(None)


def test_a_joiner_is_shown_where_a_name_needs_it_and_as_a_sign_elsewhere():
    sinhala, persian = "\u0dc1\u0dca\u200d\u0dbb\u0dd3", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
    for name in (sinhala, persian):
        assert formatting.one_line(name) == formatting.inert(name) == name
    assert formatting.one_line("ad\u200ca") == formatting.inert("ad\u200ca") == "ad\ufffda"
