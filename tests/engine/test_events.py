"""The events of an account: complete, in order, and only for a session with that account."""

from __future__ import annotations

import pytest
from engine_client import EngineClient
from fakes import MINUTE, SECOND
from instructions import START, VIEW_CLOCK, supply, to_clock

from ewallet_core.errors.accounts import NotLoggedInError
from ewallet_core.errors.base import WalletError


def events_of(caller: EngineClient, since: int):
    return caller.engine.events(**caller.credentials, since=since).events


def test_events_of_an_account_are_in_order(supplied, wallclock):
    page = supplied.engine.events(**supplied.credentials)
    assert page.events == []
    wallclock.forward(SECOND)
    supplied.request(**to_clock(20))
    supplied.request(**START)
    events = events_of(supplied, page.sequence)
    assert [event["event"] for event in events] == ["credits_converted", "timer_started"]
    assert [event["sequence"] for event in events] == [page.sequence + 1, page.sequence + 2]
    assert events[0]["time"] == "2026-11-20T12:00:01.000Z"
    assert events[0]["data"]["credits"] == 20


def test_an_arrival_event_has_the_credits_and_the_sender(supplied):
    (event,) = events_of(supplied, 0)
    assert event["event"] == "credits_arrived"
    assert (event["data"]["credits"], event["data"]["transfer_from"]) == (100, "core@ewallet.local")


def test_every_change_of_a_timer_is_an_event(supplied, wallclock):
    for instruction in (to_clock(1), START):
        supplied.request(**instruction)
    supplied.request(action="pause", pause="clock_timer")
    supplied.request(action="resume", resume="clock_timer")
    supplied.request(action="stop", stop="clock_timer")
    supplied.request(**START)
    wallclock.forward(MINUTE)
    supplied.request(**VIEW_CLOCK)
    assert [event["event"] for event in events_of(supplied, 2)] == [
        "timer_started",
        "timer_paused",
        "timer_resumed",
        "timer_stopped",
        "timer_started",
        "timer_ran_out",
    ]


def test_another_engine_reads_the_same_events(supplied, open_engine):
    other = open_engine().events(**supplied.credentials, since=0)
    assert [event["event"] for event in other.events] == ["credits_arrived"]


def test_each_account_has_its_own_events(supplied, bob):
    bob.request(**supply(7))
    assert [event["data"]["credits"] for event in events_of(bob, 0)] == [7]
    assert [event["data"]["credits"] for event in events_of(supplied, 0)] == [100]


def test_a_refused_instruction_is_no_event(ada):
    ada.expect_error("not_enough_credits", **to_clock(1))
    ada.expect_error("timer_state", action="stop", stop="clock_timer")
    assert events_of(ada, 0) == []


def test_a_session_without_an_account_gets_no_events(registered):
    with pytest.raises(NotLoggedInError):
        events_of(registered, 0)


def test_events_need_the_session_token(ada):
    with pytest.raises(WalletError):
        ada.engine.events(ada.credentials["client_id"], "no-such-token", 0)


def test_reading_events_changes_nothing(supplied, nothing_changes):
    nothing_changes()
    events_of(supplied, 0)
