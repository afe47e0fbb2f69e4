"""The clock timer as a user meets it: it goes on by itself, and stops when the clock is empty."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from database_file import rows
from engine_client import EngineClient
from fakes import DAY, MINUTE, SECOND
from instructions import (
    KEEP_SESSION_TOKEN,
    LOGOUT,
    PAUSE,
    RESUME,
    START,
    STOP,
    VIEW_ACCOUNT,
    VIEW_CLOCK,
    VIEW_WALLET,
    edit_account,
    login,
    supply,
    to_clock,
    to_credits,
    view_list,
)

RUN_OUT = "2026-11-20T12:20:00.000Z"


def awake(caller: EngineClient) -> EngineClient:
    """The account, in a session of now."""
    return EngineClient(caller.engine).opens_a_session().logs_in()


def ran_out_once(caller: EngineClient) -> bool:
    """Whether the run of 20 minutes is on record exactly once, dated when the clock was empty."""
    runs = [(record["time_stop"], record["time_spent_ms"]) for record in caller.records("time")]
    told = [event["event"] for event in caller.engine.events(**caller.credentials, since=0).events]
    return runs == [(RUN_OUT, 20 * MINUTE)] and told.count("timer_ran_out") == 1


# It goes on


def test_a_running_timer_goes_on_across_a_restart(running, wallclock, open_engine):
    wallclock.forward(5 * MINUTE)
    running.engine.close()
    wallclock.forward(3 * MINUTE)
    restarted = running.at(open_engine())
    assert restarted.milliseconds_left == 12 * MINUTE
    assert restarted.asks_ok(**STOP)["minutes_spent"] == 8.0


def test_a_paused_timer_stays_paused_across_a_restart(running, wallclock, open_engine):
    running.asks_ok(**PAUSE)
    running.engine.close()
    wallclock.forward(3 * MINUTE)
    restarted = running.at(open_engine())
    assert restarted.asks_ok(**RESUME)["pending_time"] == 3.0
    assert restarted.milliseconds_left == 20 * MINUTE


def test_a_timer_goes_on_when_its_user_has_logged_out(running, wallclock):
    running.asks_ok(**LOGOUT)
    wallclock.forward(5 * MINUTE)
    assert running.logs_in().milliseconds_left == 15 * MINUTE


def test_a_timer_is_the_accounts_wherever_it_is_looked_at_from(running, wallclock):
    wallclock.forward(MINUTE)
    assert awake(running).asks_ok(**STOP)["minutes_spent"] == 1.0
    running.is_refused("timer_state", **STOP)


def test_a_paused_timer_never_runs_out(running, wallclock):
    wallclock.forward(MINUTE)
    running.asks_ok(**PAUSE)
    wallclock.forward(90 * DAY)
    assert awake(running).clock["clock_state"] == "paused"
    assert awake(running).milliseconds_left == 19 * MINUTE


def test_a_wall_clock_that_is_set_back_takes_no_time_twice(running, wallclock):
    wallclock.forward(10 * MINUTE)
    running.asks_ok(**PAUSE)
    wallclock.forward(-5 * MINUTE)
    running.asks_ok(**RESUME)
    assert running.milliseconds_left == 10 * MINUTE
    wallclock.forward(6 * MINUTE)
    assert running.milliseconds_left == 9 * MINUTE


# It runs out


@pytest.mark.parametrize(
    "first",
    [
        VIEW_CLOCK,
        VIEW_WALLET,
        VIEW_ACCOUNT,
        view_list("time"),
        view_list("transfer"),
        KEEP_SESSION_TOKEN,
        supply(5),
        to_clock(5),
        to_credits(credits=1),
        edit_account(user_phone="1"),
        login(),
        START,
        PAUSE,
        RESUME,
        STOP,
    ],
    ids=str,
)
@pytest.mark.parametrize("late", [0, 1, 9 * MINUTE], ids=["at once", "a millisecond late", "late"])
def test_whatever_is_asked_first_finds_the_run_ended_when_the_clock_was_empty(
    running, wallclock, first, late
):
    wallclock.forward(20 * MINUTE + late)
    running.ask(**first)
    assert ran_out_once(running)
    assert running.clock["clock_state"] == "inactive"


@pytest.mark.parametrize("days", [1, 400])
def test_a_run_that_ended_long_ago_is_dated_when_it_ended(running, wallclock, days):
    wallclock.forward(days * DAY)
    later = awake(running)
    assert ran_out_once(later)
    assert later.milliseconds_left == 0


def test_all_that_is_written_of_a_run_out_is_dated_when_the_clock_was_empty(running, wallclock, wallet_file):
    wallclock.forward(25 * MINUTE)
    sheet = running.asks_ok(**view_list("time"))["sheet_data"]
    (entry,) = rows(wallet_file, "SELECT at FROM entries WHERE kind = 'time_spent'")
    assert sheet["write_date"] == sheet["rows"][0]["create_date"] == sheet["rows"][0]["write_date"] == RUN_OUT
    assert entry["at"] == wallclock.now - 5 * MINUTE


def test_a_millisecond_before_the_end_the_timer_still_runs(running, wallclock):
    wallclock.forward(20 * MINUTE - 1)
    assert (running.clock["clock_state"], running.milliseconds_left) == ("active", 1)
    assert running.asks_ok(**STOP)["minutes_spent_ms"] == 20 * MINUTE - 1


def test_a_run_that_was_paused_ends_later_by_as_much(running, wallclock):
    running.asks_ok(**PAUSE)
    wallclock.forward(3 * MINUTE)
    running.asks_ok(**RESUME)
    wallclock.forward(20 * MINUTE)
    record = running.records("time")[0]
    assert (record["time_stop"], record["time_spent"], record["time_pending"]) == (
        "2026-11-20T12:23:00.000Z",
        20.0,
        3.0,
    )


@pytest.mark.parametrize(
    ("asked", "code", "state"),
    [
        (START, "no_time_left", "inactive"),
        (PAUSE, "timer_state", "inactive"),
        (RESUME, "timer_state", "inactive"),
        (STOP, "timer_state", "inactive"),
    ],
    ids=str,
)
def test_after_the_end_the_refusal_says_the_present_state(running, wallclock, asked, code, state):
    wallclock.forward(20 * MINUTE)
    assert running.is_refused(code, **asked)["details"] == {"clock_state": state}


def test_a_clock_that_is_filled_again_runs_again_from_then_on(running, wallclock):
    wallclock.forward(25 * MINUTE)
    running.asks_ok(**to_clock(10))
    assert running.milliseconds_left == 10 * MINUTE
    running.asks_ok(**START)
    wallclock.forward(10 * MINUTE)
    stops = [record["time_stop"] for record in running.records("time")]
    assert stops == ["2026-11-20T12:35:00.000Z", RUN_OUT]


def test_a_restart_after_the_end_finds_the_run_ended_when_the_clock_was_empty(
    running, wallclock, open_engine
):
    running.engine.close()
    wallclock.forward(25 * MINUTE)
    assert ran_out_once(running.at(open_engine()))


def test_two_engines_that_find_the_end_at_once_write_it_once(running, wallclock, open_engine):
    callers = [running, running.at(open_engine())] * 4
    wallclock.forward(25 * MINUTE)
    start = Barrier(len(callers))

    def look(caller: EngineClient) -> str:
        start.wait()
        return caller.clock["clock_state"]

    with ThreadPoolExecutor(len(callers)) as threads:
        assert set(threads.map(look, callers)) == {"inactive"}
    assert ran_out_once(running)


# What can not be done


@pytest.mark.parametrize(
    ("done", "asked", "error"),
    [
        ([], START, "The timer runs already."),
        ([], RESUME, "The timer runs, it is not paused."),
        ([PAUSE], START, "The timer is paused."),
        ([PAUSE], PAUSE, "The timer is paused already."),
        ([STOP], PAUSE, "The timer does not run."),
        ([STOP], RESUME, "The timer does not run."),
        ([STOP], STOP, "The timer does not run."),
    ],
    ids=str,
)
def test_what_the_timers_state_does_not_allow_is_refused(
    running, wallclock, nothing_changes, done, asked, error
):
    wallclock.forward(SECOND)
    for instruction in done:
        running.asks_ok(**instruction)
    nothing_changes()
    answer = running.is_refused("timer_state", **asked)
    assert answer["error"] == error
    assert answer["details"] == {"clock_state": running.clock["clock_state"]}


def test_an_empty_clock_can_not_be_started(supplied, nothing_changes):
    nothing_changes()
    supplied.is_refused("no_time_left", **START)
