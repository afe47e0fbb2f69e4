"""The sessions of an account: listing and ending them, and verifying tokens."""

from __future__ import annotations

from database_file import rows
from engine_client import EngineClient
from examples_accounts import VIEW_LOGOUTS, VIEW_SESSIONS, end_session, verify
from examples_operators import freeze
from fakes import MINUTE, SECOND
from instructions import KEEP_SESSION_TOKEN, LOGOUT, VIEW_ACCOUNT, switch_account

AWAY = "198.51.100.7"
ID = {"request_id": "request-0001"}


def sessions_of(caller: EngineClient) -> list[dict]:
    return caller.request(**VIEW_SESSIONS)["sessions"]


def elsewhere(caller: EngineClient, name: str = "ada") -> EngineClient:
    return EngineClient(caller.engine, address=AWAY).open_session().log_in(name)


def other_session(caller: EngineClient) -> int:
    return next(row["session_id"] for row in sessions_of(caller) if not row["is_this"])


def test_every_session_of_the_account_is_listed_and_the_current_one_marked(ada, wallclock):
    wallclock.forward(MINUTE)
    elsewhere(ada)
    assert sessions_of(ada) == [
        {
            "session_id": 2,
            "since": "2026-11-20T12:01:00.000Z",
            "last_use": "2026-11-20T12:01:00.000Z",
            "address": AWAY,
            "expires": "2026-11-20T12:31:00.000Z",
            "lifetime": 30.0,
            "lifetime_ms": 30 * MINUTE,
            "is_this": False,
        },
        {
            "session_id": 1,
            "since": "2026-11-20T12:00:00.000Z",
            "last_use": "2026-11-20T12:01:00.000Z",
            "address": "in process",
            "expires": "2026-11-20T12:31:00.000Z",
            "lifetime": 30.0,
            "lifetime_ms": 30 * MINUTE,
            "is_this": True,
        },
    ]


def test_a_session_with_another_active_account_is_listed(ada):
    shared = elsewhere(ada)
    shared.register("bob").log_in("bob")
    assert [row["session_id"] for row in sessions_of(ada)] == [2, 1]


def test_sessions_of_other_accounts_and_expired_ones_are_not_listed(ada, bob, wallclock):
    elsewhere(ada)
    wallclock.forward(29 * MINUTE)
    ada.request(**KEEP_SESSION_TOKEN)
    wallclock.forward(MINUTE)
    assert [row["session_id"] for row in sessions_of(ada)] == [1]


def test_an_ended_session_is_unknown(ada):
    stranger = elsewhere(ada)
    number = other_session(ada)
    assert ada.request(**end_session(number))["session_id"] == number
    stranger.expect_error("session_unknown", **KEEP_SESSION_TOKEN)
    assert [row["is_this"] for row in sessions_of(ada)] == [True]


def test_an_ended_session_stays_open_for_its_other_accounts(ada):
    shared = elsewhere(ada)
    shared.register("bob").log_in("bob")
    ada.request(**end_session(other_session(ada)))
    assert shared.request(**VIEW_ACCOUNT)["account"] == "bob@example.org"
    shared.expect_error("account_not_logged_in", **switch_account("ada@example.org"))


def test_ending_the_current_session_only_logs_the_account_out(ada):
    ada.request(**end_session(1))
    ada.expect_error("not_logged_in", **VIEW_ACCOUNT)
    ada.log_in()


def test_a_session_of_another_account_is_answered_like_a_missing_one(ada, bob, nothing_changes):
    nothing_changes()
    theirs = ada.expect_error("not_found", **end_session(sessions_of(bob)[0]["session_id"]))
    assert theirs == ada.expect_error("not_found", **end_session(999_999))
    assert theirs["details"] == {"field": "session_id"}


def test_an_expired_session_is_answered_like_a_missing_one(ada, wallclock):
    elsewhere(ada)
    number = other_session(ada)
    wallclock.forward(29 * MINUTE)
    ada.request(**KEEP_SESSION_TOKEN)
    wallclock.forward(MINUTE)
    ada.expect_error("not_found", **end_session(number))


def test_ending_a_session_needs_a_login(registered, bob, nothing_changes):
    nothing_changes()
    registered.expect_error("not_logged_in", **end_session(2))


def test_a_frozen_account_can_end_its_sessions(ada):
    stranger = elsewhere(ada)
    number = other_session(ada)
    ada.request(**freeze())
    ada.request(**end_session(number))
    stranger.expect_error("session_unknown", **KEEP_SESSION_TOKEN)


def test_ending_a_session_repeated_under_one_request_id_runs_once(ada):
    elsewhere(ada)
    number = other_session(ada)
    first = ada.request(**end_session(number), **ID)
    assert ada.send(**end_session(number), **ID) == first
    ada.expect_error("not_found", **end_session(number))


def test_ending_a_session_is_recorded_as_a_logout(ada):
    elsewhere(ada)
    ada.request(**end_session(other_session(ada)))
    assert len(ada.request(**VIEW_LOGOUTS)["logout_records"]) == 1


def test_ending_a_session_does_not_update_the_accounts_write_date(ada, wallet_url, wallclock):
    elsewhere(ada)
    before = ada.request(**VIEW_ACCOUNT)["account_data"]["write_date"]
    wallclock.forward(SECOND)
    ada.request(**end_session(other_session(ada)))
    assert ada.request(**VIEW_ACCOUNT)["account_data"]["write_date"] == before


# Verifying


def test_verifying_a_client_id_answers_its_session_token_and_vice_versa(visitor):
    sent = visitor.credentials
    for token in ("ctoken", "stoken"):
        answer = visitor.request(**verify(token, "linked"))
        assert {name: answer[name] for name in sent} == sent
        assert answer["linked"] is True


def test_verifying_a_token_answers_its_session(ada, bob, wallet_url):
    opened = [caller.request(**verify("stoken", "session"))["session"] for caller in (ada, bob)]
    assert opened == [row["id"] for row in rows(wallet_url, "SELECT id FROM sessions ORDER BY id")]


def test_the_status_has_everything_that_the_other_aspects_have(visitor):
    for token in ("ctoken", "stoken"):
        parts = [visitor.request(**verify(token, aspect)) for aspect in ("validity", "linked", "session")]
        whole = {key: value for part in parts for key, value in part.items()}
        assert visitor.request(**verify(token, "status")) == whole


def test_a_mismatched_client_id_and_token_can_not_be_verified(ada, bob, nothing_changes):
    nothing_changes()
    for token in ("ctoken", "stoken"):
        mixed = {**ada.credentials, "client_id": bob.credentials["client_id"]}
        ada.expect_error("session_unknown", **verify(token, "status"), **mixed)
        mixed = {**ada.credentials, "session_token": None}
        ada.expect_error("session_unknown", **verify(token, "status"), **mixed)


def test_an_expired_session_can_not_be_verified(visitor, wallclock):
    wallclock.forward(30 * MINUTE)
    visitor.expect_error("session_expired", **verify("ctoken", "validity"))


def test_verifying_needs_no_login(ada):
    ada.request(**LOGOUT)
    ada.request(**verify("stoken", "validity"))
