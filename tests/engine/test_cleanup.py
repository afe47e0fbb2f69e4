"""Cleaning up: what has expired goes and nothing else, all of it or one; what hung on it goes with it."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_permissions import VIEW_REFUSALS
from examples_system import cleanup
from fakes import DAY, MINUTE, SECOND
from instructions import (
    KEEP_SESSION_TOKEN,
    NEW_SESSION,
    NEW_WORKER,
    PASSWORD,
    REQUEST_SESSION_TOKEN,
    START,
    VIEW_ACCOUNT,
    new_account,
    supply,
    to_clock,
)


def scopes(file) -> list[str]:
    return [row["scope"] for row in rows(file, "SELECT scope FROM seen_requests ORDER BY scope")]


def session_of(caller: EngineClient) -> int:
    return max(caller.engine.sessions)


# Sessions


def test_expired_sessions_are_removed_and_named(nobody, wallclock, wallet_file):
    for _ in range(2):
        EngineClient(nobody.engine).opens_a_session()
    wallclock.forward(30 * MINUTE - 1)
    assert nobody.asks_ok(**cleanup("sessions"))["sessions"] == []
    wallclock.forward(1)
    assert nobody.asks_ok(**cleanup("sessions"))["sessions"] == [1, 2]
    assert rows(wallet_file, "SELECT id FROM sessions") == []


def test_a_session_that_is_used_stays(nobody, ada, wallclock):
    idle = EngineClient(nobody.engine).opens_a_session()
    wallclock.forward(20 * MINUTE)
    ada.asks_ok(**KEEP_SESSION_TOKEN)
    wallclock.forward(10 * MINUTE)
    assert nobody.asks_ok(**cleanup("sessions"))["sessions"] == [2]
    ada.asks_ok(**VIEW_ACCOUNT)
    assert idle.ask(**KEEP_SESSION_TOKEN)["code"] == "session_expired"


def test_one_session_is_ended_at_once_and_its_accounts_are_logged_out(nobody, ada, bob, wallet_file):
    assert nobody.asks_ok(**cleanup("sessions", session_id=1))["sessions"] == [1]
    ada.is_refused("session_unknown", **VIEW_ACCOUNT)
    assert rows(wallet_file, "SELECT session_id FROM session_accounts") == [{"session_id": 2}]
    bob.asks_ok(**VIEW_ACCOUNT)


def test_a_client_whose_session_was_ended_can_open_another(nobody, ada):
    nobody.asks_ok(**cleanup("sessions", session_id=1))
    ada.asks_ok(**{**REQUEST_SESSION_TOKEN, "session_token": None})


def test_a_session_that_is_not_there_can_not_be_ended(nobody, ada, nothing_changes):
    nothing_changes()
    answer = nobody.is_refused("not_found", **cleanup("sessions", session_id=2))
    assert answer["details"] == {"field": "session_id"}


def test_what_a_session_asked_is_forgotten_with_it(nobody, visitor, ada, wallclock, wallet_file):
    ada.asks_ok(**new_account("eve"), request_id="request 1")
    ada.asks_ok(**supply(), request_id="request 2")
    nobody.asks_ok(**NEW_SESSION, request_id="request 3")
    assert scopes(wallet_file) == ["account 2", "session 1", "system"]
    wallclock.forward(30 * MINUTE)
    nobody.asks_ok(**cleanup("sessions"))
    assert scopes(wallet_file) == ["account 2", "system"]


def test_what_one_session_asked_is_forgotten_when_it_alone_is_ended(nobody, ada, bob, wallet_file):
    ada.asks_ok(**new_account("eve"), request_id="request 1")
    bob.asks_ok(**new_account("sam"), request_id="request 2")
    nobody.asks_ok(**cleanup("sessions", session_id=1))
    assert scopes(wallet_file) == ["session 2"]


# Client ids and session tokens


def test_expired_client_ids_are_removed_and_counted(nobody, wallclock, wallet_file):
    EngineClient(nobody.engine).introduces_itself()
    wallclock.forward(MINUTE)
    late = EngineClient(nobody.engine).introduces_itself()
    wallclock.forward(29 * MINUTE)
    assert nobody.asks_ok(**cleanup("ctokens"))["ctokens"] == 1
    assert nobody.asks_ok(**cleanup("ctokens"))["ctokens"] == 0
    late.asks_ok(**REQUEST_SESSION_TOKEN)


def test_one_client_id_is_removed_with_its_session(nobody, ada, bob, wallet_file):
    assert nobody.asks_ok(**cleanup("ctokens", ctoken=ada.credentials["client_id"]))["ctokens"] == 1
    ada.is_refused("client_unknown", **VIEW_ACCOUNT)
    assert set(nobody.engine.sessions) == {2}
    bob.asks_ok(**VIEW_ACCOUNT)


def test_one_client_id_without_a_session_is_removed(nobody):
    announced = EngineClient(nobody.engine).introduces_itself()
    nobody.asks_ok(**cleanup("ctokens", ctoken=announced.credentials["client_id"]))
    announced.is_refused("client_unknown", **REQUEST_SESSION_TOKEN)


def test_expired_session_tokens_are_removed_with_their_sessions(nobody, visitor, wallclock):
    nobody.asks_ok(**NEW_SESSION)
    wallclock.forward(30 * MINUTE)
    assert nobody.asks_ok(**cleanup("stokens"))["stokens"] == 1
    assert nobody.asks_ok(**cleanup("sessions"))["sessions"] == [2]


def test_one_session_token_is_removed_with_its_session(nobody, ada):
    assert nobody.asks_ok(**cleanup("stokens", stoken=ada.credentials["session_token"]))["stokens"] == 1
    ada.is_refused("session_unknown", **VIEW_ACCOUNT)
    assert nobody.engine.sessions == {}


@pytest.mark.parametrize(
    ("what", "name", "code"),
    [("ctokens", "ctoken", "not_found"), ("stokens", "stoken", "not_found")],
)
def test_a_token_that_was_never_given_out_can_not_be_removed(nobody, ada, nothing_changes, what, name, code):
    nothing_changes()
    nobody.is_refused(code, **cleanup(what, **{name: "never given out"}))
    for value in (1, "", "x" * 257, "nul\x00", ["x"]):
        answer = nobody.is_refused("bad_value", **cleanup(what, **{name: value}))
        assert answer["details"] == {"field": name}


# Clocks


def test_timers_of_all_accounts_that_ran_out_are_stopped_at_their_moments(
    nobody, supplied, bob, wallclock, wallet_file
):
    started = wallclock.now
    bob.asks_ok(**supply())
    for caller, credits in ((supplied, 2), (bob, 5)):
        caller.asks_ok(**to_clock(credits))
        caller.asks_ok(**START)
    wallclock.forward(3 * MINUTE)
    assert nobody.asks_ok(**cleanup("clocks"))["clocks"] == [2]
    wallclock.forward(60 * MINUTE)
    assert nobody.asks_ok(**cleanup("clocks"))["clocks"] == [3]
    assert nobody.asks_ok(**cleanup("clocks"))["clocks"] == []
    assert rows(wallet_file, "SELECT time_stop, time_spent FROM time_records ORDER BY id") == [
        {"time_stop": started + 2 * MINUTE, "time_spent": 2 * MINUTE},
        {"time_stop": started + 5 * MINUTE, "time_spent": 5 * MINUTE},
    ]


def test_a_timer_that_runs_or_is_paused_is_not_touched(nobody, running, wallclock, nothing_changes):
    wallclock.forward(20 * MINUTE - 1)
    nothing_changes()
    assert nobody.asks_ok(**cleanup("clocks"))["clocks"] == []


# History


def test_what_is_older_than_thirty_days_is_forgotten(nobody, ada, wallclock, wallet_file):
    ada.asks_ok(**supply(), request_id="request 1")
    stranger = ada.at(ada.engine)
    stranger.address = "192.0.2.7:4000"
    stranger.is_refused("not_permitted", **NEW_WORKER)
    wallclock.forward(30 * DAY)
    later = EngineClient(ada.engine).opens_a_session().logs_in()
    later.asks_ok(**supply(), request_id="request 2")
    wallclock.forward(SECOND)
    assert nobody.asks_ok(**cleanup("history"))["forgotten_before"] == "2026-11-20T12:00:01.000Z"
    assert nobody.asks_ok(**VIEW_REFUSALS)["refusals"] == []
    assert [row["request_id"] for row in rows(wallet_file, "SELECT request_id FROM seen_requests")] == [
        "request 2"
    ]


def test_events_older_than_thirty_days_are_forgotten_and_told_no_more(nobody, ada, wallclock, wallet_file):
    ada.asks_ok(**supply())
    wallclock.forward(30 * DAY)
    later = EngineClient(ada.engine).opens_a_session().logs_in()
    later.asks_ok(**supply())
    wallclock.forward(SECOND)
    nobody.asks_ok(**cleanup("history"))
    told = later.engine.events(**later.credentials, since=0).events
    assert [(event["event"], event["time"]) for event in told] == [
        ("credits_arrived", "2026-12-20T12:00:00.000Z")
    ]


def test_what_is_thirty_days_old_is_still_known(nobody, ada, wallclock, nothing_changes):
    ada.asks_ok(**supply(), request_id="request 1")
    wallclock.forward(30 * DAY)
    nothing_changes()
    nobody.asks_ok(**cleanup("history"))


# Accounts


def test_accounts_are_erased_that_are_due_and_no_others(nobody, ada, bob, wallclock, wallet_file):
    ada.asks_ok(action="unlink", unlink="account", user_pass=PASSWORD)
    wallclock.forward(DAY)
    EngineClient(nobody.engine).opens_a_session().logs_in("bob").asks_ok(
        action="unlink", unlink="account", user_pass=PASSWORD
    )
    wallclock.forward(29 * DAY)
    assert nobody.asks_ok(**cleanup("accounts"))["accounts"] == [2]
    assert nobody.asks_ok(**cleanup("accounts"))["accounts"] == []
    wallclock.forward(DAY)
    assert nobody.asks_ok(**cleanup("accounts"))["accounts"] == [3]
