"""What has happened to an account is told to who listens, once and in order."""

from __future__ import annotations

import pytest
from engine_client import EngineClient
from fakes import MINUTE, SECOND
from instructions import START, VIEW_CLOCK, supply, to_clock

from ewallet_core.errors.accounts import NotLoggedInError
from ewallet_core.errors.base import WalletError


def events_of(caller: EngineClient, since: int):
    return caller.engine.events(**caller.credentials, since=since).events


def test_what_happens_to_an_account_is_told_in_order(supplied, wallclock):
    page = supplied.engine.events(**supplied.credentials)
    assert page.events == []
    wallclock.forward(SECOND)
    supplied.asks_ok(**to_clock(20))
    supplied.asks_ok(**START)
    told = events_of(supplied, page.sequence)
    assert [event["event"] for event in told] == ["credits_converted", "timer_started"]
    assert [event["sequence"] for event in told] == [page.sequence + 1, page.sequence + 2]
    assert told[0]["time"] == "2026-11-20T12:00:01.000Z"
    assert told[0]["data"]["credits"] == 20


def test_an_arrival_is_told_with_its_credits_and_where_they_came_from(supplied):
    (event,) = events_of(supplied, 0)
    assert event["event"] == "credits_arrived"
    assert (event["data"]["credits"], event["data"]["transfer_from"]) == (100, "core@ewallet.local")


def test_a_timer_tells_its_whole_life(supplied, wallclock):
    for instruction in (to_clock(1), START):
        supplied.asks_ok(**instruction)
    supplied.asks_ok(action="pause", pause="clock_timer")
    supplied.asks_ok(action="resume", resume="clock_timer")
    supplied.asks_ok(action="stop", stop="clock_timer")
    supplied.asks_ok(**START)
    wallclock.forward(MINUTE)
    supplied.asks_ok(**VIEW_CLOCK)
    assert [event["event"] for event in events_of(supplied, 2)] == [
        "timer_started",
        "timer_paused",
        "timer_resumed",
        "timer_stopped",
        "timer_started",
        "timer_ran_out",
    ]


def test_another_process_sees_what_has_happened(supplied, open_engine):
    other = open_engine().events(**supplied.credentials, since=0)
    assert [event["event"] for event in other.events] == ["credits_arrived"]


def test_events_are_each_accounts_own(supplied, bob):
    bob.asks_ok(**supply(7))
    assert [event["data"]["credits"] for event in events_of(bob, 0)] == [7]
    assert [event["data"]["credits"] for event in events_of(supplied, 0)] == [100]


def test_what_is_refused_has_not_happened(ada):
    ada.is_refused("not_enough_credits", **to_clock(1))
    ada.is_refused("timer_state", action="stop", stop="clock_timer")
    assert events_of(ada, 0) == []


def test_nothing_is_told_to_a_session_without_an_account(registered):
    with pytest.raises(NotLoggedInError):
        events_of(registered, 0)


def test_nothing_is_told_without_the_sessions_token(ada):
    with pytest.raises(WalletError):
        ada.engine.events(ada.credentials["client_id"], "no-such-token", 0)


def test_looking_at_events_changes_nothing(supplied, nothing_changes):
    nothing_changes()
    events_of(supplied, 0)
