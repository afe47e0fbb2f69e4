"""Logging in: names, throttling of failures, and accounts that can't be used."""

from __future__ import annotations

import pytest
from database_file import execute_sql, rows
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
        caller.expect_error("login_refused", **login(name, "wrong"))


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
def test_names_and_emails_ignore_case(registered, who):
    assert registered.request(action="login", user_pass=PASSWORD, **who)["account"] == "ada@example.org"


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(registered):
    answer = registered.expect_error("login_refused", **WRONG)
    assert answer == registered.expect_error("login_refused", **login("nobody"))


def test_the_system_core_account_can_not_be_logged_in_to(registered):
    for password in ("", "nobody's password", PASSWORD):
        registered.expect_error("login_refused", **login("System core", password))


# Failures


def test_a_login_is_throttled_after_three_failures(registered, wallclock):
    fails(registered, 3)
    answer = registered.expect_error("throttled", **login())
    assert answer["details"] == {"retry_after_ms": SECOND}
    assert answer["warning"] == "Try again in 1 second."
    wallclock.forward(SECOND - 1)
    assert registered.expect_error("throttled", **login())["details"] == {"retry_after_ms": 1}
    wallclock.forward(1)
    registered.request(**login())


def test_a_login_is_not_throttled_after_two_failures(registered):
    fails(registered, 2)
    registered.request(**login())


def test_each_further_failure_doubles_the_wait_up_to_15_minutes(registered, wallclock):
    fails(registered, 2)
    waits = []
    for _ in range(12):
        fails(registered, 1)
        waits.append(registered.expect_error("throttled", **login())["details"]["retry_after_ms"])
        wallclock.forward(waits[-1])
        registered.credentials = EngineClient(registered.engine).open_session().credentials
    assert waits == [SECOND * 2**doubled for doubled in range(10)] + [15 * MINUTE] * 2


def test_throttled_logins_are_not_counted(registered, wallclock):
    fails(registered, 3)
    for _ in range(10):
        registered.expect_error("throttled", **WRONG)
    wallclock.forward(SECOND)
    registered.request(**login())


def test_an_unknown_name_is_throttled_alike(registered):
    fails(registered, 3, "nobody")
    answer = registered.expect_error("throttled", **login("nobody"))
    fails(registered, 3)
    assert answer == registered.expect_error("throttled", **login())


def test_throttling_ignores_case(registered):
    fails(registered, 1, "ada")
    fails(registered, 1, "ADA")
    fails(registered, 1, "Ada")
    registered.expect_error("throttled", **login("aDA"))


def test_a_successful_login_resets_the_count(registered):
    fails(registered, 2)
    registered.request(**login())
    fails(registered, 2)
    registered.request(**login())


def test_each_name_is_throttled_separately(registered):
    fails(registered.register("bob"), 3)
    registered.request(**login("bob"))


def test_each_address_is_throttled_separately(registered):
    stranger = EngineClient(registered.engine, address="192.0.2.7").open_session()
    fails(stranger, 3)
    stranger.expect_error("throttled", **login())
    registered.request(**login())


def test_throttling_survives_a_restart(registered, open_engine):
    fails(registered, 3)
    registered.engine.close()
    registered.at(open_engine()).expect_error("throttled", **login())


def test_throttling_applies_to_new_sessions(registered):
    fails(registered, 3)
    EngineClient(registered.engine).open_session().expect_error("throttled", **login())


def test_failures_are_not_counted_after_an_hour(registered, wallclock):
    fails(registered, 2)
    wallclock.forward(HOUR)
    later = EngineClient(registered.engine).open_session()
    fails(later, 1)
    later.request(**login())


def test_failures_within_an_hour_are_counted_together(registered, wallclock):
    fails(registered, 2)
    wallclock.forward(HOUR - 1)
    later = EngineClient(registered.engine).open_session()
    fails(later, 1)
    later.expect_error("throttled", **login())


def test_a_failed_login_is_recorded(registered, wallet_file):
    fails(registered, 1)
    fails(registered, 1, "nobody")
    written = rows(wallet_file, "SELECT account_id, outcome FROM login_records")
    assert written == [{"account_id": 2, "outcome": "refused"}, {"account_id": None, "outcome": "refused"}]


def test_wrong_old_passwords_are_throttled(ada):
    guess = edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong")
    for _ in range(3):
        ada.expect_error("wrong_password", **guess)
    ada.expect_error("throttled", **edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD))


# Accounts that may not be used


each_closed_state = pytest.mark.parametrize(
    ("state", "code"), [("frozen", "account_frozen"), ("unlink_pending", "account_leaving")]
)


def set_state(file, state: str, name: str = "ada") -> None:
    execute_sql(file, "UPDATE accounts SET state = ? WHERE name = ?", state, name)


@each_closed_state
def test_a_closed_account_can_not_be_logged_in_to(registered, wallet_file, state, code):
    set_state(wallet_file, state)
    registered.expect_error(code, **login())
    registered.expect_error("not_logged_in", **VIEW_ACCOUNT)


@each_closed_state
def test_a_wrong_password_does_not_reveal_the_accounts_state(registered, wallet_file, state, code):
    set_state(wallet_file, state)
    registered.expect_error("login_refused", **WRONG)


@each_closed_state
def test_a_logged_in_account_that_is_closed_can_do_nothing(ada, wallet_file, state, code):
    set_state(wallet_file, state)
    for instruction in (VIEW_ACCOUNT, VIEW_WALLET, supply(5), edit_account(user_phone="1")):
        ada.expect_error(code, **instruction)


@each_closed_state
def test_a_closed_account_can_log_out(ada, wallet_file, state, code):
    set_state(wallet_file, state)
    assert ada.request(**LOGOUT)["session_data"]["session_user_account"] is None


@each_closed_state
def test_a_closed_account_can_not_be_switched_to(ada, wallet_file, state, code):
    ada.register("bob").log_in("bob")
    set_state(wallet_file, state)
    ada.expect_error(code, **switch_account("ada@example.org"))
    assert ada.request(**VIEW_ACCOUNT)["account"] == "bob@example.org"


def test_a_session_with_a_closed_account_can_switch_to_another(ada, wallet_file):
    ada.register("bob").log_in("bob")
    set_state(wallet_file, "frozen", "bob")
    ada.request(**switch_account("ada@example.org"))
    ada.request(**supply(5))
