"""The values in answers: supply, convert, start, pause, resume, stop, and the records of them."""

from __future__ import annotations

import pytest
from example import bring
from fakes import MINUTE, SECOND
from instructions import (
    KEEP_CLIENT_ID,
    KEEP_SESSION_TOKEN,
    PAUSE,
    RESUME,
    START,
    STOP,
    VIEW_ACCOUNT,
    VIEW_WALLET,
    edit_account,
    login,
    supply,
    to_clock,
    to_credits,
    view_record,
)

from ewallet_core.operations.context import EngineConfig

FRIDAY_NOON = "2026-11-20T12:00:00.000Z"


def test_a_supply_adds_to_the_balance(supplied):
    answer = supplied.request(**supply(50))
    assert (answer["supplied_credits"], answer["total_credits"], answer["ewallet_credits"]) == (50, 150, 150)
    assert supplied.credits == 150


def test_a_supply_writes_a_transfer_record_and_an_invoice_record(ada):
    answer = ada.request(**supply(50, currency="JPY", cost=750, notes="for lunch"))
    transfer, invoice = ada.records("transfer")[0], ada.records("invoice")[0]
    assert transfer == {
        "id": answer["transfer_record"],
        "transfer_sheet": ada.request(**VIEW_WALLET)["ewallet_data"]["transfer_sheet"],
        "reference": "Transfer 1",
        "create_date": FRIDAY_NOON,
        "write_date": FRIDAY_NOON,
        "transfer_type": "supply",
        "transfer_from": "core@ewallet.local",
        "transfer_to": "ada@example.org",
        "credits": 50,
        "notes": "for lunch",
        "private_notes": "",
    }
    assert invoice == {
        "id": answer["invoice_record"],
        "invoice_sheet": ada.request(**VIEW_WALLET)["ewallet_data"]["invoice_sheet"],
        "reference": "Invoice 1",
        "create_date": FRIDAY_NOON,
        "write_date": FRIDAY_NOON,
        "credits": 50,
        "currency": "JPY",
        "cost": "750",
        "direction": "purchase",
        "signed_credits": 50,
        "signed_cost": "-750",
        "seller": 1,
        "seller_name": "System core",
        "seller_email": "core@ewallet.local",
        "buyer": 2,
        "buyer_name": "ada",
        "buyer_email": "ada@example.org",
        "transfer_record": answer["transfer_record"],
        "notes": "for lunch",
    }


@pytest.mark.parametrize(
    ("cost", "kept"),
    [
        ("12.50", "12.50"),
        (12.5, "12.5"),
        (0, "0"),
        ("007", "7"),
        (1e3, "1000.0"),
        ("0.000001", "0.000001"),
        (1e-5, "0.00001"),
    ],
)
def test_a_cost_is_stored_as_the_decimal_that_was_sent(ada, cost, kept):
    ada.request(**supply(cost=cost))
    assert ada.records("invoice")[0]["cost"] == kept


def test_converted_credits_leave_the_wallet_and_become_minutes_on_the_clock(supplied):
    answer = supplied.request(**to_clock(20, notes="an hour"))
    assert (answer["converted_credits"], answer["ewallet_credits"]) == (20, 80)
    assert (answer["credit_clock"], answer["credit_clock_ms"]) == (20.0, 20 * MINUTE)
    assert (supplied.credits, supplied.milliseconds_left) == (80, 20 * MINUTE)


def test_a_conversion_writes_a_record(converted):
    record = converted.records("conversion")[0]
    assert (record["conversion_type"], record["credits"], record["minutes"]) == ("credits2clock", 20, 20.0)
    assert record["conversion_sheet"] == converted.clock["conversion_sheet"]


def test_converted_time_leaves_the_clock_and_becomes_credits_in_the_wallet(converted):
    answer = converted.request(**to_credits(credits=5, notes="too much"))
    assert (answer["converted_credits"], answer["converted_minutes"], answer["ewallet_credits"]) == (
        5,
        5.0,
        85,
    )
    assert answer["credit_clock_ms"] == 15 * MINUTE
    assert (
        answer["conversion_record_id"]
        == answer["conversion_record"]
        == converted.records("conversion")[0]["id"]
    )
    assert converted.records("conversion")[0]["conversion_type"] == "clock2credits"
    assert converted.records("conversion")[0]["notes"] == "too much"
    assert (converted.credits, converted.milliseconds_left) == (85, 15 * MINUTE)


@pytest.mark.parametrize("minutes", [2.9, "2.999999", 2])
def test_minutes_become_whole_credits_and_the_remainder_stays_on_the_clock(converted, minutes):
    answer = converted.request(**to_credits(minutes=minutes))
    assert (answer["converted_credits"], answer["converted_minutes_ms"]) == (2, 2 * MINUTE)
    assert converted.milliseconds_left == 18 * MINUTE


def test_conversions_follow_the_configured_rate(ada, open_engine):
    dear = ada.at(open_engine(config=EngineConfig(milliseconds_per_credit=1_500)))
    dear.request(**supply(10))
    assert dear.request(**to_clock(4))["credit_clock_ms"] == 6_000
    assert dear.request(**to_credits(minutes=0.06))["converted_credits"] == 2
    assert dear.clock["milliseconds_per_credit"] == 1_500


