"""Reads timestamps and months, and divides time into calendar periods, in milliseconds UTC."""

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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# `fromisoformat` reads more forms, such as weeks and ordinal dates, which clients must not rely on.
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d(T([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,3})?(Z|[+-]\d\d:[0-5]\d))?", re.ASCII
)
_MONTH = re.compile(r"\d{4}-\d\d", re.ASCII)


class PeriodUnit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def instant(text: str) -> int:
    """A date (its midnight UTC), or a time with `Z` or an offset, of the years 1970 to 9999.

    Raises `ValueError` if it is neither.
    """
    if not _INSTANT.fullmatch(text):
        raise ValueError(text)
    at = datetime.fromisoformat(text)
    milliseconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // timedelta(milliseconds=1)
    if not 0 <= milliseconds < END_OF_TIME:
        raise ValueError(text)
    return milliseconds


def month_bounds(text: str, zone: tzinfo = UTC) -> tuple[int, int]:
    """The start and end of a month such as 2026-11 in a zone; raises `ValueError` if it is none."""
    if not _MONTH.fullmatch(text):
        raise ValueError(text)
    start = instant(f"{text}-01")
    end = next_start(PeriodUnit.MONTH, start)
    return _shifted(start, zone), _shifted(end, zone)


def _shifted(at: int, zone: tzinfo) -> int:
    """The instant at which that zone shows the date and time that UTC shows at `at`; not before 1970."""
    if zone is UTC or at >= END_OF_TIME:
        return at
    local = (_EPOCH + timedelta(milliseconds=at)).replace(tzinfo=zone)
    return max(0, (local - _EPOCH) // timedelta(milliseconds=1))


def next_start(step: PeriodUnit, at: int) -> int:
    """The next start of a day, a week (on a Monday) or a month after `at`."""
    day = at // DAY
    match step:
        case PeriodUnit.DAY:
            return (day + 1) * DAY
        case PeriodUnit.WEEK:
            # 1970-01-01 was a Thursday.
            return (day + 7 - (day + 3) % 7) * DAY
        case PeriodUnit.MONTH:
            return _next_month(at)


def periods(since: int, until: int, step: PeriodUnit, ahead: int = 0) -> Iterator[tuple[int, int]]:
    """The days, weeks or months from `since` to `until`, which cut the first and the last.

    They begin at midnight of a time zone that is `ahead` milliseconds ahead of UTC.
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
    """The last days in that zone up to today, oldest first, each with the instant at which it ends."""
    today = (_EPOCH + timedelta(milliseconds=now)).astimezone(zone).date()
    days = [today - timedelta(days=before) for before in reversed(range(count))]
    ends = [datetime.combine(day + timedelta(days=1), time(), zone) for day in days]
    return [(day, (end - _EPOCH) // timedelta(milliseconds=1)) for day, end in zip(days, ends, strict=True)]


def a_year_before(at: int) -> int:
    """The same day and time a year earlier, for 29 February the 28th, but not before 1970."""
    today = _date_at(at)
    is_leap_day = (today.month, today.day) == (2, 29)
    then = today.replace(year=today.year - 1, day=28 if is_leap_day else today.day)
    return max(_midnight(then) + at % DAY, 0)


def _next_month(at: int) -> int:
    if at >= END_OF_TIME:
        # In a time zone ahead of UTC it is already the year 10000, which `date` does not have.
        return END_OF_TIME + 31 * DAY
    today = _date_at(at)
    years, month = divmod(today.month, 12)
    if today.year + years > date.max.year:
        return END_OF_TIME
    return _midnight(date(today.year + years, month + 1, 1))


def _midnight(day: date) -> int:
    return (day.toordinal() - _EPOCH.toordinal()) * DAY


def _date_at(at: int) -> date:
    return date.fromordinal(at // DAY + _EPOCH.toordinal())
