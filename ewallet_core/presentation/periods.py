"""Periods as people write them: `today`, `last month`, `2026-11`, `3 Nov`, `nov to dec`, `since monday`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import tzlocal

from ewallet_core.presentation.formatting import MONTHS, DateOrder, formats_in_use, zone_in_use

HOW_TO_WRITE_IT = "Type dates such as today, last month, 2026-11, 3 Nov or 3 Nov to 9 Nov."
ENDS_FIRST = "That ends before it begins. Put the earlier day first."
EVERYTHING = "all dates"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(1970, 9999)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NAMES = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DAY = timedelta(days=1)

Span = tuple[date, date]
"""A first day, and the day after the last."""


@dataclass(frozen=True)
class Period:
    """The days from `since` up to and without `until`; `None` leaves that end open."""

    since: date | None
    until: date | None
    words: str
    """The period as text, such as `Nov 2026`."""

    def arguments(self, zone: tzinfo | None = None) -> dict[str, str]:
        """The instruction arguments `since` and `until`: midnight in `zone`, or in the user's time zone."""
        ends = {"since": self.since, "until": self.until}
        return {name: _midnight(day, zone) for name, day in ends.items() if day is not None}


ALL_THE_TIME = Period(None, None, EVERYTHING)


def read_period(text: str, today: date) -> Period:
    """Parse a period as seen from `today`; raises `ValueError` with a sentence for the user."""
    phrase = " ".join(text.casefold().replace(",", " ").split())
    if phrase in {"", "all", "ever", "all the time", EVERYTHING}:
        return ALL_THE_TIME
    try:
        since, until = _ends(phrase, today)
    except (ValueError, OverflowError):
        raise ValueError(HOW_TO_WRITE_IT) from None
    if since is not None and until is not None and since >= until:
        raise ValueError(ENDS_FIRST)
    return Period(since, until, _words(since, until, today))


def _ends(phrase: str, today: date) -> tuple[date | None, date | None]:
    if found := re.fullmatch(r"(?:since|from) (.+?)(?: (?:to|until|till) (.+))?", phrase):
        return _span(found[1], today)[0], _span(found[2], today)[1] if found[2] else None
    if found := re.fullmatch(r"(?:to|until|till) (.+)", phrase):
        return None, _span(found[1], today)[1]
    if found := re.fullmatch(r"(.+?) ?(?: to | until | till | - |\.\.) ?(.+)", phrase):
        return _span(found[1], today)[0], _span(found[2], today)[1]
    return _span(phrase, today)


def _span(phrase: str, today: date) -> Span:
    for read in (_by_word, _by_length, _by_digits, _by_month_name, _by_weekday):
        if (span := read(phrase, today)) is not None:
            return span
    raise ValueError(phrase)


def _by_word(phrase: str, today: date) -> Span | None:
    if phrase in {"today", "yesterday"}:
        day = today - _DAY * (phrase == "yesterday")
        return day, day + _DAY
    found = re.fullmatch(r"(?:(this|last) )?(week|month|year)", phrase)
    if found is None:
        return None
    now = _around(found[2], today)
    return _around(found[2], now[0] - _DAY) if found[1] == "last" else now


def _by_length(phrase: str, today: date) -> Span | None:
    found = re.fullmatch(r"(?:last )?([1-9][0-9]{0,3}) days?", phrase)
    return (today - _DAY * (int(found[1]) - 1), today + _DAY) if found else None


def _by_digits(phrase: str, _: date) -> Span | None:
    if found := re.fullmatch(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?", phrase):
        return _numbered(found[1], found[2], found[3])
    if found := re.fullmatch(r"([0-9]{1,2})\. ?([0-9]{1,2})\. ?([0-9]{4})", phrase):
        return _numbered(found[3], found[2], found[1])
    if found := re.fullmatch(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})", phrase):
        is_month_first = formats_in_use().dates is DateOrder.MONTH_FIRST
        month, day = (found[1], found[2]) if is_month_first else (found[2], found[1])
        return _numbered(found[3], month, day)
    return None