def test_active_time_is_spent_and_paused_time_is_not(running, wallclock):
    wallclock.forward(18 * SECOND)
    paused = running.request(**PAUSE)
    wallclock.forward(5 * SECOND)
    resumed = running.request(**RESUME)
    wallclock.forward(7 * SECOND)
    stopped = running.request(**STOP)

    assert paused["pending_count"] == resumed["pending_count"] == stopped["pending_count"] == 1
    assert (paused["pending_time_ms"], resumed["pending_time_ms"]) == (0, 5 * SECOND)
    assert (stopped["minutes_spent_ms"], stopped["pending_time_ms"]) == (25 * SECOND, 5 * SECOND)
    assert paused["start_timestamp"] == stopped["start_timestamp"] == FRIDAY_NOON
    assert paused["pause_timestamp"] == resumed["pause_timestamp"] == "2026-11-20T12:00:18.000Z"
    assert resumed["resume_timestamp"] == "2026-11-20T12:00:23.000Z"
    assert stopped["stop_timestamp"] == "2026-11-20T12:00:30.000Z"
    assert running.milliseconds_left == 20 * MINUTE - 25 * SECOND


def test_a_stop_writes_a_time_record(running, wallclock):
    wallclock.forward(90 * SECOND)
    record = running.request(**STOP)["record_data"]
    assert record == {
        "id": 1,
        "time_sheet": running.clock["time_sheet"],
        "reference": "Time 1",
        "create_date": "2026-11-20T12:01:30.000Z",
        "write_date": "2026-11-20T12:01:30.000Z",
        "time_start": FRIDAY_NOON,
        "time_stop": "2026-11-20T12:01:30.000Z",
        "time_spent": 1.5,
        "time_spent_ms": 90 * SECOND,
        "time_pending": 0.0,
        "time_pending_ms": 0,
        "pending_count": 0,
        "notes": "",
        "tags": [],
    }
    assert running.records("time") == [record]


def test_a_clock_shows_the_time_left_now(running, wallclock):
    wallclock.forward(90 * SECOND)
    clock = running.clock
    assert (clock["credit_clock"], clock["minutes_spent"], clock["clock_state"]) == (18.5, 1.5, "active")
    assert clock["start_timestamp"] == FRIDAY_NOON


def test_a_paused_clock_shows_how_long_it_has_been_paused(running, wallclock):
    running.request(**PAUSE)
    wallclock.forward(90 * SECOND)
    clock = running.clock
    assert (clock["pending_time"], clock["pending_count"], clock["clock_state"]) == (1.5, 1, "paused")
    assert clock["credit_clock"] == 20.0


def test_a_stopped_clock_shows_no_run(running, wallclock):
    wallclock.forward(SECOND)
    running.request(**STOP)
    clock = running.clock
    assert (clock["start_timestamp"], clock["minutes_spent"], clock["pending_count"]) == (None, 0.0, 0)


@pytest.mark.parametrize("kind", ["transfer", "invoice", "conversion", "time"])
def test_a_record_is_the_same_alone_and_in_its_list(anonymous, wallclock, kind):
    caller = bring(anonymous, "stopped", wallclock)
    listed = caller.records(kind)[0]
    alone = caller.request(**view_record(kind, listed["id"]))
    assert alone["record_data"] == listed
    assert alone[f"{kind}_sheet"] == listed[f"{kind}_sheet"]


@pytest.mark.parametrize("instruction", [KEEP_CLIENT_ID, KEEP_SESSION_TOKEN], ids=str)
def test_a_keep_alive_answers_the_new_expiry(visitor, wallclock, instruction):
    wallclock.forward(MINUTE)
    answer = visitor.request(**instruction)
    assert (answer["extended"], answer["time_unit"]) == (30, "minutes")
    assert answer["valid_to"] == "2026-11-20T12:31:00.000Z"
    assert answer.get("ctoken", visitor.credentials["client_id"]) == visitor.credentials["client_id"]
    assert answer.get("stoken", visitor.credentials["session_token"]) == visitor.credentials["session_token"]


WRITTEN_BY = [
    pytest.param(supply(1), {"ewallet"}, id="supply"),
    pytest.param(to_clock(1), {"ewallet", "clock"}, id="convert"),
    pytest.param(START, {"clock"}, id="start"),
    pytest.param(edit_account(user_phone="1"), {"account"}, id="edit"),
    pytest.param(edit_account(user_name="ada"), set(), id="edit to the same"),
    pytest.param(VIEW_WALLET, set(), id="view"),
    pytest.param(supply(0), set(), id="refused"),
    pytest.param(login(), set(), id="login"),
]


@pytest.mark.parametrize(("instruction", "written"), WRITTEN_BY)
def test_a_write_date_is_updated_by_changes_of_its_object_only(converted, wallclock, instruction, written):
    def write_dates():
        return {
            "ewallet": converted.request(**VIEW_WALLET)["ewallet_data"]["write_date"],
            "clock": converted.clock["write_date"],
            "account": converted.request(**VIEW_ACCOUNT)["account_data"]["write_date"],
        }

    before = write_dates()
    wallclock.forward(SECOND)
    converted.send(**instruction)
    after = write_dates()
    assert {name for name in before if before[name] != after[name]} == written
