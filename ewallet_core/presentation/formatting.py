"""Numbers, durations, times and dates as text, parsing of typed numbers, and safe display of user text."""

from __future__ import annotations

import locale
import re
import unicodedata
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from ewallet_core.spelling import is_needed_joiner

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SPACE = "\N{NO-BREAK SPACE}"
SPACES = f" {SPACE}\N{NARROW NO-BREAK SPACE}"
"""A typed space always separates thousands: no language uses it as the decimal mark."""


class DateOrder(StrEnum):
    """How a date is written; the values show 12 November of this year."""

    DAY_AND_NAME = "12 Nov"
    MONTH_FIRST = "11/12"
    DAY_FIRST = "12.11."
    ISO = "2026-11-12"


class Formats(Struct, frozen=True):
    thousands: str = ","
    """The thousands separator; may be empty."""
    has_24_hours: bool = True
    dates: DateOrder = DateOrder.DAY_AND_NAME
    has_decimal_comma: bool = False
    """Whether decimals follow a comma even if thousands are not separated by points."""

    def number(self, number: int) -> str:
        """`1,240`."""
        return f"{number:,}".replace(",", self.thousands)

    @property
    def point(self) -> str:
        """The decimal mark: a comma if points separate the thousands, and never what separates them."""
        if self.thousands in {".", ","}:
            return "," if self.thousands == "." else "."
        return "," if self.has_decimal_comma else "."

    def decimal(self, number: Decimal) -> str:
        """A decimal number with all its digits: `1,012.50`, or `1.012,50`."""
        whole, point, places = f"{number:,f}".partition(".")
        return whole.replace(",", self.thousands) + point.replace(".", self.point) + places

    def read_number(self, typed: str) -> int | None:
        """The whole number that was typed, with spaces or the format's own thousands separators, or `None`.

        A number with separators never begins with 0: `0.500` is a half even if points separate thousands.
        """
        marks = f"[{re.escape(SPACES + self.thousands)}]"
        grouped = rf"[1-9][0-9]{{0,2}}(?P<mark>{marks})[0-9]{{3}}(?:(?P=mark)[0-9]{{3}}){{0,5}}"
        found = re.fullmatch(rf"[0-9]{{1,20}}|{grouped}", typed)
        if found is None:
            return None
        return int(typed.replace(found["mark"], "") if found["mark"] else typed)

    def read_decimal(self, typed: str) -> str | None:
        """The decimal number that was typed, with a point: `1012.50`; or `None`.

        A point is always accepted as the decimal mark, unless the text `is_unclear`.
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
        """Whether the text has a single mark that could separate thousands or decimals, here or elsewhere."""
        if re.fullmatch(r"(?!0)[0-9]{1,3}[.,][0-9]{3}", typed):
            return True
        if self.thousands not in {".", ","}:
            return False
        mark = re.escape(self.thousands)
        return re.fullmatch(rf"(?!0{mark})[0-9]+{mark}[0-9]{{3}}", typed) is not None

    def meanings(self, typed: str) -> tuple[str, str]:
        """The two numbers that an unclear text could be, as they would be clear: `1240` and `1.24`."""
        whole, fraction = re.split("[.,]", typed.lstrip("0"))
        places = fraction.rstrip("0")
        # Three places would be unclear again.
        places = f"{places}0" if len(places) == len("000") else places
        return f"{whole}{fraction}", f"{whole}{self.point if places else ''}{places}"

    def time(self, local: datetime) -> str:
        """`14:02` or `2:02 pm`."""
        if self.has_24_hours:
            return f"{local:%H:%M}"
        return f"{local.hour % 12 or 12}:{local:%M} {'am' if local.hour < 12 else 'pm'}"

    def day(self, day: date, *, with_year: bool = True) -> str:
        """`12 Nov 2026`, `11/12/2026`, `12.11.2026` or `2026-11-12`; the last always has its year."""
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


CATEGORIES = (locale.LC_NUMERIC, locale.LC_TIME)
NO_LOCALE = ("C", "POSIX")
MONTH_FIRST = ("%m/%d/", "%D", "%-m/%-d/")
DAY_FIRST = ("%d.%m.", "%d. %m.", "%-d.%-m.", "%e.%m.")
YEAR_FIRST = ("%F", "%Y", "%y")


def formats_of_system() -> Formats:
    """The formats of the system's locale. Not thread-safe: call it before starting threads.

    The locale of the process stays "C", because libraries also format numbers for machines.
    """
    before = [locale.setlocale(category) for category in CATEGORIES]
    try:
        names = [locale.setlocale(category, "") for category in CATEGORIES]
        return _formats_of(*names)
    except locale.Error:
        return Formats()
    finally:
        for category, name in zip(CATEGORIES, before, strict=True):
            locale.setlocale(category, name)


def _formats_of(numbers: str, times: str) -> Formats:
    conventions = locale.localeconv()
    thousands = thousands_separator(str(conventions["thousands_sep"]), str(conventions["decimal_point"]))
    has_comma = conventions["decimal_point"] == ","
    if _is_no_locale(numbers):
        thousands = Formats().thousands
    if _is_no_locale(times):
        return Formats(thousands, has_decimal_comma=has_comma)
    return Formats(
        thousands,
        has_decimal_comma=has_comma,
        has_24_hours=has_24_hours(locale.nl_langinfo(locale.T_FMT)),
        dates=date_order(locale.nl_langinfo(locale.D_FMT)),
    )


def _is_no_locale(name: str) -> bool:
    return name.partition(".")[0] in NO_LOCALE


def thousands_separator(mark: str, decimal_point: str) -> str:
    if len(mark) == 1 and mark not in SPACES and mark.isprintable():
        return mark
    usual = Formats().thousands
    return usual if not mark and decimal_point != usual else SPACE


def has_24_hours(form: str) -> bool:
    return not any(mark in form for mark in ("%r", "%I", "%l", "%p"))


def date_order(form: str) -> DateOrder:
    """The order most like a `strftime` date format; a day with the month's name is never ambiguous."""
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
_zone: tzinfo | None = None


