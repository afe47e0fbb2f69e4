"""Amounts, durations and moments as people write them, from the exact whole numbers kept inside."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal

from ewallet_tui.settings.formats import Formats

MINUS = "\N{MINUS SIGN}"
SECOND = 1_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE

_in_use = Formats()


def use(formats: Formats) -> None:
    """Write numbers, times and dates in these forms from now on, in every part of the program.

    Not a context variable: what is on a screen is written in tasks that began before the person chose.
    """
    global _in_use  # noqa: PLW0603 - the language that a program speaks is one
    _in_use = formats


def formats_in_use() -> Formats:
    """The forms in which everything is written now."""
    return _in_use


def count(number: int, singular: str, plural: str | None = None) -> str:
    """`number` with its thousands apart and the noun that agrees: `1 pause`, `1,240 credits`."""
    noun = singular if abs(number) == 1 else plural or f"{singular}s"
    return f"{grouped(number)} {noun}"


def grouped(number: int) -> str:
    """`number` with its thousands apart, and a true minus sign below zero."""
    return _in_use.number(number).replace("-", MINUS)


def signed(number: int) -> str:
    """`number` with the sign that says where it went: a plus for what came, a true minus for what left."""
    return f"+{grouped(number)}" if number > 0 else grouped(number)


def credit_amount(number: int) -> str:
    """An amount of credits: `1,240 credits`."""
    return count(number, "credit")


def price(currency: str, cost: object) -> str:
    """An amount of money: `EUR 1,012.50`."""
    return f"{currency} {_in_use.decimal(Decimal(str(cost)))}".replace("-", MINUS)


def duration(milliseconds: int) -> str:
    """Time that has passed, in whole seconds gone by: `0:18`, `19:42`, `1:02:03`, `2 d 3:04:05`."""
    return _clock_reading(milliseconds // SECOND)


def countdown(milliseconds: int) -> str:
    """Time that is left: a second begun counts as there, so `0:00` is shown only when nothing is left."""
    return _clock_reading(-(-milliseconds // SECOND))


def until_next_second(milliseconds_left: int) -> int:
    """How long the countdown of what is left stays as it is, in milliseconds: above 0, at most a second."""
    return (milliseconds_left - 1) % SECOND + 1


def _clock_reading(seconds: int) -> str:
    days, rest = divmod(max(seconds, 0), DAY // SECOND)
    minutes, second = divmod(rest, 60)
    hours, minute = divmod(minutes, 60)
    if days:
        return f"{grouped(days)} d {hours}:{minute:02}:{second:02}"
    if hours:
        return f"{hours}:{minute:02}:{second:02}"
    return f"{minute}:{second:02}"


def parse_timestamp(text: str) -> datetime:
    """The instant that an answer's timestamp names (RFC 3339, `…Z`); raises `ValueError` where it is none."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant


def moment(instant: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """When an instant is, as seen from `now`: `today 14:02`, `yesterday 09:15`, `12 Nov 2025 14:02`."""
    local, today = instant.astimezone(zone), now.astimezone(zone).date()
    return f"{_day(local, today)} {_in_use.time(local)}"


def full_day(instant: datetime, zone: tzinfo | None = None) -> str:
    """The date of an instant with its year, however near: `12 Nov 2026`."""
    return _in_use.day(instant.astimezone(zone))


def _day(local: datetime, today: date) -> str:
    if local.date() == today:
        return "today"
    if local.date() == today - timedelta(days=1):
        return "yesterday"
    return _in_use.day(local, with_year=local.year != today.year)
