"""The limits of values: accepted at the limit, refused beyond it."""

from __future__ import annotations

import iso4217
import pytest
from answer_shapes import ERROR_ANSWER, shape_errors
from instructions import new_account, supply, to_clock, to_credits, view_list, view_record

from ewallet_core.instructions.validation import CURRENCY_CODES


def shortened(value: object) -> str:
    return str(value)[:80]


@pytest.mark.parametrize(
    "instruction",
    [
        supply(0),
        supply(-1),
        supply(10**12 + 1),
        supply(2**64),
        supply(10**400),
        supply(1.0),
        supply("1.0"),
        supply("0"),
        supply(currency="eur"),
        supply(currency="EUX"),
        supply(currency="EUR\n"),
        supply(cost=-1),
        supply(cost="-0.01"),
        supply(cost="1.1234567"),
        supply(cost="1000000000000.1"),
        supply(cost="Infinity"),
        supply(cost="twelve"),
        supply(notes="n" * 1001),
        to_clock(0),
        to_credits(minutes=0),
        to_credits(minutes=-1),
        to_credits(minutes="Infinity"),
        to_credits(minutes=10**12 + 1),
        view_list("transfer", limit=0),
        view_list("transfer", limit=1001),
        view_list("transfer", before=0),
        view_list("transfer", skip=-1),
        view_list("transfer", skip=2**63),
        view_record("time", 0),
        view_record("time", 2**63),
        new_account(user_name=""),
        new_account(user_name=" bob"),
        new_account(user_name="b" * 65),
        new_account(user_name="bob@home"),
        new_account(user_name="bo\tb"),
        new_account(user_name="bob\N{FULLWIDTH COMMERCIAL AT}example.org"),
        new_account(user_name="bob\N{VARIATION SELECTOR-16}"),
        new_account(user_name="\N{HANGUL FILLER}"),
        new_account(user_email="bo\N{VARIATION SELECTOR-16}b@example.org"),
        new_account(user_email="bob"),
        new_account(user_email="bob@home"),
        new_account(user_email="b@b@example.org"),
        new_account(user_email="bob@example.org\n"),
        new_account(user_email=f"{'b' * 250}@example.org"),
        new_account(user_pass="7 chars"),
        new_account(user_phone="1" * 65),
    ],
    ids=shortened,
)
def test_a_value_beyond_its_limits_is_refused(supplied, nothing_changes, instruction):
    nothing_changes()
    answer = supplied.expect_error("bad_value", **instruction)
    assert shape_errors(answer, ERROR_ANSWER) == []
    assert answer["details"]["field"] in answer["error"]


@pytest.mark.parametrize(
    "instruction",
    [
        supply(1),
        supply("001"),
        supply(10**12 - 100),
        supply(cost=0),
        supply(cost=1e-05),
        supply(cost="0012.50"),
        supply(cost="1000000000000"),
        supply(cost=0.000001),
        supply(notes="n" * 1000),
        to_clock(1),
        to_clock(100),
        view_list("transfer", limit=1),
        view_list("transfer", limit=1000),
        view_list("transfer", before=1),
        new_account("b"),
        new_account("b" * 64),
        new_account("Zoë Ødegård", user_email="zoë@exämple.org"),
        new_account("bob", user_pass="8 chars."),
    ],
    ids=str,
)
def test_a_value_at_its_limit_is_accepted(supplied, instruction):
    supplied.request(**instruction)


def test_the_currencies_are_those_of_iso_4217():
    assert {code for code in iso4217.Currency.__members__ if code.isupper()} == CURRENCY_CODES
