"""Minutes that are added to a running clock, or taken back from it, move the moment at which it is empty."""

from __future__ import annotations

from fakes import MINUTE
from instructions import PAUSE, RESUME, STOP, to_clock, to_credits


def test_minutes_that_are_added_while_it_runs_move_the_end(running, wallclock):
    wallclock.forward(19 * MINUTE)
    running.asks_ok(**to_clock(5))
    wallclock.forward(2 * MINUTE)
    assert (running.clock["clock_state"], running.milliseconds_left) == ("active", 4 * MINUTE)
    wallclock.forward(4 * MINUTE)
    assert running.records("time")[0]["time_stop"] == "2026-11-20T12:25:00.000Z"


def test_minutes_that_are_taken_back_while_it_runs_move_the_end(running, wallclock):
    wallclock.forward(5 * MINUTE)
    running.asks_ok(**to_credits(credits=10))
    wallclock.forward(6 * MINUTE)
    record = running.records("time")[0]
    assert (record["time_stop"], record["time_spent"]) == ("2026-11-20T12:10:00.000Z", 10.0)


def test_only_what_is_not_yet_used_can_be_taken_back(running, wallclock):
    wallclock.forward(5 * MINUTE + 1)
    answer = running.is_refused("not_enough_time", **to_credits(credits=15))
    assert answer["details"]["there_ms"] == 15 * MINUTE - 1
    assert running.asks_ok(**to_credits(credits=14))["credit_clock_ms"] == MINUTE - 1


def test_taking_back_all_that_is_left_stops_it_at_that_moment(running, wallclock):
    wallclock.forward(5 * MINUTE)
    answer = running.asks_ok(**to_credits(credits=15))
    wallclock.forward(5 * MINUTE)
    record = running.records("time")[0]
    assert (answer["credit_clock_ms"], answer["ewallet_credits"]) == (0, 95)
    assert (record["time_stop"], record["time_spent"]) == ("2026-11-20T12:05:00.000Z", 5.0)
    assert running.clock["clock_state"] == "inactive"


def test_taking_back_all_that_is_left_is_told_as_a_run_out_at_once(running):
    running.asks_ok(**to_credits(credits=20))
    told = running.engine.events(**running.credentials, since=0).events
    assert [event["event"] for event in told][-2:] == ["credits_converted", "timer_ran_out"]


def test_taking_back_all_at_once_leaves_a_run_of_no_time(running):
    running.asks_ok(**to_credits(credits=20))
    record = running.records("time")[0]
    assert (record["time_start"], record["time_spent_ms"]) == (record["time_stop"], 0)
    assert running.credits == 100


def test_what_a_paused_clock_has_left_can_be_taken_back(running, wallclock):
    wallclock.forward(5 * MINUTE)
    running.asks_ok(**PAUSE)
    running.asks_ok(**to_credits(credits=15))
    running.is_refused("no_time_left", **RESUME)
    assert running.asks_ok(**STOP)["minutes_spent"] == 5.0
    assert running.milliseconds_left == 0
