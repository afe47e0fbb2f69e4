"""Reads timestamps and months, and divides time into calendar periods, in milliseconds UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ewallet_core.errors.requests import BadValueError

DAY = 86_400_000
END_OF_TIME = 253_402_300_800_000
"""The instant after the last one that has a year of four digits."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
_LONGEST_MONTH = 33 * DAY
_CALENDAR_CYCLE = 146_097 * DAY
# `fromisoformat` reads more forms, such as weeks and ordinal dates, which clients must not rely on.
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d(T([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:[0-5]\d))?", re.ASCII
)
_LONGEST_TIME = 64
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)


class PeriodUnit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def instant(text: str, zone: tzinfo = UTC) -> int:
    """A date (its midnight in that zone), or a time with `Z` or an offset, of the years 1970 to 9999.

    Raises `ValueError` if it is neither.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    at = datetime.fromisoformat(text)
    milliseconds = _milliseconds(at if at.tzinfo else at.replace(tzinfo=zone))
    # The first day may begin before 1970 in UTC.
    if at.tzinfo is None and at.year == _EPOCH.year:
        milliseconds = max(milliseconds, 0)
    if not 0 <= milliseconds < END_OF_TIME:
        raise ValueError(text)
    return milliseconds


def is_time_or_text(value: object) -> bool:
    """Whether it is a time as Python has it, or a short text, which other systems write in their own ways."""
    return isinstance(value, datetime) or (isinstance(value, str) and 0 < len(value) <= _LONGEST_TIME)


def month_bounds(text: str, zone: tzinfo = UTC) -> tuple[int, int]:
    """The start and end of a month such as 2026-11 in that zone; raises `ValueError` if it is none."""
    if not _MONTH.fullmatch(text):
        raise ValueError(text)
    start = instant(f"{text}-01", zone)
    return start, next_start(PeriodUnit.MONTH, start, zone)


def next_start(step: PeriodUnit, at: int, zone: tzinfo = UTC) -> int:
    """The next start of a day, a week (on a Monday) or a month in that zone after `at`.

    It is the zone's first midnight of that day, or the change of its clocks that skips midnight.
    """
    if at > END_OF_TIME - _LONGEST_MONTH:
        # `date` has no year 10000; the calendar and its weekdays repeat every 400 years.
        return next_start(step, at - _CALENDAR_CYCLE, zone) + _CALENDAR_CYCLE
    day = _date_in(zone, at)
    start = at
    while start <= at:
        # It is more than one step only if the clocks go back, or skip a whole day.
        day = _next_date(step, day)
        start = _midnight(day, zone)
    return start


def periods(since: int, until: int, step: PeriodUnit, zone: tzinfo = UTC) -> Iterator[tuple[int, int]]:
    """The days, weeks or months of that zone from `since` to `until`, which cut the first and the last."""
    while since < until:
        end = min(next_start(step, since, zone), until)
        yield since, end
        since = end


def find_time_zone(name: str) -> ZoneInfo:
    """The time zone with that IANA name; raises `BadValueError` for `time_zone` if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A folder or another file among the zones raises OSError or ValueError.
        raise BadValueError("time_zone", "the IANA name of a time zone, such as Europe/Berlin") from None


def last_days(now: int, zone: tzinfo, count: int) -> tuple[tuple[date, int], ...]:
    """The last days in that zone up to today, oldest first, each with the instant at which it ends."""
    return _days_up_to(_date_in(zone, now), zone, count)


# Every view of an overview asks for the same ones until midnight.
@lru_cache(maxsize=256)
def _days_up_to(day: date, zone: tzinfo, count: int) -> tuple[tuple[date, int], ...]:
    end = _midnight(day + _DAY, zone)
    days: list[tuple[date, int]] = []
    while len(days) < count:
        start = _midnight(day, zone)
        # A zone that moves to the other side of the date line skips a day.
        if start < end:
            days.append((day, end))
        day, end = day - _DAY, start
    return tuple(days[::-1])


def a_year_before(at: int, zone: tzinfo = UTC) -> int:
    """The same day and time a year earlier, for 29 February the 28th, but not before 1970."""
    now = _calendar(at).astimezone(zone)
    is_leap_day = (now.month, now.day) == (2, 29)
    then = now.replace(year=now.year - 1, day=28 if is_leap_day else now.day)
    return max(_milliseconds(then), 0)


def _next_date(step: PeriodUnit, day: date) -> date:
    match step:
        case PeriodUnit.DAY:
            return day + _DAY
        case PeriodUnit.WEEK:
            return day + _DAY * (7 - day.weekday())
        case PeriodUnit.MONTH:
            return (day.replace(day=28) + 4 * _DAY).replace(day=1)


def _midnight(day: date, zone: tzinfo) -> int:
    return _milliseconds(datetime.combine(day, time(), zone))


def _date_in(zone: tzinfo, at: int) -> date:
    return _calendar(at).astimezone(zone).date()


def _calendar(at: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=at)


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MILLISECOND