def _by_month_name(phrase: str, today: date) -> Span | None:
    found = re.fullmatch(r"(?:([0-9]{1,2})\.? )?([a-z]{3,9})(?: ([0-9]{1,2}))?(?: ([0-9]{4}))?", phrase)
    if found is None or (found[1] and found[3]):
        return None
    month = next((at for at, name in enumerate(_MONTH_NAMES, 1) if name.startswith(found[2])), None)
    if month is None:
        return None
    day = found[1] or found[3]
    if found[4]:
        return _numbered(found[4], str(month), day)
    span = _numbered(str(today.year), str(month), day)
    # Without a year: the most recent one that has begun.
    return span if span[0] <= today else _numbered(str(today.year - 1), str(month), day)


def _by_weekday(phrase: str, today: date) -> Span | None:
    found = re.fullmatch(r"(?:last )?([a-z]{3,9})", phrase)
    for weekday, name in enumerate(_WEEKDAYS):
        if found and name.startswith(found[1]):
            day = today - _DAY * ((today.weekday() - weekday) % 7)
            return day, day + _DAY
    return None


def _numbered(year: str, month: str | None, day: str | None) -> Span:
    if int(year) not in _YEARS:
        raise ValueError(year)
    first = date(int(year), int(month or 1), int(day or 1))
    if day:
        return first, first + _DAY
    return _around("month" if month else "year", first)


def _around(length: str, day: date) -> Span:
    """The week, month or year that holds `day`."""
    if length == "week":
        monday = day - _DAY * day.weekday()
        return monday, monday + 7 * _DAY
    if length == "month":
        first = day.replace(day=1)
        return first, (first + 31 * _DAY).replace(day=1)
    return date(day.year, 1, 1), date(day.year + 1, 1, 1)


def _words(since: date | None, until: date | None, today: date) -> str:
    if since is None:
        return f"until {_named(until - _DAY, today)}" if until else EVERYTHING
    if until is None:
        return f"since {_named(since, today)}"
    last = until - _DAY
    if since == last:
        return _named(since, today)
    if (since, until) == _around("month", since):
        return f"{MONTHS[since.month - 1]} {since.year}"
    if (since, until) == _around("year", since):
        return str(since.year)
    return f"{_named(since, today)} to {_named(last, today)}"


def _named(day: date, today: date) -> str:
    near = {today: "today", today - _DAY: "yesterday"}
    return near.get(day) or formats_in_use().day(day)


def _midnight(day: date, zone: tzinfo | None) -> str:
    # Without a name, the system's zone is not known, but it is that of a time without any.
    there = datetime.combine(day, time.min, zone or zone_in_use() or find_zone(_system_zone()))
    instant = max(there.astimezone(UTC), _EPOCH)
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def find_zone(name: str) -> ZoneInfo | None:
    """The time zone with that IANA name, if there is one."""
    try:
        return ZoneInfo(name) if name else None
    except (OSError, ValueError, ZoneInfoNotFoundError):
        return None


def zone_names() -> list[str]:
    """The IANA names of all time zones."""
    return sorted(available_timezones())


def system_zone_name() -> str:
    """The IANA name of the system's time zone.

    If it can't be found, it is that of the zone that always is as far from UTC as the system is now, or UTC.
    """
    if find_zone(name := _system_zone()):
        return name
    # In these names, zones east of Greenwich have a minus.
    hours, rest = divmod(-(datetime.now().astimezone().utcoffset() or timedelta()), timedelta(hours=1))
    return f"Etc/GMT{hours:+}" if hours and not rest else "UTC"


def _system_zone() -> str:
    """What should be the IANA name of the system's time zone."""
    # The library would pass over a TZ that is not a name, for the files that it overrules.
    if named := os.environ.get("TZ", "").lstrip(":"):
        return named.rpartition("zoneinfo/")[2]
    try:
        return tzlocal.get_localzone_name() or ""
    except ZoneInfoNotFoundError:
        # Its files name different zones.
        return ""
