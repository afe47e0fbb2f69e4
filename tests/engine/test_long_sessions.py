"""Sessions with a lifetime of their own."""

from __future__ import annotations

import pytest
from database_file import rows, violations_in
from engine_client import EngineClient
from examples_accounts import VIEW_SESSIONS, verify
from fakes import DAY, HOUR, MINUTE
from instructions import (
    KEEP_CLIENT_ID,
    KEEP_SESSION_TOKEN,
    REQUEST_SESSION_TOKEN,
    VIEW_ACCOUNT,
    login,
)

from ewallet_core.operations.context import LONGEST_SESSION_MS, EngineConfig
from ewallet_core.storage import sessions

CLEANUP = {"controller": "system", "action": "cleanup"}


def with_lifetime(minutes: int) -> dict:
    return {**REQUEST_SESSION_TOKEN, "lifetime": minutes}


def open_long(engine, minutes: int) -> EngineClient:
    """A client with a session of that lifetime, not logged in."""
    caller = EngineClient(engine)
    caller.request_client_id()
    token = caller.request(**with_lifetime(minutes))["session_token"]
    caller.credentials["session_token"] = token
    return caller


@pytest.fixture
def long(registered) -> EngineClient:
    """Ada, logged in to a session that lives for a week."""
    return open_long(registered.engine, 7 * 24 * 60).log_in()


def ends(url: str) -> set[int]:
    """When the sessions and client ids with the latest use end."""
    newest = "SELECT expires_at FROM {} ORDER BY id DESC LIMIT 1"
    return {rows(url, newest.format(table))[0]["expires_at"] for table in ("sessions", "client_ids")}


def test_a_session_lives_as_long_as_was_asked_for_from_its_last_use(long, wallclock):
    wallclock.forward(7 * DAY - 1)
    long.request(**VIEW_ACCOUNT)
    wallclock.forward(7 * DAY - 1)
    long.request(**VIEW_ACCOUNT)
    wallclock.forward(7 * DAY)
    long.expect_error("session_expired", **VIEW_ACCOUNT)


def test_the_answer_says_when_the_session_expires(anonymous, wallclock, wallet_url):
    anonymous.request_client_id()
    answer = anonymous.request(**with_lifetime(24 * 60))
    assert answer["expires"] == "2026-11-21T12:00:00.000Z"
    assert ends(wallet_url) == {wallclock.now + DAY}


def test_without_a_lifetime_it_expires_as_usual(anonymous):
    anonymous.request_client_id()
    assert anonymous.request(**REQUEST_SESSION_TOKEN)["expires"] == "2026-11-20T12:30:00.000Z"


