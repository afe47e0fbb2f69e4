"""Instants and months as people write them and periods as calendars have them, in milliseconds UTC."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ewallet_core.errors.requests import BadValueError

MINUTE = 60_000
DAY = 86_400_000
END_OF_TIME = 253_402_300_800_000
"""The instant after the last one that has a year of four digits."""

_EPOCH = date(1970, 1, 1).toordinal()
_EPOCH_UTC = datetime(1970, 1, 1, tzinfo=UTC)
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,3}))?(?:Z|([+-])([0-9]{2}):([0-9]{2})))?"
)
_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")


class PeriodUnit(StrEnum):
    """How long the periods of a summary are."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def instant(text: str) -> int:
    """A date (its midnight UTC), or a time with `Z` or an offset, of the years 1970 to 9999.

    Raises `ValueError` where it is none of them.
    """
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise ValueError(text)
    year, month, day, hour, minute, second, fraction, sign, hours, ahead = found.groups(default="0")
    at = time(int(hour), int(minute), int(second))
    offset = time(int(hours), int(ahead))
    minutes = _minutes_of(at) + (_minutes_of(offset) if sign == "-" else -_minutes_of(offset))
    milliseconds = _midnight(date(int(year), int(month), int(day)))
    milliseconds += minutes * MINUTE + at.second * 1_000 + int(fraction.ljust(3, "0"))
    if not 0 <= milliseconds < END_OF_TIME:
        raise ValueError(text)
    return milliseconds


def month_bounds(text: str) -> tuple[int, int]:
    """Where a month such as 2026-11 begins and ends; raises `ValueError` where it is none."""
    found = _MONTH.fullmatch(text)
    if found is None:
        raise ValueError(text)
    begins = _midnight(date(int(found[1]), int(found[2]), 1))
    if begins < 0:
        raise ValueError(text)
    return begins, next_start(PeriodUnit.MONTH, begins)


def next_start(step: PeriodUnit, at: int) -> int:
    """The first instant after `at` at which a day, a week (on a Monday) or a month begins."""
    day = at // DAY
    match step:
        case PeriodUnit.DAY:
            return (day + 1) * DAY
        case PeriodUnit.WEEK:
            # The first day of all, 1970-01-01, was a Thursday.
            return (day + 7 - (day + 3) % 7) * DAY
        case PeriodUnit.MONTH:
            return _next_month(at)


def periods(since: int, until: int, step: PeriodUnit, ahead: int = 0) -> Iterator[tuple[int, int]]:
    """The days, weeks or months from `since` to `until`, of which these two cut the first and the last.

    They begin where clocks say so that are so many milliseconds ahead of UTC.
    """
    while since < until:
        end = min(next_start(step, since + ahead) - ahead, until)
        yield since, end
        since = end


def find_time_zone(name: str) -> ZoneInfo:
    """The time zone with that IANA name; raises `BadValueError` for `time_zone` if there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # A folder or another file among the zones raises OSError or ValueError.
        raise BadValueError("time_zone", "the IANA name of a time zone, such as Europe/Berlin") from None


def last_days(now: int, zone: tzinfo, count: int) -> list[tuple[date, int]]:
    """The last days in that zone up to today, oldest first, each with the instant at which the next begins."""
    today = (_EPOCH_UTC + timedelta(milliseconds=now)).astimezone(zone).date()
    days = [today - timedelta(days=before) for before in reversed(range(count))]
    return [(day, _start_of(day + timedelta(days=1), zone)) for day in days]


def _start_of(day: date, zone: tzinfo) -> int:
    start = datetime.combine(day, time(), zone)
    return (start - _EPOCH_UTC) // timedelta(milliseconds=1)


def a_year_before(at: int) -> int:
    """The same day and time a year earlier; of a 29 February the 28th; no earlier than 1970."""
    today = _date_at(at)
    is_leap_day = (today.month, today.day) == (2, 29)
    then = today.replace(year=today.year - 1, day=28 if is_leap_day else today.day)
    return max(_midnight(then) + at % DAY, 0)


def _next_month(at: int) -> int:
    if at >= END_OF_TIME:
        # Where clocks are ahead, it is January of a year already that no date has.
        return END_OF_TIME + 31 * DAY
    today = _date_at(at)
    years, month = divmod(today.month, 12)
    if today.year + years > date.max.year:
        return END_OF_TIME
    return _midnight(date(today.year + years, month + 1, 1))


def _minutes_of(at: time) -> int:
    return at.hour * 60 + at.minute


def _midnight(day: date) -> int:
    return (day.toordinal() - _EPOCH) * DAY


def _date_at(at: int) -> date:
    return date.fromordinal(at // DAY + _EPOCH)
