"""Numbers, times and dates in the forms that a person chose, and typed numbers that are never misread."""

import locale
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ewallet_core.instructions import fields
from ewallet_core.presentation import formatting
from ewallet_core.presentation.formatting import (
    DateOrder,
    Formats,
    date_order,
    formats_of_system,
    has_24_hours,
    thousands_separator,
)
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.widgets.form_field import Field

SPACE = "\N{NO-BREAK SPACE}"
NOW = datetime(2026, 11, 20, 14, 2, tzinfo=UTC)
CREDITS = Field("credits", "Credits", fields.Credits)
COST = Field("cost", "Cost", fields.Cost, placeholder="12.50")


@pytest.fixture(autouse=True)
def usual_formats_afterwards():
    yield
    formatting.use(Formats())


@pytest.mark.parametrize(
    ("thousands", "text"),
    [(",", "1,240,000"), (".", "1.240.000"), (SPACE, f"1{SPACE}240{SPACE}000"), ("", "1240000")],
)
def test_the_thousands_are_parted_as_chosen_wherever_there_is_a_number(thousands, text):
    formatting.use(Formats(thousands=thousands))
    assert formatting.grouped(1_240_000) == text
    assert formatting.credit_amount(1_240_000) == f"{text} credits"
    assert formatting.signed(-1_240_000) == f"\N{MINUS SIGN}{text}"
    assert formatting.duration(1_240_000 * formatting.DAY) == f"{text} d 0:00:00"


@pytest.mark.parametrize(
    ("order", "near", "far"),
    [
        (DateOrder.DAY_AND_NAME, "12 Nov", "12 Nov 2025"),
        (DateOrder.MONTH_FIRST, "11/12", "11/12/2025"),
        (DateOrder.DAY_FIRST, "12.11.", "12.11.2025"),
        (DateOrder.ISO, "2026-11-12", "2025-11-12"),
    ],
)
def test_a_date_has_its_year_where_it_is_another(order, near, far):
    formatting.use(Formats(dates=order))
    day = datetime(2026, 11, 12, 13, 2, tzinfo=UTC)
    assert formatting.moment(day, NOW, UTC) == f"{near} 13:02"
    assert formatting.moment(day.replace(year=2025), NOW, UTC) == f"{far} 13:02"
    assert formatting.full_day(day.replace(year=2025), UTC) == far


@pytest.mark.parametrize(
    ("hour", "text"), [(0, "12:02 am"), (9, "9:02 am"), (12, "12:02 pm"), (14, "2:02 pm")]
)
def test_twelve_hours_have_their_half_of_the_day(hour, text):
    formatting.use(Formats(has_24_hours=False))
    assert formatting.moment(NOW.replace(hour=hour), NOW, UTC) == f"today {text}"
    assert formatting.moment(NOW - timedelta(days=1), NOW, UTC) == "yesterday 2:02 pm"


@pytest.mark.parametrize(
    ("thousands", "typed"),
    [
        (",", "1,240"),
        (",", "1 240"),
        (",", "1240"),
        (".", "1.240"),
        (".", f"1{SPACE}240"),
        ("", "1 240"),
        ("'", "1'240"),
    ],
)
def test_an_amount_is_read_as_it_is_written(thousands, typed):
    formatting.use(Formats(thousands=thousands))
    assert CREDITS.read(typed) == 1_240


@pytest.mark.parametrize(
    ("thousands", "typed"),
    [
        (",", "1.240"), (".", "1,240"), (SPACE, "1,240"), (SPACE, "1.240"), ("", "1,240"), ("", "1.240"),
        (",", "1,24"), (",", "1,2400"), (",", "12,40"), (",", "1,240 000"), (".", "1.24"), (",", "1.24"),
        (".", "0.001"), (".", "0.500"), (",", "0,500"), (",", "01,240"), (",", "0 500"),
        (",", ",240"), ("", "1240."), (",", "1240,000"), (",", "0x10"), (",", "1e3"), (",", "٣"), ("", "-5"),
    ],
)  # fmt: skip
def test_what_could_be_a_fraction_is_taken_for_no_number(thousands, typed):
    formatting.use(Formats(thousands=thousands))
    with pytest.raises(ValueError, match="Credits must be"):
        CREDITS.read(typed)


@pytest.mark.parametrize(
    ("thousands", "typed", "cost"),
    [
        (",", "1.2400", "1.2400"), (",", "12.50", "12.50"), (",", "1,012.50", "1012.50"), (",", ".5", "0.5"),
        (",", "1 012.50", "1012.50"), ("'", "1'240", "1240"), (SPACE, "1 240.5", "1240.5"),
        (".", "12,50", "12.50"), (".", "1,2400", "1.2400"), (".", "1.012,50", "1012.50"), (".", "0,5", "0.5"),
        (".", "12.50", "12.50"), (".", "0.500", "0.500"), (".", "1240", "1240"),
        (".", "1.240.000", "1240000"),
    ],
)  # fmt: skip
def test_a_fraction_has_the_decimal_mark_that_is_shown(thousands, typed, cost):
    formatting.use(Formats(thousands=thousands))
    assert COST.read(typed) == cost


@pytest.mark.parametrize(
    ("thousands", "typed", "meant"),
    [
        (",", "1,240", "1240 or 1.24"), (".", "1.240", "1240 or 1,24"), (".", "01.240", "1240 or 1,24"),
        (".", "1240.500", "1240500 or 1240,5"), (",", "1.240", "1240 or 1.24"),
        (".", "1,240", "1240 or 1,24"), ("", "1.000", "1000 or 1"),
        (SPACE, "1,000", "1000 or 1"), ("'", "12.345", "12345 or 12.3450"),
    ],
)  # fmt: skip
def test_a_fraction_that_could_be_thousands_is_taken_for_neither(thousands, typed, meant):
    formatting.use(Formats(thousands=thousands))
    with pytest.raises(ValueError, match=f"^Cost is ambiguous. Write {meant}[.]$"):
        COST.read(typed)
    for clear in meant.split(" or "):
        COST.read(clear)


