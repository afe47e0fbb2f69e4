"""The events of an account: complete, in order, and only for a session with that account."""

from __future__ import annotations

import pytest
from engine_client import EngineClient
from fakes import MINUTE, SECOND
from instructions import (
    LOGOUT,
    START,
    STOP,
    VIEW_ACCOUNT,
    VIEW_CLOCK,
    VIEW_WALLET,
    edit_account,
    login,
    supply,
    switch_account,
    to_clock,
    to_credits,
)

from ewallet_core.errors.accounts import NotLoggedInError
from ewallet_core.errors.base import WalletError

pytestmark = pytest.mark.on_postgresql_too(every=3)


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


# What caused an event, and what moved

ID = {"request_id": "request-1"}
PAY = {"action": "pay", "pay": "bob@example.org", "credits": 30, "notes": "lunch"}
NEW_WALLET = {"action": "new", "new": "credit", "credit": "wallet"}


def newest_event(caller: EngineClient):
    return events_of(caller, 0)[-1]


@pytest.mark.parametrize(
    ("asked", "event"),
    [
        (supply(7), "credits_arrived"),
        (to_clock(1), "credits_converted"),
        (to_credits(credits=1), "credits_converted"),
        (START, "timer_started"),
        (edit_account(user_alias="A"), "account_changed"),
        (NEW_WALLET, "belongings_changed"),
    ],
    ids=lambda part: part if isinstance(part, str) else part["action"],
)
def test_an_own_event_has_the_id_of_the_request_that_caused_it(converted, asked, event):
    converted.request(**asked, **ID)
    newest = newest_event(converted)
    assert (newest["event"], newest["request_id"]) == (event, "request-1")


def test_an_event_of_a_request_without_an_id_has_none(supplied):
    assert newest_event(supplied)["request_id"] is None


def test_the_request_id_of_a_payment_is_on_the_payers_event_alone(supplied, bob):
    supplied.request(**PAY, **ID)
    left, arrived = newest_event(supplied), newest_event(bob)
    assert (left["event"], left["request_id"], left["movement"]) == ("credits_left", "request-1", "payment")
    assert (arrived["event"], arrived["request_id"], arrived["movement"]) == (
        "credits_arrived",
        None,
        "payment",
    )


def test_a_login_is_on_the_event_of_the_account_that_logs_in(ada, bob):
    bob.address = "192.0.2.7"
    bob.request(**login("ada"), **ID)
    event = newest_event(ada)
    assert (event["event"], event["request_id"]) == ("login_from_new_address", "request-1")


def test_a_run_out_is_caused_by_no_request(running, wallclock):
    wallclock.forward(20 * MINUTE)
    running.request(**supply(7), **ID)
    ran_out, arrived = events_of(running, 0)[-2:]
    assert (ran_out["event"], ran_out["request_id"]) == ("timer_ran_out", None)
    assert (arrived["event"], arrived["request_id"]) == ("credits_arrived", "request-1")


def test_a_repeated_request_causes_no_second_event(supplied):
    for _ in range(2):
        supplied.request(**to_clock(1), **ID)
    assert [event["request_id"] for event in events_of(supplied, 0)] == [None, "request-1"]


def test_a_payment_can_be_shown_from_its_event(supplied, bob):
    paid = supplied.request(**PAY)
    event = newest_event(supplied)["data"]
    assert event == {
        "ewallet": supplied.request(**VIEW_WALLET)["credit_ewallet"],
        "ewallet_credits": 70,
        "credits": 30,
        "transfer_to": "bob@example.org",
        "notes": "lunch",
        "transfer_record": paid["transfer_record"],
        "invoice_record": paid["invoice_record"],
    }
    arrived = newest_event(bob)["data"]
    assert (arrived["ewallet_credits"], arrived["transfer_from"]) == (30, "ada@example.org")
    assert arrived["transfer_record"] == bob.records("transfer")[0]["id"]


def test_a_refund_names_the_payment_on_each_side(supplied, bob):
    paid = supplied.request(**PAY)["transfer_record"]
    received = bob.records("transfer")[0]["id"]
    bob.request(action="refund", refund="payment", record_id=received)
    given, taken = newest_event(bob), newest_event(supplied)
    assert (given["movement"], given["data"]["refund_of"]) == ("refund", received)
    assert (taken["movement"], taken["data"]["refund_of"]) == ("refund", paid)


@pytest.mark.parametrize("asked", [to_clock(20), to_credits(credits=5)], ids=["to time", "to credits"])
def test_a_conversion_tells_the_new_balances(converted, asked):
    answer = converted.request(**asked)
    event = newest_event(converted)
    assert event["movement"] == "conversion"
    for key in ("ewallet_credits", "credit_clock", "credit_clock_ms", "conversion_record"):
        assert event["data"][key] == answer[key]


def test_a_timer_event_has_what_a_view_of_the_clock_shows(running, wallclock):
    started = newest_event(running)
    clock = running.clock
    assert started["movement"] is None
    assert started["data"].items() <= (clock | {"clock": clock["id"]}).items()


def test_a_stopped_timer_tells_the_time_record(running, wallclock):
    wallclock.forward(5 * MINUTE)
    record = running.request(**STOP)["record_data"]
    event = newest_event(running)
    assert (event["movement"], event["data"]["time_record"]) == ("time", record["id"])
    for key in ("time_start", "time_stop", "time_spent", "time_spent_ms", "time_pending"):
        assert event["data"][key] == record[key]
    assert event["data"]["credit_clock_ms"] == 15 * MINUTE


# How far the events have come, in an answer


def test_an_answer_has_the_sequence_after_the_instruction(supplied):
    assert supplied.request(**to_clock(1))["event_sequence"] == newest_event(supplied)["sequence"] == 2
    assert supplied.request(**VIEW_ACCOUNT)["event_sequence"] == 2


def test_an_answer_counts_a_run_out_that_it_notices(running, wallclock):
    wallclock.forward(20 * MINUTE)
    assert running.request(**VIEW_CLOCK)["event_sequence"] == newest_event(running)["sequence"] == 4


def test_a_repeated_request_is_answered_with_todays_sequence(supplied):
    first = supplied.request(**to_clock(1), **ID)
    supplied.request(**to_clock(1))
    assert supplied.request(**to_clock(1), **ID) == first | {"event_sequence": first["event_sequence"] + 1}


def test_an_error_has_the_sequence_too(supplied):
    assert supplied.expect_error("not_enough_credits", **to_clock(1000))["event_sequence"] == 1
    supplied.address = "192.0.2.7"
    assert supplied.expect_error("not_permitted", **supply(7))["event_sequence"] == 1


def test_an_error_of_the_passwords_check_has_the_sequence_too(supplied):
    common = edit_account(user_pass="password1234", old_pass="rubber duck tune")
    assert supplied.expect_error("common_password", **common)["event_sequence"] == 1


def test_an_answer_without_an_account_has_no_sequence(registered):
    assert "event_sequence" not in registered.expect_error("not_logged_in", **VIEW_ACCOUNT)
    assert "event_sequence" not in registered.request(action="request", request="client_id")


def test_the_sequence_is_of_the_account_that_is_active_after_the_answer(supplied):
    supplied.register("bob")
    assert supplied.request(**login("bob"))["event_sequence"] == 0
    assert supplied.request(**switch_account("ada@example.org"))["event_sequence"] == 1
    assert supplied.request(**LOGOUT)["event_sequence"] == 0
    assert "event_sequence" not in supplied.request(**LOGOUT)