def test_a_session_may_live_shorter_than_usual(registered, wallclock):
    brief = open_long(registered.engine, 1).log_in()
    wallclock.forward(MINUTE // 2)
    brief.request(**VIEW_ACCOUNT)
    wallclock.forward(MINUTE - 1)
    brief.request(**VIEW_ACCOUNT)
    wallclock.forward(MINUTE)
    brief.expect_error("session_expired", **VIEW_ACCOUNT)


@pytest.mark.parametrize("kept", [KEEP_SESSION_TOKEN, KEEP_CLIENT_ID], ids=str)
def test_keep_alive_answers_the_lifetime_and_extends_by_it(long, wallclock, wallet_url, kept):
    wallclock.forward(DAY)
    answer = long.request(**kept)
    assert (answer["extended"], answer["valid_to"]) == (7 * 24 * 60, "2026-11-28T12:00:00.000Z")
    assert ends(wallet_url) == {wallclock.now + 7 * DAY}


def test_a_long_session_is_valid_when_a_usual_one_has_expired(long, wallclock):
    wallclock.forward(6 * DAY)
    assert long.request(**verify("stoken", "status"))["valid"] is True
    assert long.request(**verify("ctoken", "status"))["expired"] is False


def test_the_cleaners_leave_a_long_session_until_it_expires(long, wallclock):
    system = EngineClient(long.engine)
    wallclock.forward(7 * DAY - 1)
    for what in ("sessions", "stokens", "ctokens"):
        system.request(**CLEANUP, cleanup=what)
    assert long.engine.sessions
    wallclock.forward(1)
    assert len(system.request(**CLEANUP, cleanup="sessions")["sessions"]) == 1
    assert not long.engine.sessions


def test_renewing_the_token_at_login_keeps_the_lifetime(long, wallclock):
    answer = long.request(**login(), renew_token=True)
    long.credentials["session_token"] = answer["session_token"]
    wallclock.forward(6 * DAY)
    long.request(**VIEW_ACCOUNT)


def test_requesting_the_token_again_keeps_the_lifetime_or_takes_the_new_one(long, wallclock, wallet_url):
    wallclock.forward(DAY)
    assert long.request(**REQUEST_SESSION_TOKEN)["expires"] == "2026-11-28T12:00:00.000Z"
    assert long.request(**with_lifetime(60))["expires"] == "2026-11-21T13:00:00.000Z"
    assert ends(wallet_url) == {wallclock.now + HOUR}


def test_a_lifetime_is_listed_with_its_session(long):
    long.open_session().log_in()
    listed = [(row["lifetime"], row["lifetime_ms"]) for row in long.request(**VIEW_SESSIONS)["sessions"]]
    assert listed == [(30.0, 30 * MINUTE), (7 * 24 * 60.0, 7 * DAY)]


def test_another_client_can_not_lengthen_a_session(long, bob):
    theirs = {**long.credentials, "session_token": bob.credentials["session_token"]}
    bob.expect_error("session_token_exists", **with_lifetime(60), **theirs)


@pytest.mark.parametrize("minutes", [0, 30 * 24 * 60 + 1, "1.5"])
def test_a_lifetime_is_at_most_thirty_days(anonymous, minutes):
    anonymous.request_client_id()
    anonymous.expect_error("bad_value", **with_lifetime(minutes))


def test_a_lifetime_beyond_the_operators_longest_is_refused(open_engine):
    caller = EngineClient(open_engine(config=EngineConfig(longest_session_ms=2 * DAY)))
    caller.request_client_id()
    error = caller.expect_error("lifetime_too_long", **with_lifetime(2 * 24 * 60 + 1))
    assert error["details"] == {"longest": 2 * 24 * 60, "field": "lifetime"}
    assert caller.request(**with_lifetime(2 * 24 * 60))["expires"] == "2026-11-22T12:00:00.000Z"


def test_without_long_sessions_the_usual_lifetime_is_the_longest(open_engine):
    caller = EngineClient(open_engine(config=EngineConfig(longest_session_ms=0)))
    caller.request_client_id()
    caller.expect_error("lifetime_too_long", **with_lifetime(31))
    caller.request(**with_lifetime(30))


def test_a_session_lives_no_longer_than_the_longest_of_today_from_its_next_use(long, open_engine, wallclock):
    later = long.at(open_engine(config=EngineConfig(longest_session_ms=HOUR)))
    wallclock.forward(DAY)
    later.request(**VIEW_ACCOUNT)
    wallclock.forward(HOUR)
    later.expect_error("session_expired", **VIEW_ACCOUNT)


@pytest.mark.parametrize("longest", [-1, LONGEST_SESSION_MS + 1])
def test_the_longest_lifetime_is_at_most_thirty_days(longest):
    with pytest.raises(ValueError, match="30 days"):
        EngineConfig(longest_session_ms=longest)


def test_sessions_without_an_account_do_not_fill_the_database(long, monkeypatch, wallclock, wallet_url):
    monkeypatch.setattr(sessions, "_IDLE_AND_LONG", sessions._IDLE_AND_LONG.offset(2))
    opened = []
    for _ in range(4):
        wallclock.forward(MINUTE)
        opened.append(open_long(long.engine, 7 * 24 * 60))
    for dropped in opened[:2]:
        dropped.expect_error("client_unknown", **REQUEST_SESSION_TOKEN)
    for kept in opened[2:]:
        kept.request(**KEEP_SESSION_TOKEN)
    # It was used before all of them, but an account is active in it.
    long.request(**VIEW_ACCOUNT)
    assert violations_in(wallet_url) == []


def test_the_warning_of_a_brief_session_comes_half_its_lifetime_before_its_end(registered, wallclock):
    brief = open_long(registered.engine, 1).log_in()
    subscription = brief.engine.follow(**brief.credentials)
    subscription.begin()
    assert subscription.read_new() == []
    assert subscription.due_at == wallclock.now + MINUTE // 2
    wallclock.forward(MINUTE // 2)
    assert [message["event"] for message in subscription.read_new()] == ["session_about_to_end"]
