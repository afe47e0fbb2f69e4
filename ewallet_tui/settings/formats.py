"""How numbers, times of day and dates are written, and how a written number is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
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
