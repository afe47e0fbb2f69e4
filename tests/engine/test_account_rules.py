"""The rules of accounts: forbidden passwords, throttling of wrong passwords, and write dates."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_accounts import UNLINK, VIEW_LOGINS, VIEW_SESSIONS, recover, report_issue
from examples_operators import freeze, grant, reset_password, unfreeze
from fakes import SECOND
from instructions import (
    ANOTHER_PASSWORD,
    LOGOUT,
    PASSWORD,
    START,
    VIEW_ACCOUNT,
    edit_account,
    login,
    new_account,
    supply,
    switch_account,
    to_clock,
)

LIFT = {"action": "edit", "edit": "limit", "no_limit": True}
SET_LIMIT = {"action": "edit", "edit": "limit", "daily_limit": 50}


# Passwords


@pytest.mark.parametrize(
    "asked",
    [
        new_account("zbigniewkow", user_pass="zbigniewkow"),
        new_account("zbigniewkow", user_pass="ZBIGNIEWKOW"),
        new_account("zbigniewkow", user_pass="zbigniewkow@example.org"),
        new_account("zbigniewkow", user_pass="\uff3abigniewkow"),  # a full-width Z
    ],
    ids=lambda asked: asked["user_pass"],
)
def test_a_password_is_not_the_accounts_own_name_or_email(visitor, nothing_changes, asked):
    nothing_changes()
    answer = visitor.expect_error("password_is_name", **asked)
    assert answer["details"] == {"field": "user_pass"}


@pytest.mark.parametrize(
    "changes",
    [
        {"user_pass": "ada@example.org"},
        {"user_pass": "zbigniewkow", "user_name": "Zbigniewkow"},
        {"user_pass": "me@example.net", "user_email": "me@example.net"},
    ],
    ids=str,
)
def test_a_password_is_not_the_name_or_email_that_the_edit_sets(ada, nothing_changes, changes):
    nothing_changes()
    ada.expect_error("password_is_name", **edit_account(**changes, old_pass=PASSWORD))


def test_another_accounts_name_is_allowed_as_a_password(visitor):
    visitor.request(**new_account("ada", user_pass="bartholomew the third"))


def test_a_common_password_is_refused_in_an_edit(ada, nothing_changes):
    nothing_changes()
    answer = ada.expect_error("common_password", **edit_account(user_pass="password1", old_pass=PASSWORD))
    assert answer["details"] == {"field": "user_pass"}


# Throttling


GUESSES = {
    "login": ("login_refused", login(password="wrong")),
    "recover": ("login_refused", recover(password="wrong")),
    "edit": ("wrong_password", edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong")),
    "unlink": ("wrong_password", {**UNLINK, "user_pass": "wrong"}),
    "limit": ("wrong_password", {**LIFT, "user_pass": "wrong"}),
}


@pytest.mark.parametrize("way", GUESSES)
def test_wrong_passwords_are_throttled_in_every_instruction_that_takes_one(ada, way):
    ada.request(**SET_LIMIT)
    code, guess = GUESSES[way]
    for _ in range(3):
        ada.expect_error(code, **guess)
    ada.expect_error("throttled", **guess)


def test_wrong_passwords_in_several_instructions_are_counted_together(ada):
    ada.request(**SET_LIMIT)
    for way in ("edit", "unlink", "limit"):
        ada.expect_error("wrong_password", **GUESSES[way][1])
    ada.expect_error("throttled", **{**LIFT, "user_pass": PASSWORD})


def test_a_changed_email_does_not_reset_the_count_of_wrong_passwords(ada):
    for number, way in enumerate(("edit", "unlink", "edit")):
        ada.expect_error("wrong_password", **GUESSES[way][1])
        ada.request(**edit_account(user_email=f"ada{number}@example.org"))
    ada.expect_error("throttled", **UNLINK)


def test_a_login_by_name_does_not_reset_the_failures_by_email(ada):
    guess = {"action": "login", "user_email": "ada@example.org", "user_pass": "wrong"}
    for _ in range(3):
        ada.log_in()
        answer = ada.expect_error("login_refused", **guess)
    assert answer["details"]["field"] == "user_pass"
    ada.expect_error("throttled", **guess)


def test_wrong_passwords_from_another_address_do_not_throttle_the_owner(ada):
    stranger = EngineClient(ada.engine, address="192.0.2.7").open_session()
    for _ in range(3):
        stranger.expect_error(
            "login_refused", action="login", user_email="ada@example.org", user_pass="wrong"
        )
    ada.request(**UNLINK)


# Dates


def written_at(file) -> int:
    return rows(file, "SELECT written_at FROM accounts WHERE id = 2")[0]["written_at"]


CHANGES = {
    "name": (edit_account(user_name="countess"),),
    "email": (edit_account(user_email="me@example.net"),),
    "phone": (edit_account(user_phone="1"),),
    "alias": (edit_account(user_alias="countess"),),
    "password": (edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD),),
    "password at login": ({**login(), "new_pass": ANOTHER_PASSWORD},),
    "limit": (SET_LIMIT,),
    "role": (grant("auditor"),),
    "reset": (reset_password(),),
    "leaving and back": (UNLINK, recover()),
    "frozen and back": (freeze(), unfreeze()),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_of_an_account_updates_its_write_date(ada, wallet_url, wallclock, change):
    for instruction in CHANGES[change]:
        wallclock.forward(SECOND)
        ada.request(**instruction)
        assert written_at(wallet_url) == wallclock.now


def test_other_instructions_do_not_update_an_accounts_write_date(ada, wallet_url, wallclock):
    opened = written_at(wallet_url)
    for instruction in (
        edit_account(user_name="ada", user_phone=""),
        supply(50),
        to_clock(5),
        START,
        VIEW_ACCOUNT,
        VIEW_LOGINS,
        VIEW_SESSIONS,
        report_issue(),
        grant("user"),
        LOGOUT,
        login(),
        switch_account("ada@example.org"),
    ):
        wallclock.forward(SECOND)
        ada.request(**instruction)
    ada.expect_error("wrong_password", **{**UNLINK, "user_pass": "wrong"})
    ada.expect_error("login_refused", **login(password="wrong"))
    assert written_at(wallet_url) == opened
