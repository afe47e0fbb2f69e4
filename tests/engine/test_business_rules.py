"""What the rules of the business refuse: in words, with a stable code, and with nothing changed."""

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


def test_a_wallet_that_would_pass_its_limit_takes_nothing(supplied, nothing_changes):
    nothing_changes()
    answer = supplied.is_refused("balance_limit", **supply(10**12 - 99))
    assert answer["details"] == {"most": 10**12, "there": 100}


def test_a_wallet_takes_back_no_credits_beyond_its_limit(supplied, nothing_changes):
    supplied.asks_ok(**to_clock(1))
    supplied.asks_ok(**supply(10**12 - 99))
    nothing_changes()
    supplied.is_refused("balance_limit", **to_credits(credits=1))


def test_more_credits_than_there_are_can_not_be_converted(supplied, nothing_changes):
    nothing_changes()
    answer = supplied.is_refused("not_enough_credits", **to_clock(101))
    assert answer["details"] == {"field": "credits", "needed": 101, "there": 100}


def test_more_time_than_is_left_can_not_be_taken_back(nobody, wallclock, nothing_changes):
    caller = bring(nobody, "converted", wallclock)
    nothing_changes()
    answer = caller.is_refused("not_enough_time", **to_credits(credits=21))
    assert answer["details"] == {"field": "credits", "needed_ms": 21 * MINUTE, "there_ms": 20 * MINUTE}


def test_more_minutes_than_are_left_can_not_be_taken_back(nobody, wallclock, nothing_changes):
    caller = bring(nobody, "converted", wallclock)
    nothing_changes()
    answer = caller.is_refused("not_enough_time", **to_credits(minutes="20.0001"))
    assert answer["details"]["field"] == "minutes"


def test_less_time_than_a_credit_gives_is_not_converted(nobody, wallclock, nothing_changes):
    caller = bring(nobody, "converted", wallclock)
    nothing_changes()
    answer = caller.is_refused("less_than_one_credit", **to_credits(minutes=0.99))
    assert answer["details"] == {"field": "minutes", "milliseconds_per_credit": MINUTE}


@pytest.mark.parametrize("amounts", [{}, {"credits": 1, "minutes": 1}], ids=str)
def test_time_is_converted_by_credits_or_by_minutes_and_not_by_both(
    nobody, wallclock, nothing_changes, amounts
):
    caller = bring(nobody, "converted", wallclock)
    nothing_changes()
    answer = caller.is_refused("arguments_clash", **to_credits(**amounts))
    assert answer["details"] == {"fields": ["credits", "minutes"]}


@pytest.mark.parametrize("names", [{}, {"user_name": "ada", "user_email": "ada@example.org"}], ids=str)
def test_a_login_names_the_account_one_way(registered, nothing_changes, names):
    nothing_changes()
    answer = registered.is_refused("arguments_clash", action="login", user_pass="rubber duck tune", **names)
    assert answer["details"] == {"fields": ["user_name", "user_email"]}


@pytest.mark.parametrize("kind", ["transfer", "invoice", "conversion", "time"])
def test_a_record_of_somebody_elses_is_answered_like_one_that_does_not_exist(
    nobody, bob, wallclock, nothing_changes, kind
):
    hers = bring(nobody, "stopped", wallclock).records(kind)[0]["id"]
    nothing_changes()
    answer = bob.is_refused("not_found", **view_record(kind, hers))
    assert answer == bob.is_refused("not_found", **view_record(kind, 999))
    assert answer["details"] == {"field": "record_id"}


@pytest.mark.parametrize("kind", ["transfer", "invoice"])
def test_a_record_of_the_system_core_account_is_nobody_elses(supplied, nothing_changes, kind):
    nothing_changes()
    supplied.is_refused("not_found", **view_record(kind, 1))


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
def test_an_edit_that_is_refused_edits_nothing(ada, bob, nothing_changes, changes, code, field):
    nothing_changes()
    answer = ada.is_refused(code, **edit_account(**changes))
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
def test_an_account_that_is_refused_is_not_made(registered, nothing_changes, account, code, field):
    nothing_changes()
    assert registered.is_refused(code, **account)["details"]["field"] == field


def test_an_account_that_is_not_logged_in_here_can_not_be_switched_to(ada, bob, nothing_changes):
    nothing_changes()
    answer = ada.is_refused(
        "account_not_logged_in", action="switch", switch="account", account="bob@example.org"
    )
    assert answer["details"] == {"field": "account"}
