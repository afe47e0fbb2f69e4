"""Logging in: with what name, how often in vain, and to which accounts."""

from __future__ import annotations

import pytest
from database_file import changed_by_hand, rows
from engine_client import EngineClient
from fakes import HOUR, MINUTE, SECOND
from instructions import (
    ANOTHER_PASSWORD,
    LOGOUT,
    PASSWORD,
    VIEW_ACCOUNT,
    VIEW_WALLET,
    edit_account,
    login,
    supply,
    switch_account,
)

WRONG = login(password="wrong")


def fails(caller: EngineClient, times: int, name: str = "ada") -> None:
    for _ in range(times):
        caller.is_refused("login_refused", **login(name, "wrong"))


# Names


@pytest.mark.parametrize(
    "who",
    [
        {"user_name": "ada"},
        {"user_name": "ADA"},
        {"user_name": "\uff21da"},  # a full-width A
        {"user_email": "ada@example.org"},
        {"user_email": "Ada@EXAMPLE.org"},
    ],
    ids=str,
)
def test_a_name_and_an_email_are_the_same_in_whatever_case(registered, who):
    assert registered.asks_ok(action="login", user_pass=PASSWORD, **who)["account"] == "ada@example.org"


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(registered):
    answer = registered.is_refused("login_refused", **WRONG)
    assert answer == registered.is_refused("login_refused", **login("nobody"))


def test_nobody_can_log_in_to_the_system_core_account(registered):
    for password in ("", "nobody's password", PASSWORD):
        registered.is_refused("login_refused", **login("System core", password))


# Failures


def test_the_third_failure_makes_the_next_login_wait(registered, wallclock):
    fails(registered, 3)
    answer = registered.is_refused("throttled", **login())
    assert answer["details"] == {"retry_after_ms": SECOND}
    assert answer["warning"] == "Try again in 1 second."
    wallclock.forward(SECOND - 1)
    assert registered.is_refused("throttled", **login())["details"] == {"retry_after_ms": 1}
    wallclock.forward(1)
    registered.asks_ok(**login())


def test_two_failures_make_nobody_wait(registered):
    fails(registered, 2)
    registered.asks_ok(**login())


def test_each_further_failure_doubles_the_wait_up_to_a_quarter_of_an_hour(registered, wallclock):
    fails(registered, 2)
    waits = []
    for _ in range(12):
        fails(registered, 1)
        waits.append(registered.is_refused("throttled", **login())["details"]["retry_after_ms"])
        wallclock.forward(waits[-1])
        registered.credentials = EngineClient(registered.engine).opens_a_session().credentials
    assert waits == [SECOND * 2**doubled for doubled in range(10)] + [15 * MINUTE] * 2


def test_who_waits_is_not_counted_again(registered, wallclock):
    fails(registered, 3)
    for _ in range(10):
        registered.is_refused("throttled", **WRONG)
    wallclock.forward(SECOND)
    registered.asks_ok(**login())


def test_a_name_that_does_not_exist_waits_just_the_same(registered):
    fails(registered, 3, "nobody")
    answer = registered.is_refused("throttled", **login("nobody"))
    fails(registered, 3)
    assert answer == registered.is_refused("throttled", **login())


def test_a_name_waits_in_whatever_case_it_is_written(registered):
    fails(registered, 1, "ada")
    fails(registered, 1, "ADA")
    fails(registered, 1, "Ada")
    registered.is_refused("throttled", **login("aDA"))


def test_a_success_forgets_the_failures_before_it(registered):
    fails(registered, 2)
    registered.asks_ok(**login())
    fails(registered, 2)
    registered.asks_ok(**login())


def test_one_name_that_waits_keeps_no_other_waiting(registered):
    fails(registered.registers("bob"), 3)
    registered.asks_ok(**login("bob"))


def test_who_guesses_from_elsewhere_does_not_lock_the_owner_out(registered):
    stranger = EngineClient(registered.engine, address="192.0.2.7").opens_a_session()
    fails(stranger, 3)
    stranger.is_refused("throttled", **login())
    registered.asks_ok(**login())


def test_a_wait_outlives_a_restart(registered, open_engine):
    fails(registered, 3)
    registered.engine.close()
    registered.at(open_engine()).is_refused("throttled", **login())


def test_a_new_session_does_not_shorten_the_wait(registered):
    fails(registered, 3)
    EngineClient(registered.engine).opens_a_session().is_refused("throttled", **login())


def test_failures_are_forgotten_after_an_hour(registered, wallclock):
    fails(registered, 2)
    wallclock.forward(HOUR)
    later = EngineClient(registered.engine).opens_a_session()
    fails(later, 1)
    later.asks_ok(**login())


def test_failures_within_an_hour_are_counted_together(registered, wallclock):
    fails(registered, 2)
    wallclock.forward(HOUR - 1)
    later = EngineClient(registered.engine).opens_a_session()
    fails(later, 1)
    later.is_refused("throttled", **login())


def test_a_failed_login_is_written_down(registered, wallet_file):
    fails(registered, 1)
    fails(registered, 1, "nobody")
    written = rows(wallet_file, "SELECT account_id, outcome FROM login_records")
    assert written == [{"account_id": 2, "outcome": "refused"}, {"account_id": None, "outcome": "refused"}]


def test_guessing_at_the_old_password_makes_one_wait_as_well(ada):
    guess = edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong")
    for _ in range(3):
        ada.is_refused("wrong_password", **guess)
    ada.is_refused("throttled", **edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))


# Accounts that may not be used


CLOSED = pytest.mark.parametrize(
    ("state", "code"), [("frozen", "account_frozen"), ("unlink_pending", "account_leaving")]
)


def put(file, state: str, name: str = "ada") -> None:
    changed_by_hand(file, "UPDATE accounts SET state = ? WHERE name = ?", state, name)


@CLOSED
def test_an_account_that_may_not_be_used_can_not_be_logged_in_to(registered, wallet_file, state, code):
    put(wallet_file, state)
    registered.is_refused(code, **login())
    registered.is_refused("not_logged_in", **VIEW_ACCOUNT)


@CLOSED
def test_who_does_not_know_the_password_is_not_told_the_accounts_state(registered, wallet_file, state, code):
    put(wallet_file, state)
    registered.is_refused("login_refused", **WRONG)


@CLOSED
def test_an_account_that_is_closed_while_it_is_logged_in_can_do_nothing(ada, wallet_file, state, code):
    put(wallet_file, state)
    for instruction in (VIEW_ACCOUNT, VIEW_WALLET, supply(5), edit_account(user_phone="1")):
        ada.is_refused(code, **instruction)


@CLOSED
def test_an_account_that_is_closed_can_still_log_out(ada, wallet_file, state, code):
    put(wallet_file, state)
    assert ada.asks_ok(**LOGOUT)["session_data"]["session_user_account"] is None


@CLOSED
def test_an_account_that_is_closed_can_not_be_switched_to(ada, wallet_file, state, code):
    ada.registers("bob").logs_in("bob")
    put(wallet_file, state)
    ada.is_refused(code, **switch_account("ada@example.org"))
    assert ada.asks_ok(**VIEW_ACCOUNT)["account"] == "bob@example.org"


def test_who_is_closed_here_can_go_on_with_another_account(ada, wallet_file):
    ada.registers("bob").logs_in("bob")
    put(wallet_file, "frozen", "bob")
    ada.asks_ok(**switch_account("ada@example.org"))
    ada.asks_ok(**supply(5))
