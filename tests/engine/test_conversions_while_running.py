"""Minutes that are added to a running clock, or taken back from it, move the time at which it runs out."""

from __future__ import annotations

from fakes import MINUTE
from instructions import PAUSE, RESUME, STOP, to_clock, to_credits


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
