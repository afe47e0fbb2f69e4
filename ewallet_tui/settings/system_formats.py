"""The forms of numbers, times and dates that the machine's own settings name."""

from __future__ import annotations

import locale

from ewallet_tui.settings.formats import SPACE, SPACES, DateOrder, Formats

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
