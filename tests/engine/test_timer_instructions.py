"""The clock timer through instructions: it continues by itself, and stops when the clock is empty."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from database_file import rows
from engine_client import EngineClient
from fakes import DAY, FRIDAY_NOON, MINUTE, SECOND
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


def new_session(caller: EngineClient) -> EngineClient:
    """The account, logged in to a new session."""
    return EngineClient(caller.engine).open_session().log_in()


def ran_out_once(caller: EngineClient) -> bool:
    """Whether the run of 20 minutes is recorded exactly once, at the time the clock ran out."""
    runs = [(record["time_stop"], record["time_spent_ms"]) for record in caller.records("time")]
    events = [event["event"] for event in caller.engine.events(**caller.credentials, since=0).events]
    return runs == [(RUN_OUT, 20 * MINUTE)] and events.count("timer_ran_out") == 1


# Continuing


def test_a_running_timer_continues_across_a_restart(running, wallclock, open_engine):
    wallclock.forward(5 * MINUTE)
    running.engine.close()
    wallclock.forward(3 * MINUTE)
    restarted = running.at(open_engine())
    assert restarted.milliseconds_left == 12 * MINUTE
    assert restarted.request(**STOP)["minutes_spent"] == 8.0


def test_a_paused_timer_stays_paused_across_a_restart(running, wallclock, open_engine):
    running.request(**PAUSE)
    running.engine.close()
    wallclock.forward(3 * MINUTE)
    restarted = running.at(open_engine())
    assert restarted.request(**RESUME)["pending_time"] == 3.0
    assert restarted.milliseconds_left == 20 * MINUTE


def test_a_timer_continues_after_a_logout(running, wallclock):
    running.request(**LOGOUT)
    wallclock.forward(5 * MINUTE)
    assert running.log_in().milliseconds_left == 15 * MINUTE


def test_a_timer_is_shared_by_all_sessions_of_the_account(running, wallclock):
    wallclock.forward(MINUTE)
    assert new_session(running).request(**STOP)["minutes_spent"] == 1.0
    running.expect_error("timer_state", **STOP)


def test_a_paused_timer_never_runs_out(running, wallclock):
    wallclock.forward(MINUTE)
    running.request(**PAUSE)
    wallclock.forward(90 * DAY)
    assert new_session(running).clock["clock_state"] == "paused"
    assert new_session(running).milliseconds_left == 19 * MINUTE


def test_no_time_is_spent_twice_after_the_wall_clock_was_set_back(running, wallclock):
    wallclock.forward(10 * MINUTE)
    running.request(**PAUSE)
    wallclock.forward(-5 * MINUTE)
    running.request(**RESUME)
    assert running.milliseconds_left == 10 * MINUTE
    wallclock.forward(6 * MINUTE)
    assert running.milliseconds_left == 9 * MINUTE


# Running out


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
@pytest.mark.parametrize("delay", [0, 1, 9 * MINUTE], ids=["at once", "a millisecond late", "late"])
def test_every_instruction_first_ends_a_run_that_ran_out(running, wallclock, first, delay):
    wallclock.forward(20 * MINUTE + delay)
    running.send(**first)
    assert ran_out_once(running)
    assert running.clock["clock_state"] == "inactive"


@pytest.mark.parametrize("days", [1, 400])
def test_a_run_that_ran_out_long_ago_is_dated_when_it_ran_out(running, wallclock, days):
    wallclock.forward(days * DAY)
    later = new_session(running)
    assert ran_out_once(later)
    assert later.milliseconds_left == 0


def test_every_row_of_a_run_out_is_dated_when_the_clock_ran_out(running, wallclock, wallet_url):
    wallclock.forward(25 * MINUTE)
    sheet = running.request(**view_list("time"))["sheet_data"]
    (entry,) = rows(wallet_url, "SELECT at FROM entries WHERE kind = 'time_spent'")
    assert sheet["write_date"] == sheet["rows"][0]["create_date"] == sheet["rows"][0]["write_date"] == RUN_OUT
    assert entry["at"] == wallclock.now - 5 * MINUTE


def test_a_timer_runs_until_the_last_millisecond(running, wallclock):
    wallclock.forward(20 * MINUTE - 1)
    assert (running.clock["clock_state"], running.milliseconds_left) == ("active", 1)
    assert running.request(**STOP)["minutes_spent_ms"] == 20 * MINUTE - 1


def test_a_pause_postpones_the_end_of_a_run(running, wallclock):
    running.request(**PAUSE)
    wallclock.forward(3 * MINUTE)
    running.request(**RESUME)
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
def test_after_a_run_out_errors_show_the_current_state(running, wallclock, asked, code, state):
    wallclock.forward(20 * MINUTE)
    assert running.expect_error(code, **asked)["details"] == {"clock_state": state}


def test_a_clock_can_be_filled_and_started_again(running, wallclock):
    wallclock.forward(25 * MINUTE)
    running.request(**to_clock(10))
    assert running.milliseconds_left == 10 * MINUTE
    running.request(**START)
    wallclock.forward(10 * MINUTE)
    stops = [record["time_stop"] for record in running.records("time")]
    assert stops == ["2026-11-20T12:35:00.000Z", RUN_OUT]


def test_a_run_that_ran_out_before_a_restart_is_dated_when_it_ran_out(running, wallclock, open_engine):
    running.engine.close()
    wallclock.forward(25 * MINUTE)
    assert ran_out_once(running.at(open_engine()))


def test_two_engines_record_a_run_out_once(running, wallclock, open_engine):
    callers = [running, running.at(open_engine())] * 4
    wallclock.forward(25 * MINUTE)
    start = Barrier(len(callers))

    def view_state(caller: EngineClient) -> str:
        start.wait()
        return caller.clock["clock_state"]

    with ThreadPoolExecutor(len(callers)) as threads:
        assert set(threads.map(view_state, callers)) == {"inactive"}
    assert ran_out_once(running)


# Segments


def segments(file) -> list[tuple[int, int, int | None]]:
    """The segments as minutes since noon, with their time record."""
    found = rows(file, "SELECT * FROM time_segments ORDER BY id")
    return [
        (
            (row["started_at"] - FRIDAY_NOON) // MINUTE,
            (row["stopped_at"] - FRIDAY_NOON) // MINUTE,
            row["time_record_id"],
        )
        for row in found
    ]


def test_each_active_stretch_of_a_run_is_kept_as_a_segment(running, wallclock, wallet_url):
    assert segments(wallet_url) == []
    wallclock.forward(2 * MINUTE)
    running.request(**PAUSE)
    assert segments(wallet_url) == [(0, 2, None)]
    wallclock.forward(5 * MINUTE)
    running.request(**RESUME)
    # A stretch in which no time passes is none.
    running.request(**PAUSE)
    running.request(**RESUME)
    wallclock.forward(MINUTE)
    first = running.request(**STOP)["time_record"]
    assert segments(wallet_url) == [(0, 2, first), (7, 8, first)]
    running.request(**START)
    wallclock.forward(20 * MINUTE)
    (second, _) = running.records("time")
    assert segments(wallet_url)[2:] == [(8, 25, second["id"])]


def test_a_run_that_is_stopped_during_a_pause_has_the_segments_before_it(running, wallclock, wallet_url):
    wallclock.forward(3 * MINUTE)
    running.request(**PAUSE)
    wallclock.forward(4 * MINUTE)
    record = running.request(**STOP)["time_record"]
    assert segments(wallet_url) == [(0, 3, record)]


# Errors


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
def test_an_instruction_that_does_not_fit_the_timer_state_is_refused(
    running, wallclock, nothing_changes, done, asked, error
):
    wallclock.forward(SECOND)
    for instruction in done:
        running.request(**instruction)
    nothing_changes()
    answer = running.expect_error("timer_state", **asked)
    assert answer["error"] == error
    assert answer["details"] == {"clock_state": running.clock["clock_state"]}


def test_an_empty_clock_can_not_be_started(supplied, nothing_changes):
    nothing_changes()
    supplied.expect_error("no_time_left", **START)
