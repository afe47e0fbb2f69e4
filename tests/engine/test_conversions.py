"""Conversions: exact at every rate and in both directions, also while the timer runs."""

from __future__ import annotations

from decimal import Decimal

import pytest
from database_file import violations_in
from engine_client import EngineClient
from fakes import CHEAP, MINUTE, Wallclock
from hypothesis import example, given, settings
from hypothesis import strategies as some
from instructions import PAUSE, RESUME, STOP, supply, to_clock, to_credits

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig

ODD_RATES = [1, 7, 59_999, 60_000, 61_001, 3_600_000]
rates = some.one_of(some.sampled_from(ODD_RATES), some.integers(1, 10**8))
thousandths = some.integers(1, 10**9).map(lambda number: str(Decimal(number) / 1000))
steps = some.lists(
    some.one_of(
        some.integers(1, 1_000).map(to_clock),
        some.integers(1, 1_000).map(lambda whole: to_credits(credits=whole)),
        thousandths.map(lambda minutes: to_credits(minutes=minutes)),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(rate=rates, steps=steps)
@example(rate=7, steps=[to_clock(9), to_credits(minutes="0.001"), to_credits(credits=8)])
@example(rate=61_001, steps=[to_clock(3), to_credits(minutes="2.999")])
def test_conversions_lose_nothing_at_any_rate(new_wallet, rate, steps):
    with new_wallet() as url:
        config = EngineConfig(milliseconds_per_credit=rate)
        with EWalletSessionManager(url, clock=Wallclock(), passwords=CHEAP, config=config) as engine:
            ada = EngineClient(engine).open_session().register().log_in()
            ada.request(**supply(1_000))
            for step in steps:
                credits, left = ada.credits, ada.milliseconds_left
                answer = ada.send(**step)
                moved = 0 if answer["failed"] else answer["converted_credits"]
                into_clock = moved if step["convert"] == "credits2clock" else -moved
                assert ada.credits == credits - into_clock
                assert ada.milliseconds_left == left + into_clock * rate
                assert ada.credits * rate + ada.milliseconds_left == 1_000 * rate
        assert violations_in(url) == []


@pytest.mark.parametrize(("first", "then"), [(61_001, 7), (7, 61_001), (60_000, 59_999)])
def test_time_below_one_credit_at_another_rate_stays_on_the_clock(ada, open_engine, first, then):
    ada.request(**supply(100_000))
    ada.at(open_engine(config=EngineConfig(milliseconds_per_credit=first))).request(**to_clock(100_000))
    later = ada.at(open_engine(config=EngineConfig(milliseconds_per_credit=then)))
    credits, rest = divmod(100_000 * first, then)
    later.request(**to_credits(credits=credits))
    assert (later.credits, later.milliseconds_left) == (credits, rest)
    later.expect_error("not_enough_time", **to_credits(credits=1))


# While the timer runs


def test_minutes_added_to_a_running_clock_move_its_end(running, wallclock):
    wallclock.forward(19 * MINUTE)
    running.request(**to_clock(5))
    wallclock.forward(2 * MINUTE)
    assert (running.clock["clock_state"], running.milliseconds_left) == ("active", 4 * MINUTE)
    wallclock.forward(4 * MINUTE)
    assert running.records("time")[0]["time_stop"] == "2026-11-20T12:25:00.000Z"


def test_minutes_taken_back_from_a_running_clock_move_its_end(running, wallclock):
    wallclock.forward(5 * MINUTE)
    running.request(**to_credits(credits=10))
    wallclock.forward(6 * MINUTE)
    record = running.records("time")[0]
    assert (record["time_stop"], record["time_spent"]) == ("2026-11-20T12:10:00.000Z", 10.0)


def test_only_unused_time_can_be_taken_back(running, wallclock):
    wallclock.forward(5 * MINUTE + 1)
    answer = running.expect_error("not_enough_time", **to_credits(credits=15))
    assert answer["details"]["there_ms"] == 15 * MINUTE - 1
    assert running.request(**to_credits(credits=14))["credit_clock_ms"] == MINUTE - 1


def test_taking_back_all_time_stops_the_timer_at_once(running, wallclock):
    wallclock.forward(5 * MINUTE)
    answer = running.request(**to_credits(credits=15))
    wallclock.forward(5 * MINUTE)
    record = running.records("time")[0]
    assert (answer["credit_clock_ms"], answer["ewallet_credits"]) == (0, 95)
    assert (record["time_stop"], record["time_spent"]) == ("2026-11-20T12:05:00.000Z", 5.0)
    assert running.clock["clock_state"] == "inactive"


def test_taking_back_all_time_is_a_run_out_event(running):
    running.request(**to_credits(credits=20))
    events = running.engine.events(**running.credentials, since=0).events
    assert [event["event"] for event in events][-2:] == ["credits_converted", "timer_ran_out"]


def test_taking_back_all_time_immediately_writes_a_run_of_zero_length(running):
    running.request(**to_credits(credits=20))
    record = running.records("time")[0]
    assert (record["time_start"], record["time_spent_ms"]) == (record["time_stop"], 0)
    assert running.credits == 100


def test_the_time_left_on_a_paused_clock_can_be_taken_back(running, wallclock):
    wallclock.forward(5 * MINUTE)
    running.request(**PAUSE)
    running.request(**to_credits(credits=15))
    running.expect_error("no_time_left", **RESUME)
    assert running.request(**STOP)["minutes_spent"] == 5.0
    assert running.milliseconds_left == 0