def use(formats: Formats) -> None:
    """Set the formats of the whole program.

    Not a context variable: screens render in tasks that started before the user chose.
    """
    global _in_use  # noqa: PLW0603 - one locale for the whole program
    _in_use = formats


def formats_in_use() -> Formats:
    return _in_use


def use_zone(zone: tzinfo | None) -> None:
    """Set the time zone of the whole program; `None` is the system's."""
    global _zone  # noqa: PLW0603 - one time zone for the whole program
    _zone = zone


def zone_in_use() -> tzinfo | None:
    return _zone


def local(instant: datetime) -> datetime:
    """The instant in the user's time zone."""
    return instant.astimezone(_zone)


def count(number: int, singular: str, plural: str | None = None) -> str:
    """A number and the noun that agrees: `1 pause`, `1,240 credits`."""
    noun = singular if abs(number) == 1 else plural or f"{singular}s"
    return f"{grouped(number)} {noun}"


def grouped(number: int) -> str:
    """A number with thousands separators and a true minus sign."""
    return _in_use.number(number).replace("-", MINUS)


def signed(number: int) -> str:
    """A number with its sign: a plus for what came in, a true minus for what went out."""
    return f"+{grouped(number)}" if number > 0 else grouped(number)


def credit_amount(number: int) -> str:
    """`1,240 credits`."""
    return count(number, "credit")


def price(currency: str, cost: object) -> str:
    """`EUR 1,012.50`."""
    return f"{currency} {_in_use.decimal(Decimal(str(cost)))}".replace("-", MINUS)


