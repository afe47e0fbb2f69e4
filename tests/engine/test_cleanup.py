"""Cleanup instructions remove what has expired, with what depends on it, and nothing else."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_operators import grant
from examples_permissions import VIEW_REFUSALS
from examples_system import cleanup
from fakes import DAY, FRIDAY_NOON, HOUR, MINUTE, SECOND
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

from ewallet_core.handlers import REGISTRY, SESSION_REGISTRY
from ewallet_core.handlers.session_maps import WORKER_REGISTRY


def scopes(file) -> list[str]:
    return [row["scope"] for row in rows(file, "SELECT scope FROM seen_requests ORDER BY scope")]


def session_of(caller: EngineClient) -> int:
    return max(caller.engine.sessions)


# Sessions


def test_expired_sessions_are_removed_and_answered(anonymous, wallclock, wallet_url):
    for _ in range(2):
        EngineClient(anonymous.engine).open_session()
    wallclock.forward(30 * MINUTE - 1)
    assert anonymous.request(**cleanup("sessions"))["sessions"] == []
    wallclock.forward(1)
    assert anonymous.request(**cleanup("sessions"))["sessions"] == [1, 2]
    assert rows(wallet_url, "SELECT id FROM sessions") == []


def test_a_session_in_use_is_not_removed(anonymous, ada, wallclock):
    idle = EngineClient(anonymous.engine).open_session()
    wallclock.forward(20 * MINUTE)
    ada.request(**KEEP_SESSION_TOKEN)
    wallclock.forward(10 * MINUTE)
    assert anonymous.request(**cleanup("sessions"))["sessions"] == [2]
    ada.request(**VIEW_ACCOUNT)
    assert idle.send(**KEEP_SESSION_TOKEN)["code"] == "session_expired"


def test_one_session_can_be_ended_which_logs_its_accounts_out(anonymous, ada, bob, wallet_url):
    assert anonymous.request(**cleanup("sessions", session_id=1))["sessions"] == [1]
    ada.expect_error("session_unknown", **VIEW_ACCOUNT)
    assert rows(wallet_url, "SELECT session_id FROM session_accounts") == [{"session_id": 2}]
    bob.request(**VIEW_ACCOUNT)


def test_a_client_whose_session_was_ended_can_open_another(anonymous, ada):
    anonymous.request(**cleanup("sessions", session_id=1))
    ada.request(**{**REQUEST_SESSION_TOKEN, "session_token": None})


def test_a_missing_session_can_not_be_ended(anonymous, ada, nothing_changes):
    nothing_changes()
    answer = anonymous.expect_error("not_found", **cleanup("sessions", session_id=2))
    assert answer["details"] == {"field": "session_id"}


def test_requests_of_a_session_are_removed_with_it(anonymous, visitor, ada, wallclock, wallet_url):
    ada.request(**new_account("eve"), request_id="request 1")
    ada.request(**supply(), request_id="request 2")
    anonymous.request(**NEW_SESSION, request_id="request 3")
    assert scopes(wallet_url) == ["account 2", "session 1", "system"]
    wallclock.forward(30 * MINUTE)
    anonymous.request(**cleanup("sessions"))
    assert scopes(wallet_url) == ["account 2", "system"]


def test_requests_of_one_ended_session_are_removed_and_others_stay(anonymous, ada, bob, wallet_url):
    ada.request(**new_account("eve"), request_id="request 1")
    bob.request(**new_account("sam"), request_id="request 2")
    anonymous.request(**cleanup("sessions", session_id=1))
    assert scopes(wallet_url) == ["session 2"]


# Client ids and session tokens


def test_expired_client_ids_are_removed_and_counted(anonymous, wallclock, wallet_url):
    EngineClient(anonymous.engine).request_client_id()
    wallclock.forward(MINUTE)
    late = EngineClient(anonymous.engine).request_client_id()
    wallclock.forward(29 * MINUTE)
    assert anonymous.request(**cleanup("ctokens"))["ctokens"] == 1
    assert anonymous.request(**cleanup("ctokens"))["ctokens"] == 0
    late.request(**REQUEST_SESSION_TOKEN)


def test_one_client_id_is_removed_with_its_session(anonymous, ada, bob, wallet_url):
    assert anonymous.request(**cleanup("ctokens", ctoken=ada.credentials["client_id"]))["ctokens"] == 1
    ada.expect_error("client_unknown", **VIEW_ACCOUNT)
    assert set(anonymous.engine.sessions) == {2}
    bob.request(**VIEW_ACCOUNT)


def test_one_client_id_without_a_session_is_removed(anonymous):
    announced = EngineClient(anonymous.engine).request_client_id()
    anonymous.request(**cleanup("ctokens", ctoken=announced.credentials["client_id"]))
    announced.expect_error("client_unknown", **REQUEST_SESSION_TOKEN)


def test_expired_session_tokens_are_removed_with_their_sessions(anonymous, visitor, wallclock):
    anonymous.request(**NEW_SESSION)
    wallclock.forward(30 * MINUTE)
    assert anonymous.request(**cleanup("stokens"))["stokens"] == 1
    assert anonymous.request(**cleanup("sessions"))["sessions"] == [2]


def test_one_session_token_is_removed_with_its_session(anonymous, ada):
    assert anonymous.request(**cleanup("stokens", stoken=ada.credentials["session_token"]))["stokens"] == 1
    ada.expect_error("session_unknown", **VIEW_ACCOUNT)
    assert anonymous.engine.sessions == {}


# Credentials that are arguments


@pytest.mark.parametrize(("what", "name"), [("ctokens", "client_id"), ("stokens", "session_token")])
def test_a_token_named_like_a_credential_is_the_one_removed(anonymous, ada, bob, wallclock, what, name):
    """Others that have expired stay, and the header's is the caller's own."""
    engine, request = anonymous.engine, {"controller": "system", "ctype": "action", **cleanup(what)}
    expired = EngineClient(engine).open_session()
    wallclock.forward(20 * MINUTE)
    ada.request(**VIEW_ACCOUNT)
    bob.request(**VIEW_ACCOUNT)
    wallclock.forward(10 * MINUTE)
    assert engine.answer({**request, name: ada.credentials[name]})[what] == 1
    assert ada.send(**VIEW_ACCOUNT)["failed"] is True
    chain = {**request, name: bob.credentials[name]}
    assert engine.answer({"header": {**ada.credentials}, "command_chain": chain})[what] == 1
    assert bob.send(**VIEW_ACCOUNT)["failed"] is True
    expired.expect_error("session_expired", **VIEW_ACCOUNT)
    unknown = engine.answer({**request, name: "never given out"})
    assert (unknown["code"], unknown["details"]) == ("not_found", {"field": name})
    both = engine.answer({**request, name: "one", what[:-1]: "another"})
    assert both["code"] == "arguments_clash"


@pytest.mark.parametrize(("what", "name"), [("ctokens", "client_id"), ("stokens", "session_token")])
def test_over_a_connection_the_header_authenticates_and_the_chain_names(anonymous, ada, bob, what, name):
    anonymous.request(**grant("operator"))
    operator = ada
    engine, request = anonymous.engine, {"controller": "system", "ctype": "action", **cleanup(what)}
    flat = engine.answer({**request, **operator.credentials}, "192.0.2.1")
    assert (flat["code"], flat["details"]) == ("arguments_clash", {"fields": [name]})
    assert "`header`" in flat["warning"]
    assert "`command_chain`" in flat["warning"]
    named = {**request, name: bob.credentials[name]}
    unsigned = engine.answer({"header": {}, "command_chain": {**named, **bob.credentials}}, "192.0.2.1")
    assert unsigned["code"] in ("client_unknown", "session_unknown")
    signed = engine.answer({"header": operator.credentials, "command_chain": named}, "192.0.2.1")
    assert signed[what] == 1
    assert bob.send(**VIEW_ACCOUNT)["failed"] is True
    swept = engine.answer({"header": operator.credentials, "command_chain": request}, "192.0.2.1")
    assert swept[what] == 0


@pytest.mark.parametrize(
    "what", ["sessions", "workers", "ctokens", "stokens", "clocks", "accounts", "history"]
)
def test_a_credential_that_a_cleanup_would_ignore_is_refused(anonymous, ada, nothing_changes, what):
    name = "session_token" if what == "ctokens" else "client_id"
    request = {"controller": "system", "ctype": "action", **cleanup(what), name: ada.credentials[name]}
    nothing_changes()
    answer = anonymous.engine.answer(request)
    assert (answer["code"], answer["details"]) == ("arguments_clash", {"fields": [name]})


def test_credentials_that_differ_in_header_and_chain_are_refused(anonymous, ada, bob):
    chain = {"controller": "client", "ctype": "action", **VIEW_ACCOUNT}
    for name in ("client_id", "session_token", "request_id"):
        header = {**ada.credentials, "request_id": "request-1"}
        other = {**bob.credentials, "request_id": "request-2"}[name]
        answer = anonymous.engine.answer({"header": header, "command_chain": {**chain, name: other}})
        assert (answer["code"], answer["details"]) == ("arguments_clash", {"fields": [name]})
        same = anonymous.engine.answer({"header": header, "command_chain": {**chain, name: header[name]}})
        assert (same["failed"], same["request_id"]) == (False, "request-1")


def test_only_known_instructions_take_credentials_as_arguments():
    taking = {
        (found.name, name)
        for found in (*REGISTRY, *SESSION_REGISTRY, *WORKER_REGISTRY)
        for name in ("client_id", "session_token", "request_id")
        if name in found.arguments
    }
    assert taking == {
        ("system action cleanup ctokens", "client_id"),
        ("system action cleanup stokens", "session_token"),
        ("system action search session", "session_token"),
        ("system action add session_map", "client_id"),
        ("system action add session_map", "session_token"),
        ("system action remove session_map", "client_id"),
        ("system action remove session_map", "session_token"),
    }


@pytest.mark.parametrize(
    ("what", "name", "code"),
    [("ctokens", "ctoken", "not_found"), ("stokens", "stoken", "not_found")],
)
def test_an_unknown_token_can_not_be_removed(anonymous, ada, nothing_changes, what, name, code):
    nothing_changes()
    answer = anonymous.expect_error(code, **cleanup(what, **{name: "never given out"}))
    assert "number" not in answer["error"] + answer["warning"]
    for value in (1, "", "x" * 257, "nul\x00", ["x"]):
        answer = anonymous.expect_error("bad_value", **cleanup(what, **{name: value}))
        assert answer["details"] == {"field": name}


# Clocks


def test_timers_that_ran_out_are_stopped_at_the_time_they_ran_out(
    anonymous, supplied, bob, wallclock, wallet_url
):
    started = wallclock.now
    bob.request(**supply())
    for caller, credits in ((supplied, 2), (bob, 5)):
        caller.request(**to_clock(credits))
        caller.request(**START)
    wallclock.forward(3 * MINUTE)
    assert anonymous.request(**cleanup("clocks"))["clocks"] == [2]
    wallclock.forward(60 * MINUTE)
    assert anonymous.request(**cleanup("clocks"))["clocks"] == [3]
    assert anonymous.request(**cleanup("clocks"))["clocks"] == []
    assert rows(wallet_url, "SELECT time_stop, time_spent FROM time_records ORDER BY id") == [
        {"time_stop": started + 2 * MINUTE, "time_spent": 2 * MINUTE},
        {"time_stop": started + 5 * MINUTE, "time_spent": 5 * MINUTE},
    ]


def test_a_timer_with_time_left_is_not_stopped(anonymous, running, wallclock, nothing_changes):
    wallclock.forward(20 * MINUTE - 1)
    nothing_changes()
    assert anonymous.request(**cleanup("clocks"))["clocks"] == []


# History


def test_history_older_than_thirty_days_is_removed(anonymous, ada, wallclock, wallet_url):
    ada.request(**supply(), request_id="request 1")
    stranger = ada.at(ada.engine)
    stranger.address = "192.0.2.7:4000"
    stranger.expect_error("not_permitted", **NEW_WORKER)
    wallclock.forward(30 * DAY)
    later = EngineClient(ada.engine).open_session().log_in()
    later.request(**supply(), request_id="request 2")
    wallclock.forward(SECOND)
    assert anonymous.request(**cleanup("history"))["forgotten_before"] == "2026-11-20T12:00:01.000Z"
    assert anonymous.request(**VIEW_REFUSALS)["refusals"] == []
    assert [row["request_id"] for row in rows(wallet_url, "SELECT request_id FROM seen_requests")] == [
        "request 2"
    ]


def test_events_older_than_thirty_days_are_removed(anonymous, ada, wallclock, wallet_url):
    ada.request(**supply())
    wallclock.forward(30 * DAY)
    later = EngineClient(ada.engine).open_session().log_in()
    later.request(**supply())
    wallclock.forward(SECOND)
    anonymous.request(**cleanup("history"))
    events = later.engine.events(**later.credentials, since=0).events
    assert [(event["event"], event["time"]) for event in events] == [
        ("credits_arrived", "2026-12-20T12:00:00.000Z")
    ]


def event_dates(file) -> list[int]:
    return [row["at"] for row in rows(file, "SELECT at FROM events ORDER BY id")]


def test_an_event_younger_than_one_after_it_is_kept(anonymous, ada, wallclock, wallet_url):
    ada.request(**supply())
    wallclock.forward(-HOUR)
    ada.request(**supply())
    wallclock.forward(30 * DAY + SECOND)
    anonymous.request(**cleanup("history"))
    assert event_dates(wallet_url)[0] == FRIDAY_NOON
    wallclock.forward(HOUR)
    anonymous.request(**cleanup("history"))
    assert event_dates(wallet_url) == []


def test_history_of_exactly_thirty_days_is_kept(anonymous, ada, wallclock, nothing_changes):
    ada.request(**supply(), request_id="request 1")
    wallclock.forward(30 * DAY)
    nothing_changes()
    anonymous.request(**cleanup("history"))


# Accounts


def test_only_accounts_that_are_due_are_erased(anonymous, ada, bob, wallclock, wallet_url):
    ada.request(action="unlink", unlink="account", user_pass=PASSWORD)
    wallclock.forward(DAY)
    EngineClient(anonymous.engine).open_session().log_in("bob").request(
        action="unlink", unlink="account", user_pass=PASSWORD
    )
    wallclock.forward(29 * DAY)
    assert anonymous.request(**cleanup("accounts"))["accounts"] == [2]
    assert anonymous.request(**cleanup("accounts"))["accounts"] == []
    wallclock.forward(DAY)
    assert anonymous.request(**cleanup("accounts"))["accounts"] == [3]
