from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ewallet_core.instructions import fields
from ewallet_core.presentation.formatting import MINUTE
from ewallet_tui.screens.wallet_forms import credits_form, supply_form, time_form
from ewallet_tui.widgets.form_field import Field

TWENTY_MINUTES = 20 * MINUTE


def credits_from(left=TWENTY_MINUTES, rate=MINUTE):
    return credits_form(lambda: left, rate)


def test_a_supply_says_what_it_costs_and_what_is_there_then():
    values = {"credits": 100, "currency": "EUR", "cost": "12.50"}
    assert supply_form(40).preview(values) == "You get 100 credits for EUR 12.50. New balance: 140."


def test_a_supply_without_its_cost_yet_says_what_it_can():
    assert supply_form(40).preview({"credits": 1}) == "You get 1 credit. New balance: 41."
    assert supply_form(40).preview({"cost": "12.50"}) == ""


def test_a_wallet_can_be_filled_to_the_brim_and_no_further():
    spec = supply_form(1)
    assert spec.validate({"credits": fields.MOST_CREDITS - 1}) == {}
    assert spec.validate({"credits": fields.MOST_CREDITS}) == {
        "credits": "A wallet holds at most 1,000,000,000,000. Your balance: 1."
    }


def test_a_currency_may_be_typed_in_small_letters():
    currency = next(field for field in supply_form(0).fields if field.name == "currency")
    assert currency.read(" usd ") == "USD"


def test_credits_to_time_says_what_comes_and_what_stays():
    assert time_form(100, MINUTE).preview({"credits": 30}) == "30 credits → 30:00. 70 left."


def test_the_engine_sets_the_rate():
    assert time_form(100, 90_000).preview({"credits": 3}) == "3 credits → 4:30. 97 left."
    assert credits_from(rate=90_000).preview({"credits": 2}) == "3:00 → 2 credits. 17:00 left."


def test_more_credits_than_there_are_is_said_at_the_field():
    spec = time_form(7, MINUTE)
    assert spec.validate({"credits": 7}) == {}
    assert spec.validate({"credits": 12}) == {"credits": "Not enough credits: 12 needed, your balance is 7."}
    assert spec.preview({"credits": 12}) == ""


@pytest.mark.parametrize("values", [{"credits": 10}, {"minutes": "10"}, {"minutes": "10.0"}])
def test_time_to_credits_by_credits_or_by_minutes(values):
    assert credits_from().preview(values) == "10:00 → 10 credits. 10:00 left."
    assert credits_from().validate(values) == {}


def test_minutes_that_make_no_whole_credit_stay_on_the_clock():
    preview = credits_from().preview({"minutes": "10.5"})
    assert preview == "10:00 → 10 credits. 10:00 left. 0:30 is less than a credit and stays on the clock."


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Enter credits or minutes."),
        ({"credits": 1, "minutes": "1"}, "Enter credits or minutes, not both."),
        ({"minutes": "0.5"}, "That is less than one credit. One takes 1:00."),
        ({"minutes": "20.5"}, "Not enough time: 20:30 needed, 20:00 left."),
    ],
)
def test_what_can_not_be_turned_into_credits_is_said_at_the_field(values, words):
    assert credits_from().validate(values) == {"minutes": words}


def test_only_time_that_is_not_used_yet_counts():
    left = [TWENTY_MINUTES]
    spec = credits_form(lambda: left[0], MINUTE)
    assert spec.validate({"credits": 20}) == {}
    left[0] -= 1
    assert spec.validate({"credits": 20}) == {"credits": "Not enough time: 20:00 needed, 19:59 left."}


@given(minutes=st.decimals(Decimal("0.000001"), Decimal(20), places=6), rate=st.integers(1, 10**7))
def test_a_preview_is_there_exactly_when_nothing_stands_against_it(minutes, rate):
    spec = credits_from(rate=rate)
    values = {"minutes": str(minutes)}
    assert bool(spec.preview(values)) is not bool(spec.validate(values))


@pytest.mark.parametrize("typed", ["1,5", "1,0", "12,50", "1,0000", ",5", "1 2"])
def test_a_decimal_comma_is_no_whole_number(typed):
    with pytest.raises(ValueError, match="whole number"):
        Field("credits", "Credits", fields.Credits).read(typed)


@pytest.mark.parametrize("typed", ["1500", "1,500", "1 500"])
def test_thousands_may_be_parted(typed):
    assert Field("credits", "Credits", fields.Credits).read(typed) == 1_500
