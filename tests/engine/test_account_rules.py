"""The rules of accounts: passwords that are guessed first, waits wherever one is asked for, and dates."""

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
    answer = visitor.is_refused("password_is_name", **asked)
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
def test_nor_is_it_what_they_are_changed_to(ada, nothing_changes, changes):
    nothing_changes()
    ada.is_refused("password_is_name", **edit_account(**changes, old_pass=PASSWORD))


def test_another_accounts_name_is_a_password_like_any(visitor):
    visitor.asks_ok(**new_account("ada", user_pass="bartholomew the third"))


def test_a_common_password_is_not_taken_as_a_new_one(ada, nothing_changes):
    nothing_changes()
    answer = ada.is_refused("common_password", **edit_account(user_pass="password1", old_pass=PASSWORD))
    assert answer["details"] == {"field": "user_pass"}


# Waits


GUESSES = {
    "login": ("login_refused", login(password="wrong")),
    "recover": ("login_refused", recover(password="wrong")),
    "edit": ("wrong_password", edit_account(user_pass=ANOTHER_PASSWORD, old_pass="wrong")),
    "unlink": ("wrong_password", {**UNLINK, "user_pass": "wrong"}),
    "limit": ("wrong_password", {**LIFT, "user_pass": "wrong"}),
}


@pytest.mark.parametrize("way", GUESSES)
def test_guesses_make_one_wait_whatever_asks_for_the_password(ada, way):
    ada.asks_ok(**SET_LIMIT)
    code, guess = GUESSES[way]
    for _ in range(3):
        ada.is_refused(code, **guess)
    ada.is_refused("throttled", **guess)


def test_guesses_by_several_ways_are_counted_together(ada):
    ada.asks_ok(**SET_LIMIT)
    for way in ("edit", "unlink", "limit"):
        ada.is_refused("wrong_password", **GUESSES[way][1])
    ada.is_refused("throttled", **{**LIFT, "user_pass": PASSWORD})


def test_another_email_does_not_make_the_guesses_forgotten(ada):
    for number, way in enumerate(("edit", "unlink", "edit")):
        ada.is_refused("wrong_password", **GUESSES[way][1])
        ada.asks_ok(**edit_account(user_email=f"ada{number}@example.org"))
    ada.is_refused("throttled", **UNLINK)


def test_a_login_by_name_does_not_make_guesses_by_email_forgotten(ada):
    guess = {"action": "login", "user_email": "ada@example.org", "user_pass": "wrong"}
    for _ in range(3):
        ada.logs_in()
        answer = ada.is_refused("login_refused", **guess)
    assert answer["details"]["field"] == "user_pass"
    ada.is_refused("throttled", **guess)


def test_guesses_from_elsewhere_do_not_keep_the_owner_from_leaving(ada):
    stranger = EngineClient(ada.engine, address="192.0.2.7").opens_a_session()
    for _ in range(3):
        stranger.is_refused("login_refused", action="login", user_email="ada@example.org", user_pass="wrong")
    ada.asks_ok(**UNLINK)


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
def test_an_accounts_write_date_moves_with_every_change_of_it(ada, wallet_file, wallclock, change):
    for instruction in CHANGES[change]:
        wallclock.forward(SECOND)
        ada.asks_ok(**instruction)
        assert written_at(wallet_file) == wallclock.now


def test_an_accounts_write_date_moves_with_nothing_else(ada, wallet_file, wallclock):
    opened = written_at(wallet_file)
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
        ada.asks_ok(**instruction)
    ada.is_refused("wrong_password", **{**UNLINK, "user_pass": "wrong"})
    ada.is_refused("login_refused", **login(password="wrong"))
    assert written_at(wallet_file) == opened
