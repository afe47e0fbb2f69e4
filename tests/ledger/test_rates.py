"""Conversions between credits, minutes and milliseconds: exact, and never rounded up."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.ledger import rates

MOST = 10**12

credit_amounts = st.integers(1, MOST)
per_credit = st.one_of(
    st.just(rates.DEFAULT_MILLISECONDS_PER_CREDIT), st.integers(1, 100), st.integers(1, MOST)
)
spans = st.one_of(st.integers(0, 10**6), st.integers(0, MOST * 60_000), st.integers(0, MOST * MOST))
minutes = st.decimals(0, MOST, places=6)


def test_one_credit_is_one_minute_by_default():
    assert rates.DEFAULT_MILLISECONDS_PER_CREDIT == rates.MILLISECONDS_PER_MINUTE == 60_000


# Credits and milliseconds


@pytest.mark.parametrize(
    ("credits", "rate", "milliseconds"),
    [
        (1, 60_000, 60_000),
        (30, 60_000, 1_800_000),
        (3, 7, 21),
        (MOST, 60_000, 6 * 10**16),
        (MOST, MOST, 10**24),
    ],
)
def test_credits_are_multiplied_by_the_rate(credits, rate, milliseconds):
    assert rates.credits_to_milliseconds(credits, rate) == milliseconds


@pytest.mark.parametrize(
    ("milliseconds", "credits"),
    [
        (0, 0),
        (1, 0),
        (59_999, 0),
        (60_000, 1),
        (60_001, 1),
        (119_999, 1),
        (120_000, 2),
        (6 * 10**16 - 1, MOST - 1),
    ],
)
def test_time_is_converted_to_whole_credits(milliseconds, credits):
    assert rates.milliseconds_to_credits(milliseconds, 60_000) == credits


@given(credits=credit_amounts, rate=per_credit)
def test_credits_to_time_and_back_lose_nothing(credits, rate):
    assert rates.milliseconds_to_credits(rates.credits_to_milliseconds(credits, rate), rate) == credits


@given(span=spans, rate=per_credit)
def test_the_remainder_is_less_than_one_credit(span, rate):
    rest = span - rates.credits_to_milliseconds(rates.milliseconds_to_credits(span, rate), rate)
    assert 0 <= rest < rate


# Minutes into milliseconds


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("0", 0),
        ("1", 60_000),
        ("0.5", 30_000),
        ("20", 1_200_000),
        ("0.000017", 1),
        ("0.000016", 0),
        ("0.999999", 59_999),
        ("0.333333", 19_999),
        ("0.016667", 1_000),
        ("1E+3", 60_000_000),
        ("999999999999.999999", 59_999_999_999_999_999),
        ("1000000000000", 6 * 10**16),
    ],
)
def test_minutes_are_converted_to_whole_milliseconds(written, milliseconds):
    assert rates.minutes_to_milliseconds(Decimal(written)) == milliseconds


@given(minutes)
def test_minutes_are_rounded_down_by_less_than_a_millisecond(minutes):
    rest = Fraction(minutes) * 60_000 - rates.minutes_to_milliseconds(minutes)
    assert 0 <= rest < 1


# Milliseconds into minutes, for display


@pytest.mark.parametrize(
    ("milliseconds", "reading"),
    [
        (0, "0.000000"),
        (1, "0.000017"),
        (2, "0.000033"),
        (3, "0.000050"),
        (20_000, "0.333333"),
        (40_000, "0.666667"),
        (59_999, "0.999983"),
        (60_000, "1.000000"),
        (90_000, "1.500000"),
        (6 * 10**16, "1000000000000.000000"),
        (6 * 10**16 - 1, "999999999999.999983"),
        (10**24 - 1, "16666666666666666666.666650"),
    ],
)
def test_a_span_is_displayed_in_minutes_with_six_decimals(milliseconds, reading):
    assert str(rates.milliseconds_to_minutes(milliseconds)) == reading


@given(spans)
def test_a_displayed_span_is_rounded_to_its_last_decimal(span):
    assert abs(Fraction(rates.milliseconds_to_minutes(span)) - Fraction(span, 60_000)) < Fraction(
        1, 2 * 10**6
    )


@given(spans)
def test_a_displayed_span_identifies_its_milliseconds(span):
    assert round(Fraction(rates.milliseconds_to_minutes(span)) * 60_000) == span


@given(st.integers(0, MOST))
def test_displayed_whole_minutes_convert_back_exactly(whole):
    assert rates.minutes_to_milliseconds(rates.milliseconds_to_minutes(whole * 60_000)) == whole * 60_000


@pytest.mark.parametrize(
    ("minutes", "milliseconds"),
    [("0." + "9" * 33, 59_999), ("999999999999." + "9" * 22, 10**12 * 60_000 - 1)],
)
def test_a_long_number_of_minutes_is_never_rounded_up(minutes: str, milliseconds: int) -> None:
    assert rates.minutes_to_milliseconds(Decimal(minutes)) == milliseconds


def test_conversions_are_independent_of_the_decimal_context():
    with localcontext() as context:
        context.prec = 5
        assert rates.milliseconds_to_minutes(123 * 60_000 + 34_567) == Decimal("123.576117")