def file_size(size: int) -> str:
    """A number of bytes, as file managers show it: `12 kB`, `1.4 MB`."""
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{-(-size // 1_000)} kB"


def duration(milliseconds: int) -> str:
    """Elapsed time in whole seconds, rounded down: `0:18`, `19:42`, `1:02:03`, `2 d 3:04:05`."""
    return _clock_reading(milliseconds // SECOND)


def signed_duration(milliseconds: int) -> str:
    """As `duration`, with its sign: `+5:00` for time that came in, a true minus for time that went out."""
    return f"{'+' if milliseconds > 0 else MINUS}{duration(abs(milliseconds))}"


def countdown(milliseconds: int) -> str:
    """Remaining time, rounded up, so that `0:00` means that nothing is left."""
    return _clock_reading(-(-milliseconds // SECOND))


def until_next_second(milliseconds_left: int) -> int:
    """The milliseconds until the countdown changes: above 0, at most a second."""
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
    """The instant of an answer's timestamp (RFC 3339, `…Z`); raises `ValueError` if it is none."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return instant


def moment(instant: datetime, now: datetime, zone: tzinfo | None = None) -> str:
    """An instant as seen from `now`: `today 14:02`, `yesterday 09:15`, `12 Nov 2025 14:02`."""
    there = instant.astimezone(zone or _zone)
    return f"{_day(there, now.astimezone(zone or _zone).date())} {_in_use.time(there)}"


def full_day(instant: datetime, zone: tzinfo | None = None) -> str:
    """The date of an instant, always with its year: `12 Nov 2026`."""
    return _in_use.day(instant.astimezone(zone or _zone))


def _day(there: datetime, today: date) -> str:
    if there.date() == today:
        return "today"
    if there.date() == today - timedelta(days=1):
        return "yesterday"
    return _in_use.day(there, with_year=there.year != today.year)


UNSEEN = "\N{REPLACEMENT CHARACTER}"
# They combine emoji, and can do nothing deceptive.
HARMLESS_FORMATS = frozenset("\N{ZERO WIDTH JOINER}\N{VARIATION SELECTOR-16}")


def _shown(text: str, at: int) -> str:
    character = text[at]
    if character in "\n\r\t\v\f\N{LINE SEPARATOR}\N{PARAGRAPH SEPARATOR}":
        return " "
    if character in HARMLESS_FORMATS or is_needed_joiner(text, at):
        return character
    # Control, format (such as bidirectional overrides) and surrogate characters.
    return UNSEEN if unicodedata.category(character) in {"Cc", "Cf", "Cs"} else character


# Sequences that terminals show in one, two or more cells, each as it likes.
_TAGGED_FLAG = re.compile("(?<=\U0001f3f4)[\U000e0020-\U000e007e]+\U000e007f")
_STYLES = frozenset("\ufe0e\ufe0f\u20e3\N{ZERO WIDTH JOINER}")
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_FLAG_LETTERS = range(0x1F1E6, 0x1F200)


def _steady(text: str, at: int) -> str:
    """The character there, without what would make its width differ between terminals."""
    character = text[at]
    if character in _STYLES and not is_needed_joiner(text, at):
        return ""
    if ord(character) in _SKIN_TONES:
        return "" if text[:at].strip() else "\N{BLACK SQUARE}"
    if ord(character) in _FLAG_LETTERS:
        return chr(ord("A") + ord(character) - _FLAG_LETTERS.start)
    return UNSEEN if unicodedata.category(character) == "Cn" else _shown(text, at)


def one_line(value: object) -> str:
    """`value` on one line for a terminal, without what moves the cursor or changes the text's direction.

    Emoji are shown in their plain form and flags as letters, because terminals disagree on other widths.
    """
    text = str(value)
    if text.isascii() and text.isprintable():
        return text
    text = _TAGGED_FLAG.sub("", text)
    return unicodedata.normalize("NFC", "".join(_steady(text, at) for at in range(len(text))))


def one_line_as_written(text: str) -> str:
    """As `one_line`, with a character for each of `text`, and emoji as they are."""
    return "".join(_shown(text, at) for at in range(len(text)))


def inert(text: str) -> str:
    """`text` with its lines and tabs, without control characters, safe to paste."""
    return "".join(each if each in "\n\t" else _shown(text, at) for at, each in enumerate(text))
