"""Stopping a timer at an earlier moment: the time after it is not taken."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import EngineClient
from fakes import MINUTE
from instructions import PAUSE, RESUME, STOP, to_clock

from ewallet_core.operations.context import EngineConfig

RUN_OUT = "2026-11-20T12:20:00.000Z"


def test_the_time_after_the_moment_of_the_stop_is_not_taken(running, wallclock):
    wallclock.forward(15 * MINUTE)
    answer = running.request(**STOP, stopped_at="2026-11-20T13:05:00+01:00")
    assert (answer["minutes_spent_ms"], answer["stop_timestamp"]) == (5 * MINUTE, "2026-11-20T12:05:00.000Z")
    record = running.records("time")[0]
    assert record == answer["record_data"]
    assert (record["time_spent_ms"], record["time_stop"]) == (5 * MINUTE, answer["stop_timestamp"])
    assert running.milliseconds_left == 15 * MINUTE
    assert running.clock["clock_state"] == "inactive"


@pytest.mark.parametrize(
    ("done", "earliest", "why"),
    [
        ([], "12:00", "The timer was started after that moment."),
        ([PAUSE], "12:02", "The timer was paused after that moment."),
        ([PAUSE, RESUME], "12:04", "The timer was resumed after that moment."),
    ],
    ids=["active", "paused", "resumed"],
)
def test_a_timer_stops_only_between_its_last_change_and_now(running, wallclock, done, earliest, why):
    for instruction in done:
        wallclock.forward(2 * MINUTE)
        running.request(**instruction)
    wallclock.forward(2 * MINUTE)
    now = 2 * len(done) + 2
    limits = {"earliest": f"2026-11-20T{earliest}:00.000Z", "latest": f"2026-11-20T12:{now:02}:00.000Z"}
    for moment, problem in (
        (f"2026-11-20T12:{now:02}:00.001Z", "That moment has not come yet."),
        (f"2026-11-20T{earliest}:00.000Z", ""),
        ("2026-11-20T11:59:59.999Z", why),
    ):
        if problem:
            answer = running.expect_error("moment_out_of_range", **STOP, stopped_at=moment)
            assert (answer["error"], answer["details"]) == (problem, {**limits, "field": "stopped_at"})
    stopped = running.request(**STOP, stopped_at=limits["earliest"])
    assert (stopped["minutes_spent"], stopped["pending_time"]) == (
        2.0 if done else 0.0,
        2.0 if len(done) == 2 else 0.0,
    )


@pytest.mark.parametrize(
    ("ran", "ended_at"), [(20 * MINUTE, RUN_OUT), (15 * MINUTE, "2026-11-20T12:15:00.000Z")]
)
def test_a_run_that_ended_in_the_meantime_says_so(running, wallclock, wallet_url, ran, ended_at):
    wallclock.forward(ran)
    running.send(**STOP)
    (record,) = rows(wallet_url, "SELECT id FROM time_records")
    wallclock.forward(25 * MINUTE - ran)
    answer = running.expect_error("run_ended", **STOP, stopped_at="2026-11-20T12:10:00Z")
    assert answer["error"] == f"That run has already ended, at {ended_at}."
    assert answer["details"] == {"ended_at": ended_at, "time_record": record["id"], "field": "stopped_at"}
    running.expect_error("timer_state", **STOP, stopped_at="2026-11-20T12:23:00Z")
    assert [record["time_stop"] for record in running.records("time")] == [ended_at]


def test_time_that_was_added_after_the_moment_stays(running, wallclock):
    wallclock.forward(10 * MINUTE)
    running.request(**to_clock(10))
    wallclock.forward(5 * MINUTE)
    running.request(**STOP, stopped_at="2026-11-20T12:05:00Z")
    assert running.milliseconds_left == 25 * MINUTE


@pytest.mark.parametrize(("chosen", "may"), [(None, False), (False, False), (True, True)])
def test_on_a_server_the_operator_decides_who_stops_in_the_past(running, wallclock, open_engine, chosen, may):
    assert running.clock["may_stop_in_the_past"]
    server = open_engine(config=EngineConfig(stop_in_the_past=chosen))
    elsewhere = EngineClient(server, running.credentials, "198.51.100.7")
    wallclock.forward(5 * MINUTE)
    asked = {**STOP, "stopped_at": "2026-11-20T12:02:00Z"}
    assert elsewhere.clock["may_stop_in_the_past"] is may
    if may:
        assert elsewhere.request(**asked)["minutes_spent"] == 2.0
    else:
        refused = elsewhere.expect_error("not_permitted", **asked)
        assert refused["error"] == "On this server a timer can't be stopped at an earlier moment."
        assert elsewhere.request(**STOP)["minutes_spent"] == 5.0


def test_a_run_that_is_stopped_at_an_earlier_moment_has_segments_until_then(running, wallclock, wallet_url):
    for instruction in (PAUSE, RESUME):
        wallclock.forward(2 * MINUTE)
        running.request(**instruction)
    wallclock.forward(5 * MINUTE)
    record = running.request(**STOP, stopped_at="2026-11-20T12:07:00Z")["time_record"]
    found = rows(wallet_url, "SELECT stopped_at - started_at AS span, time_record_id FROM time_segments")
    assert [(row["span"], row["time_record_id"]) for row in found] == [
        (2 * MINUTE, record),
        (3 * MINUTE, record),
    ]