def test_a_decimal_comma_is_read_and_written_where_the_locale_has_one(monkeypatch):
    """Also if thousands are not separated by points, as in French."""
    conventions = {"thousands_sep": "\u202f", "decimal_point": ","}
    monkeypatch.setattr(formatting.locale, "localeconv", lambda: conventions)
    french = formatting._formats_of("fr_FR.UTF-8", "C")
    formatting.use(Preferences(of_system=french).formats)
    assert formatting.price("EUR", "1012.50") == f"EUR 1{SPACE}012,50"
    assert [COST.read(typed) for typed in ("12,50", "1 012,5", "12.50")] == ["12.50", "1012.5", "12.50"]
    assert COST.shown_placeholder == "12,50"
    formatting.use(Preferences(of_system=french, numbers="1,240").formats)
    assert formatting.price("EUR", "1012.50") == "EUR 1,012.50"


@pytest.mark.parametrize(
    ("thousands", "typed", "example"),
    [
        (",", "1e3", "12.50"), (",", "٣", "12.50"), (",", "12,50", "12.50"), (",", "0,500", "12.50"),
        (",", "-5", "12.50"), ("", "12,50", "12.50"), (".", "1,240.50", "12,50"), (".", "1.24.5", "12,50"),
    ],
)  # fmt: skip
def test_what_no_amount_of_money_looks_like_is_refused_in_the_fields_own_words(thousands, typed, example):
    formatting.use(Formats(thousands=thousands))
    with pytest.raises(ValueError, match=f"^Cost must be an amount of money .* such as {example}[.]$"):
        COST.read(typed)
    assert COST.shown_placeholder == example


THOUSANDS = st.sampled_from([",", ".", SPACE, "", "'"])


@given(st.integers(min_value=0, max_value=10**18), THOUSANDS)
def test_every_number_that_is_written_is_read_as_itself(number, thousands):
    formats = Formats(thousands=thousands)
    assert formats.read_number(formats.number(number)) == number


@given(st.text("0123456789.,' \N{NO-BREAK SPACE}-+e", max_size=12), THOUSANDS)
@example("0.500", ".")
@example("01,240", ",")
def test_nothing_else_than_a_written_whole_number_is_read_as_one(typed, thousands):
    number = Formats(thousands=thousands).read_number(typed)
    written = {Formats(thousands=mark).number(number) for mark in f"{thousands}{SPACE} "} if number else set()
    assert number is None or typed.isdigit() or typed in written


@given(st.decimals(min_value=0, max_value=10**12, allow_nan=False, places=2), THOUSANDS)
def test_every_price_that_is_written_is_read_as_itself(cost, thousands):
    formats = Formats(thousands=thousands)
    assert Decimal(formats.read_decimal(formats.decimal(cost))) == cost


@pytest.mark.parametrize(
    ("mark", "point", "thousands"),
    [
        (",", ".", ","), (".", ",", "."), ("'", ".", "'"), ("", ".", ","), ("", ",", SPACE),
        ("\N{NARROW NO-BREAK SPACE}", ",", SPACE), (" ", ",", SPACE), ("\x1b[", ".", SPACE),
    ],
)  # fmt: skip
def test_the_systems_mark_is_taken_unless_it_could_be_read_as_a_fraction(mark, point, thousands):
    assert thousands_separator(mark, point) == thousands


@pytest.mark.parametrize(
    ("form", "order"),
    [
        ("%m/%d/%Y", DateOrder.MONTH_FIRST),
        ("%d.%m.%Y", DateOrder.DAY_FIRST),
        ("%Y-%m-%d", DateOrder.ISO),
        ("%d/%m/%Y", DateOrder.DAY_AND_NAME),
    ],
)
def test_the_systems_date_is_written_in_the_nearest_form(form, order):
    assert date_order(form) is order


def test_twelve_hours_are_known_by_their_half_of_the_day():
    assert [has_24_hours(form) for form in ("%H:%M:%S", "%T", "%r", "%I:%M:%S %p")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_system_without_a_language_has_the_usual_forms_and_the_process_stays_as_it_is(monkeypatch):
    for name in ("LC_ALL", "LC_NUMERIC", "LC_TIME", "LANG"):
        monkeypatch.delenv(name, raising=False)
    before = locale.setlocale(locale.LC_ALL)
    assert formats_of_system() == Formats()
    monkeypatch.setenv("LC_ALL", "nobody_NOWHERE")
    assert formats_of_system() == Formats()
    assert locale.setlocale(locale.LC_ALL) == before


@pytest.mark.parametrize(
    ("choice", "formats"),
    [
        ({}, Formats(".", has_24_hours=False, dates=DateOrder.ISO)),
        ({"numbers": "1,240"}, Formats(",", has_24_hours=False, dates=DateOrder.ISO)),
        ({"numbers": "1 240", "hours": "24"}, Formats(SPACE, dates=DateOrder.ISO)),
        ({"numbers": "1240", "dates": "12.11."}, Formats("", has_24_hours=False, dates=DateOrder.DAY_FIRST)),
    ],
)
def test_the_system_has_the_word_only_where_nothing_is_chosen(choice, formats):
    system = Formats(".", has_24_hours=False, dates=DateOrder.ISO)
    assert Preferences(of_system=system, **choice).formats == formats
