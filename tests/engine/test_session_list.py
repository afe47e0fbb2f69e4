"""An account's own sessions: which it has, ending one, and what a token of one's own is told."""

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
    return caller.asks_ok(**VIEW_SESSIONS)["sessions"]


def elsewhere(caller: EngineClient, name: str = "ada") -> EngineClient:
    return EngineClient(caller.engine, address=AWAY).opens_a_session().logs_in(name)


def other_session(caller: EngineClient) -> int:
    return next(row["session_id"] for row in sessions_of(caller) if not row["is_this"])


def test_every_session_of_the_account_is_shown_and_which_of_them_asks(ada, wallclock):
    wallclock.forward(MINUTE)
    elsewhere(ada)
    assert sessions_of(ada) == [
        {
            "session_id": 2,
            "since": "2026-11-20T12:01:00.000Z",
            "last_use": "2026-11-20T12:01:00.000Z",
            "address": AWAY,
            "expires": "2026-11-20T12:31:00.000Z",
            "is_this": False,
        },
        {
            "session_id": 1,
            "since": "2026-11-20T12:00:00.000Z",
            "last_use": "2026-11-20T12:01:00.000Z",
            "address": "in process",
            "expires": "2026-11-20T12:31:00.000Z",
            "is_this": True,
        },
    ]


def test_a_session_in_which_another_account_is_active_is_shown_too(ada):
    shared = elsewhere(ada)
    shared.registers("bob").logs_in("bob")
    assert [row["session_id"] for row in sessions_of(ada)] == [2, 1]


def test_sessions_of_others_and_expired_ones_are_not_shown(ada, bob, wallclock):
    elsewhere(ada)
    wallclock.forward(29 * MINUTE)
    ada.asks_ok(**KEEP_SESSION_TOKEN)
    wallclock.forward(MINUTE)
    assert [row["session_id"] for row in sessions_of(ada)] == [1]


def test_a_session_that_was_ended_opens_nothing_any_more(ada):
    stranger = elsewhere(ada)
    number = other_session(ada)
    assert ada.asks_ok(**end_session(number)) == {"failed": False, "session_id": number}
    stranger.is_refused("session_unknown", **KEEP_SESSION_TOKEN)
    assert [row["is_this"] for row in sessions_of(ada)] == [True]


def test_a_session_that_others_are_logged_in_to_goes_on_without_the_account(ada):
    shared = elsewhere(ada)
    shared.registers("bob").logs_in("bob")
    ada.asks_ok(**end_session(other_session(ada)))
    assert shared.asks_ok(**VIEW_ACCOUNT)["account"] == "bob@example.org"
    shared.is_refused("account_not_logged_in", **switch_account("ada@example.org"))


def test_who_ends_the_asking_session_is_logged_out_of_it_and_it_goes_on(ada):
    ada.asks_ok(**end_session(1))
    ada.is_refused("not_logged_in", **VIEW_ACCOUNT)
    ada.logs_in()


def test_a_session_of_somebody_else_is_answered_as_one_that_is_not_there(ada, bob, nothing_changes):
    nothing_changes()
    theirs = ada.is_refused("not_found", **end_session(sessions_of(bob)[0]["session_id"]))
    assert theirs == ada.is_refused("not_found", **end_session(999_999))
    assert theirs["details"] == {"field": "session_id"}


def test_a_session_that_has_expired_is_answered_as_one_that_is_not_there(ada, wallclock):
    elsewhere(ada)
    number = other_session(ada)
    wallclock.forward(29 * MINUTE)
    ada.asks_ok(**KEEP_SESSION_TOKEN)
    wallclock.forward(MINUTE)
    ada.is_refused("not_found", **end_session(number))


def test_nobody_who_is_not_logged_in_ends_a_session(registered, bob, nothing_changes):
    nothing_changes()
    registered.is_refused("not_logged_in", **end_session(2))


def test_who_is_frozen_can_still_throw_a_stranger_out(ada):
    stranger = elsewhere(ada)
    number = other_session(ada)
    ada.asks_ok(**freeze())
    ada.asks_ok(**end_session(number))
    stranger.is_refused("session_unknown", **KEEP_SESSION_TOKEN)


def test_ending_a_session_twice_under_one_request_id_is_ending_it_once(ada):
    elsewhere(ada)
    number = other_session(ada)
    first = ada.asks_ok(**end_session(number), **ID)
    assert ada.ask(**end_session(number), **ID) == first
    ada.is_refused("not_found", **end_session(number))


def test_ending_a_session_is_written_down_as_a_logout(ada):
    elsewhere(ada)
    ada.asks_ok(**end_session(other_session(ada)))
    assert len(ada.asks_ok(**VIEW_LOGOUTS)["logout_records"]) == 1


def test_ending_a_session_does_not_move_the_accounts_write_date(ada, wallet_file, wallclock):
    elsewhere(ada)
    before = ada.asks_ok(**VIEW_ACCOUNT)["account_data"]["write_date"]
    wallclock.forward(SECOND)
    ada.asks_ok(**end_session(other_session(ada)))
    assert ada.asks_ok(**VIEW_ACCOUNT)["account_data"]["write_date"] == before


# Verifying


def test_a_client_id_and_a_session_token_are_told_of_each_other(visitor):
    sent = visitor.credentials
    for token in ("ctoken", "stoken"):
        answer = visitor.asks_ok(**verify(token, "linked"))
        assert {name: answer[name] for name in sent} == sent
        assert answer["linked"] is True


def test_a_token_is_told_which_session_it_opens(ada, bob, wallet_file):
    opened = [caller.asks_ok(**verify("stoken", "session"))["session"] for caller in (ada, bob)]
    assert opened == [row["id"] for row in rows(wallet_file, "SELECT id FROM sessions ORDER BY id")]


def test_the_status_is_all_that_the_others_tell(visitor):
    for token in ("ctoken", "stoken"):
        parts = [visitor.asks_ok(**verify(token, aspect)) for aspect in ("validity", "linked", "session")]
        whole = {key: value for part in parts for key, value in part.items()}
        assert visitor.asks_ok(**verify(token, "status")) == whole


def test_nothing_is_told_of_any_other_pair(ada, bob, nothing_changes):
    nothing_changes()
    for token in ("ctoken", "stoken"):
        mixed = {**ada.credentials, "client_id": bob.credentials["client_id"]}
        ada.is_refused("session_unknown", **verify(token, "status"), **mixed)
        mixed = {**ada.credentials, "session_token": None}
        ada.is_refused("session_unknown", **verify(token, "status"), **mixed)


def test_what_has_expired_is_refused_and_not_verified(visitor, wallclock):
    wallclock.forward(30 * MINUTE)
    visitor.is_refused("session_expired", **verify("ctoken", "validity"))


def test_verifying_needs_nobody_to_be_logged_in(ada):
    ada.asks_ok(**LOGOUT)
    ada.asks_ok(**verify("stoken", "validity"))
