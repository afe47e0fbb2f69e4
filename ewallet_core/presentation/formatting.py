"""Numbers, amounts, durations, times and dates as text, and how a written number is read."""

from __future__ import annotations

import locale
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SPACE = "\N{NO-BREAK SPACE}"
SPACES = f" {SPACE}\N{NARROW NO-BREAK SPACE}"
"""No language has a space for its decimal point, so that one always parts thousands."""


class DateOrder(StrEnum):
    """How a date is written, shown by 12 November of this year."""

    DAY_AND_NAME = "12 Nov"
    MONTH_FIRST = "11/12"
    DAY_FIRST = "12.11."
    ISO = "2026-11-12"


@dataclass(frozen=True)
class Formats:
    """The forms in which numbers, times of day and dates are written."""

    thousands: str = ","
    """What parts the thousands; it may be nothing."""
    has_24_hours: bool = True
    dates: DateOrder = DateOrder.DAY_AND_NAME

    def number(self, number: int) -> str:
        """`number` with its thousands apart: `1,240`."""
        return f"{number:,}".replace(",", self.thousands)

    @property
    def point(self) -> str:
        """The decimal mark: a point, or a comma where points part the thousands."""
        return "," if self.thousands == "." else "."

    def decimal(self, number: Decimal) -> str:
        """A number that need not be whole, with all its places: `1,012.50`, or `1.012,50`."""
        whole, point, places = f"{number:,f}".partition(".")
        return whole.replace(",", self.thousands) + point.replace(".", self.point) + places

    def read_number(self, typed: str) -> int | None:
        """The whole number that was typed, its thousands parted by a space or as they are written; or `None`.

        Any other mark is somebody's decimal point, and is never taken for the thousands'. No number that
        has its thousands apart begins with a nought, so `0.500` is a half also where points part them.
        """
        marks = f"[{re.escape(SPACES + self.thousands)}]"
        parted = rf"[1-9][0-9]{{0,2}}(?P<mark>{marks})[0-9]{{3}}(?:(?P=mark)[0-9]{{3}}){{0,5}}"
        found = re.fullmatch(rf"[0-9]{{1,20}}|{parted}", typed)
        if found is None:
            return None
        return int(typed.replace(found["mark"], "") if found["mark"] else typed)

    def read_decimal(self, typed: str) -> str | None:
        """The number that was typed, with its places after a point: `1012.50`; or `None`.

        A point is a decimal point also where the comma is; which of the two a mark means `is_unclear` tells.
        """
        if self.is_unclear(typed):
            return None
        for mark in (self.point, "."):
            whole, _, places = typed.partition(mark)
            number = self.read_number(whole or "0")
            if number is not None and re.fullmatch("[0-9]+", places):
                return f"{number}.{places}"
        number = self.read_number(typed)
        return None if number is None else str(number)

    def is_unclear(self, typed: str) -> bool:
        """Whether a number that may be a fraction has one mark, which parts thousands in these forms."""
        if self.thousands not in {".", ","}:
            return False
        mark = re.escape(self.thousands)
        return re.fullmatch(rf"(?!0{mark})[0-9]+{mark}[0-9]{{3}}", typed) is not None

    def time(self, local: datetime) -> str:
        """The time of day: `14:02` or `2:02 pm`."""
        if self.has_24_hours:
            return f"{local:%H:%M}"
        return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"

    def day(self, day: date, *, with_year: bool = True) -> str:
        """A date: `12 Nov 2026`, `11/12/2026`, `12.11.2026`, `2026-11-12`; the last always has its year."""
        year = day.year if with_year else ""
        match self.dates:
            case DateOrder.ISO:
                return f"{day:%Y-%m-%d}"
            case DateOrder.DAY_FIRST:
                return f"{day.day}.{day.month}.{year}"
            case DateOrder.MONTH_FIRST:
                return f"{day.month}/{day.day}/{year}".removesuffix("/")
            case _:
                return f"{day.day} {MONTHS[day.month - 1]} {year}".rstrip()


APART = (locale.LC_NUMERIC, locale.LC_TIME)
NOBODYS = ("C", "POSIX")
MONTH_FIRST = ("%m/%d/", "%D", "%-m/%-d/")
DAY_FIRST = ("%d.%m.", "%d. %m.", "%-d.%-m.", "%e.%m.")
YEAR_FIRST = ("%F", "%Y", "%y")


def formats_of_system() -> Formats:
    """The forms that the environment names; called once, before there is another thread.

    What the process itself goes by stays as it was: libraries write numbers for machines, too.
    """
    before = [locale.setlocale(category) for category in APART]
    try:
        names = [locale.setlocale(category, "") for category in APART]
        return _told(*names)
    except locale.Error:
        return Formats()
    finally:
        for category, name in zip(APART, before, strict=True):
            locale.setlocale(category, name)


def _told(numbers: str, times: str) -> Formats:
    usual = Formats()
    told = locale.localeconv()
    thousands = thousands_told(str(told["thousands_sep"]), str(told["decimal_point"]))
    if _is_nobodys(times):
        return Formats(usual.thousands if _is_nobodys(numbers) else thousands)
    return Formats(
        usual.thousands if _is_nobodys(numbers) else thousands,
        has_24_hours=has_24_hours(locale.nl_langinfo(locale.T_FMT)),
        dates=date_order(locale.nl_langinfo(locale.D_FMT)),
    )


def _is_nobodys(name: str) -> bool:
    return name.partition(".")[0] in NOBODYS


def thousands_told(mark: str, decimal_point: str) -> str:
    """What parts the thousands where the system has that mark, or none, and that decimal point."""
    if len(mark) == 1 and mark not in SPACES and mark.isprintable():
        return mark
    usual = Formats().thousands
    return usual if not mark and decimal_point != usual else SPACE


def has_24_hours(form: str) -> bool:
    """Whether a time of that form has 24 hours."""
    return not any(mark in form for mark in ("%r", "%I", "%l", "%p"))


def date_order(form: str) -> DateOrder:
    """The order nearest to a date of that form; a day and a month's name can't be mistaken anywhere."""
    if form.startswith(MONTH_FIRST):
        return DateOrder.MONTH_FIRST
    if form.startswith(DAY_FIRST):
        return DateOrder.DAY_FIRST
    return DateOrder.ISO if form.startswith(YEAR_FIRST) else DateOrder.DAY_AND_NAME


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
