"""Logins that renew the session's token, so that a token which others know does not open the account."""

from __future__ import annotations

from typing import Any

import pytest
from database_file import cells_containing, rows
from engine_client import EngineClient
from examples_accounts import UNLINK, recover
from instructions import ANOTHER_PASSWORD, KEEP_SESSION_TOKEN, LOGOUT, VIEW_ACCOUNT, login

from ewallet_core.errors.accounts import SessionUnknownError

RENEWING = {**login(), "renew_token": True}
ONCE = {"request_id": "login-0001"}


def with_new_token(caller: EngineClient, **instruction: Any) -> EngineClient:
    """The client with the session token that the instruction answers."""
    answer = caller.request(**instruction)
    credentials = {**caller.credentials, "session_token": answer["session_token"]}
    return EngineClient(caller.engine, credentials, caller.address)


def test_a_login_renews_the_token_and_the_old_one_opens_nothing(registered):
    attacker = registered.at(registered.engine)
    owner = with_new_token(registered, **RENEWING)
    owner.request(**VIEW_ACCOUNT)
    for instruction in (VIEW_ACCOUNT, KEEP_SESSION_TOKEN, LOGOUT):
        attacker.expect_error("session_unknown", **instruction)


def test_a_login_that_does_not_ask_for_it_renews_no_token(registered):
    assert "session_token" not in registered.request(**login())
    assert "session_token" not in registered.request(**login(), renew_token=False)
    registered.request(**VIEW_ACCOUNT)


def test_a_recovery_renews_the_token_too(ada):
    ada.request(**UNLINK)
    owner = with_new_token(ada, **recover(), renew_token=True)
    owner.request(**VIEW_ACCOUNT)
    ada.expect_error("session_unknown", **VIEW_ACCOUNT)


def test_a_refused_login_renews_no_token(registered):
    registered.expect_error("login_refused", **login(password="wrong"), renew_token=True)
    registered.request(**KEEP_SESSION_TOKEN)


def test_the_accounts_of_the_session_stay_logged_in(ada):
    ada.register("bob")
    both = with_new_token(ada, **login("bob"), renew_token=True)
    archive = both.request(**login())["session_data"]["session_account_archive"]
    assert len(archive) == 2


def test_a_repeated_login_gets_the_same_new_token(registered):
    owner = with_new_token(registered, **RENEWING, **ONCE)
    again = with_new_token(registered, **RENEWING, **ONCE)
    assert owner.credentials == again.credentials
    again.request(**VIEW_ACCOUNT)


def test_a_repeated_login_with_a_new_password_gets_the_same_new_token(registered):
    changing = {**RENEWING, **ONCE, "new_pass": ANOTHER_PASSWORD}
    owner, again = (with_new_token(registered, **changing) for _ in range(2))
    assert owner.credentials == again.credentials
    again.request(**login(password=ANOTHER_PASSWORD))
    # The new password is a password only for a repetition.
    other = {**login(password="wrong"), "new_pass": ANOTHER_PASSWORD}
    again.expect_error("login_refused", **other, renew_token=True)
    registered.expect_error("login_refused", **{**changing, "new_pass": "yet another wrong one"})


def test_a_repeated_login_needs_the_password_again(registered):
    with_new_token(registered, **RENEWING, **ONCE)
    registered.expect_error("login_refused", **login(password="wrong"), renew_token=True, **ONCE)


@pytest.mark.parametrize(
    "other",
    [
        {**RENEWING, "request_id": "login-0002"},
        RENEWING,
        {**login(), **ONCE},
        {**LOGOUT, **ONCE},
        {**VIEW_ACCOUNT, **ONCE},
    ],
    ids=["another id", "no id", "no renewal", "logout", "view"],
)
def test_the_old_token_is_good_for_nothing_but_the_same_request(registered, other):
    with_new_token(registered, **RENEWING, **ONCE)
    registered.expect_error("session_unknown", **other)


def test_the_old_token_is_no_good_with_another_client_id(registered):
    with_new_token(registered, **RENEWING, **ONCE)
    other = EngineClient(registered.engine).request_client_id()
    other.credentials["session_token"] = registered.credentials["session_token"]
    other.expect_error("session_unknown", **RENEWING, **ONCE)


def test_the_old_token_is_no_good_after_the_next_renewal(registered):
    owner = with_new_token(registered, **RENEWING, **ONCE)
    with_new_token(owner, **RENEWING, request_id="login-0002")
    registered.expect_error("session_unknown", **RENEWING, **ONCE)


def test_a_login_to_another_account_under_the_same_request_id_does_not_get_the_new_token(registered):
    registered.register("eve")
    owner = with_new_token(registered, **RENEWING, **ONCE)
    registered.expect_error("session_unknown", **login("eve"), renew_token=True, **ONCE)
    archive = owner.request(**login())["session_data"]["session_account_archive"]
    assert len(archive) == 1


def test_no_token_is_stored_readable(registered, wallet_url):
    owner = with_new_token(registered, **RENEWING, **ONCE)
    tokens = (registered.credentials["session_token"], owner.credentials["session_token"])
    assert cells_containing(wallet_url, *tokens) == []


def test_an_ended_session_leaves_nothing_of_its_renewal(registered, wallet_url):
    owner = with_new_token(registered, **RENEWING, **ONCE)
    assert len(rows(wallet_url, "SELECT * FROM renewed_tokens")) == 1
    token = owner.credentials["session_token"]
    owner.request(controller="system", action="cleanup", cleanup="stokens", stoken=token)
    assert rows(wallet_url, "SELECT * FROM renewed_tokens") == []


def test_events_are_no_longer_read_with_the_old_token(ada):
    subscription = ada.engine.follow(**ada.credentials)
    subscription.begin()
    with_new_token(ada, **RENEWING)
    with pytest.raises(SessionUnknownError):
        subscription.read_new()


def test_a_live_session_has_no_token_to_renew(ada):
    session = next(iter(ada.engine.sessions.values()))
    answer = session.ewallet_controller(controller="user", ctype="action", **RENEWING)
    assert answer["code"] == "bad_value"
