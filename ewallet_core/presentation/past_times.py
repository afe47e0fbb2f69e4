"""Moments in the past as people write them: `14:30`, `2:30 pm`, `yesterday 23:10`, `20 minutes ago`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from ewallet_core.presentation.formatting import zone_in_use
from ewallet_core.presentation.periods import read_period

HOW_TO_WRITE_A_TIME = "Type a time such as 14:30 or 20 minutes ago."

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
# Three places could be thousands, unless a 0 is before them.
_AMOUNT = re.compile(
    r"(0[.,][0-9]{3}|[0-9]{1,6}(?:[.,][0-9]{1,2})?) ?"
    r"(days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])"
)
_WORDS = (("half an hour", "30 minutes"), ("an hour", "1 hour"), ("a minute", "1 minute"), (" and ", " "))
_TIME = re.compile(r"([0-9]{1,2})(?:[:.h]([0-9]{2})(?:[:.]([0-9]{2}))?)? ?(am|pm|a\.m\.|p\.m\.)?")
_DATE_AND_TIME = re.compile(r"^([0-9]{4}-[0-9]{2}-[0-9]{2})t")
_NAMED_TIMES = {"noon": time(12), "midnight": time(0)}
_DAY = timedelta(days=1)


def read_moment(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """Parse a moment as seen from `now`, in `zone` or the user's time zone.

    A time of day alone is its last occurrence. Raises `ValueError` with a sentence for the user.
    """
    zone = zone or zone_in_use()
    phrase = _DATE_AND_TIME.sub(r"\1 ", " ".join(text.casefold().split()))
    try:
        if phrase in {"now", "just now"}:
            return now
        before = _time_before(phrase)
        # Between local times of one zone, Python computes as if its clocks were never changed.
        at = _time_of_day(phrase, now, zone) if before is None else now.astimezone(UTC) - before
        return at.astimezone(zone)
    except (ValueError, OverflowError):
        raise ValueError(HOW_TO_WRITE_A_TIME) from None


def _time_before(phrase: str) -> timedelta | None:
    """How long ago it was; None if it is not written that way."""
    said = phrase.removesuffix(" ago").removesuffix("ago")
    for words, meant in _WORDS:
        said = said.replace(words, meant)
    if not said or _AMOUNT.sub("", said).strip(" ,"):
        return None
    parts = ((float(number.replace(",", ".")), unit[0]) for number, unit in _AMOUNT.findall(said))
    return timedelta(seconds=sum(number * _SECONDS[unit] for number, unit in parts))


def _time_of_day(phrase: str, now: datetime, zone: tzinfo | None) -> datetime:
    words, at = _split(phrase)
    today = now.astimezone(zone).date()
    days = [_one_day(words, today)] if words else [today - _DAY, today]
    found = [each for day in days for each in _on_day(day, at, zone)]
    return max((each for each in found if each <= now), default=found[0])


def _split(phrase: str) -> tuple[str, time]:
    """The words for the day, which may be none, and the time of day after them."""
    for begin in range(len(phrase)):
        if begin == 0 or phrase[begin - 1] == " ":
            at = _NAMED_TIMES.get(phrase[begin:]) or _clock_time(phrase[begin:])
            if at is not None:
                return f" {phrase[:begin].strip()}".removesuffix(" at").strip(" ,"), at
    raise ValueError(phrase)


def _clock_time(words: str) -> time | None:
    found = _TIME.fullmatch(words)
    if found is None or not (found[2] or found[4]):
        return None
    hour = int(found[1])
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4].startswith("p") else 0)
    return time(hour, int(found[2] or 0), int(found[3] or 0))


def _one_day(words: str, today: date) -> date:
    period = read_period(words, today)
    if period.since is None or period.until != period.since + _DAY:
        raise ValueError(words)
    return period.since


def _on_day(day: date, at: time, zone: tzinfo | None) -> list[datetime]:
    """When that time is on that day, in UTC: twice if the clocks go back over it."""
    # Without a zone, it is the system's.
    first, second = (datetime.combine(day, at.replace(fold=fold), zone).astimezone(UTC) for fold in (0, 1))
    # If the clocks skip that time, the second one is earlier, and before the change.
    return [first, second] if second > first else [first]
