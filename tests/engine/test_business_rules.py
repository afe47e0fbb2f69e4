"""Errors of the business rules: each has a stable code and details, and changes nothing."""

from __future__ import annotations

import pytest
from example import bring
from fakes import MINUTE
from instructions import (
    edit_account,
    new_account,
    supply,
    to_clock,
    to_credits,
    view_record,
)


def test_a_supply_beyond_the_balance_limit_is_refused(supplied, nothing_changes):
    nothing_changes()
    answer = supplied.expect_error("balance_limit", **supply(10**12 - 99))
    assert answer["details"] == {"most": 10**12, "there": 100}


def test_a_conversion_to_credits_beyond_the_balance_limit_is_refused(supplied, nothing_changes):
    supplied.request(**to_clock(1))
    supplied.request(**supply(10**12 - 99))
    nothing_changes()
    supplied.expect_error("balance_limit", **to_credits(credits=1))


def test_more_credits_than_the_balance_can_not_be_converted(supplied, nothing_changes):
    nothing_changes()
    answer = supplied.expect_error("not_enough_credits", **to_clock(101))
    assert answer["details"] == {"field": "credits", "needed": 101, "there": 100}


def test_more_credits_than_the_time_left_can_not_be_converted_back(anonymous, wallclock, nothing_changes):
    caller = bring(anonymous, "converted", wallclock)
    nothing_changes()
    answer = caller.expect_error("not_enough_time", **to_credits(credits=21))
    assert answer["details"] == {"field": "credits", "needed_ms": 21 * MINUTE, "there_ms": 20 * MINUTE}


def test_more_minutes_than_the_time_left_can_not_be_converted_back(anonymous, wallclock, nothing_changes):
    caller = bring(anonymous, "converted", wallclock)
    nothing_changes()
    answer = caller.expect_error("not_enough_time", **to_credits(minutes="20.0001"))
    assert answer["details"]["field"] == "minutes"


def test_less_time_than_one_credit_can_not_be_converted(anonymous, wallclock, nothing_changes):
    caller = bring(anonymous, "converted", wallclock)
    nothing_changes()
    answer = caller.expect_error("less_than_one_credit", **to_credits(minutes=0.99))
    assert answer["details"] == {"field": "minutes", "milliseconds_per_credit": MINUTE}


@pytest.mark.parametrize("amounts", [{}, {"credits": 1, "minutes": 1}], ids=str)
def test_a_conversion_names_either_credits_or_minutes(anonymous, wallclock, nothing_changes, amounts):
    caller = bring(anonymous, "converted", wallclock)
    nothing_changes()
    answer = caller.expect_error("arguments_clash", **to_credits(**amounts))
    assert answer["details"] == {"fields": ["credits", "minutes"]}


@pytest.mark.parametrize("names", [{}, {"user_name": "ada", "user_email": "ada@example.org"}], ids=str)
def test_a_login_names_the_account_by_either_name_or_email(registered, nothing_changes, names):
    nothing_changes()
    answer = registered.expect_error("arguments_clash", action="login", user_pass="rubber duck tune", **names)
    assert answer["details"] == {"fields": ["user_name", "user_email"]}


@pytest.mark.parametrize("kind", ["transfer", "invoice", "conversion", "time"])
def test_a_record_of_another_account_is_answered_like_a_missing_one(
    anonymous, bob, wallclock, nothing_changes, kind
):
    hers = bring(anonymous, "stopped", wallclock).records(kind)[0]["id"]
    nothing_changes()
    answer = bob.expect_error("not_found", **view_record(kind, hers))
    assert answer == bob.expect_error("not_found", **view_record(kind, 999))
    assert answer["details"] == {"field": "record_id"}


@pytest.mark.parametrize("kind", ["transfer", "invoice"])
def test_a_record_of_the_system_core_account_can_not_be_viewed(supplied, nothing_changes, kind):
    nothing_changes()
    supplied.expect_error("not_found", **view_record(kind, 1))


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"user_name": "BOB"}, "name_taken", "user_name"),
        ({"user_email": "Bob@Example.ORG"}, "email_taken", "user_email"),
        ({"user_pass": "seven quiet herons"}, "missing_argument", "old_pass"),
        ({"user_pass": "seven quiet herons", "old_pass": "wrong"}, "wrong_password", "old_pass"),
        ({"user_pass": "Password1", "old_pass": "rubber duck tune"}, "common_password", "user_pass"),
        ({"user_name": "countess", "user_email": "bob@example.org"}, "email_taken", "user_email"),
    ],
    ids=str,
)
def test_a_refused_edit_changes_nothing(ada, bob, nothing_changes, changes, code, field):
    nothing_changes()
    answer = ada.expect_error(code, **edit_account(**changes))
    assert answer["details"]["field"] == field


@pytest.mark.parametrize(
    ("account", "code", "field"),
    [
        (new_account("Ada"), "name_taken", "user_name"),
        (new_account("bob", user_email="ADA@example.org"), "email_taken", "user_email"),
        (new_account("bob", user_pass="iloveyou1"), "common_password", "user_pass"),
        (new_account("bob", user_pass="PASSWORD1"), "common_password", "user_pass"),
        (new_account("system CORE", user_email="c@example.org"), "name_taken", "user_name"),
    ],
    ids=str,
)
def test_a_refused_account_is_not_created(registered, nothing_changes, account, code, field):
    nothing_changes()
    assert registered.expect_error(code, **account)["details"]["field"] == field


def test_an_account_that_is_not_logged_in_here_can_not_be_switched_to(ada, bob, nothing_changes):
    nothing_changes()
    answer = ada.expect_error(
        "account_not_logged_in", action="switch", switch="account", account="bob@example.org"
    )
    assert answer["details"] == {"field": "account"}
