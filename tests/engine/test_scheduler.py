"""Cleaners by themselves: what is due is done at its moment, once, whatever went wrong before."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_system import cleanup, start_cleaner, stop_cleaner
from fakes import DAY, MINUTE, SECOND
from instructions import NEW_WORKER, PASSWORD, START, VIEW_CLOCK, supply, to_clock

from ewallet_core.engine.cleanup import CLEANERS, LONGEST_WAIT_MS, RETRY_MS, CleanupThread, Scheduler
from ewallet_core.errors.server import StorageFailedError
from ewallet_core.instructions import fields

ALL = ["clock", "session", "stoken", "ctoken", "worker", "account", "history"]
ENOUGH_SECONDS = 20


def scheduler_of(engine, clock) -> Scheduler:
    def clean_up(what: str):
        return engine.answer({"ctype": "action", **cleanup(what)})

    return Scheduler(CLEANERS, engine._database.read, clean_up, clock)


@pytest.fixture
def scheduler(engine, wallclock) -> Scheduler:
    """The engine's cleaners, all started, which have their turn when the test says so."""
    made = scheduler_of(engine, wallclock)
    made.start("all")
    return made


def runs(file: Path) -> list[dict[str, int]]:
    return rows(file, "SELECT time_stop, time_spent FROM time_records ORDER BY id")


# Which cleaners run


def test_no_cleaner_runs_until_one_is_started(nobody):
    assert nobody.asks_ok(**stop_cleaner())["running"] == []


def test_cleaners_are_started_and_stopped_by_name(nobody):
    assert nobody.asks_ok(**start_cleaner("session")) == {
        "failed": False,
        "cleaner": "session",
        "running": ["session"],
    }
    assert nobody.asks_ok(**start_cleaner("clock"))["running"] == ["clock", "session"]
    assert nobody.asks_ok(**start_cleaner("clock"))["running"] == ["clock", "session"]
    assert nobody.asks_ok(**stop_cleaner("session"))["running"] == ["clock"]


def test_all_cleaners_are_started_and_stopped_at_once(nobody):
    assert nobody.asks_ok(**start_cleaner())["running"] == ALL
    assert nobody.asks_ok(**stop_cleaner("history"))["running"] == ALL[:-1]
    assert nobody.asks_ok(**stop_cleaner())["running"] == []


def test_every_cleaner_can_be_named():
    assert tuple(cleaner.name for cleaner in CLEANERS) == fields.CLEANERS


def test_every_cleaner_cleans_by_an_instruction_that_there_is(nobody):
    for cleaner in CLEANERS:
        nobody.asks_ok(**cleanup(cleaner.cleans))


def test_a_cleaner_that_is_not_there_is_refused(nobody, nothing_changes):
    nothing_changes()
    for name in ("sessions", "", "ALL", 1, None):
        assert nobody.ask(**start_cleaner(name))["code"] in ("bad_value", "missing_argument")


def test_cleaners_belong_to_their_engine(nobody, open_engine):
    nobody.asks_ok(**start_cleaner())
    assert EngineClient(open_engine()).asks_ok(**stop_cleaner("history"))["running"] == []


def test_a_closed_engine_has_no_cleaner_at_work(open_engine):
    engine = open_engine()
    EngineClient(engine).asks_ok(**start_cleaner())
    engine.close()
    engine.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "ewallet-cleaners"]


# What is due, and when the next is


def test_a_timer_that_runs_out_is_what_is_waited_for(scheduler, supplied, wallclock, wallet_file):
    supplied.asks_ok(**to_clock(1))
    supplied.asks_ok(**START)
    wallclock.forward(59 * SECOND)
    assert scheduler.turn() == SECOND
    assert runs(wallet_file) == []
    wallclock.forward(SECOND)
    scheduler.turn()
    assert runs(wallet_file) == [{"time_stop": wallclock.now, "time_spent": MINUTE}]


def test_where_nothing_comes_due_soon_it_is_looked_again_within_a_minute(scheduler, nobody):
    assert scheduler.turn() == LONGEST_WAIT_MS
    EngineClient(nobody.engine).opens_a_session()
    assert scheduler.turn() == LONGEST_WAIT_MS


def test_what_expires_is_removed_by_its_own_cleaner(engine, wallclock, wallet_file):
    EngineClient(engine).opens_a_session()
    wallclock.forward(30 * MINUTE)
    scheduler = scheduler_of(engine, wallclock)
    scheduler.start("session")
    scheduler.turn()
    assert rows(wallet_file, "SELECT id FROM sessions") == []
    assert len(rows(wallet_file, "SELECT id FROM client_ids")) == 1
    scheduler.start("ctoken")
    scheduler.turn()
    assert rows(wallet_file, "SELECT id FROM client_ids") == []


def test_a_cleaner_that_was_stopped_cleans_no_more(scheduler, visitor, wallclock, wallet_file):
    scheduler.stop("all")
    wallclock.forward(30 * MINUTE)
    assert scheduler.turn() == LONGEST_WAIT_MS
    assert len(rows(wallet_file, "SELECT id FROM sessions")) == 1


def test_a_new_worker_is_given_half_an_hour_to_get_a_session(scheduler, nobody, wallclock):
    nobody.asks_ok(**NEW_WORKER)
    wallclock.forward(30 * MINUTE - 1)
    scheduler.turn()
    assert set(nobody.engine.workers) == {1}
    wallclock.forward(1)
    scheduler.turn()
    assert nobody.engine.workers == {}


def test_history_is_forgotten_after_thirty_days_by_the_hour(scheduler, ada, wallclock, wallet_file):
    def kept() -> list[str]:
        return [row["request_id"] for row in rows(wallet_file, "SELECT request_id FROM seen_requests")]

    ada.asks_ok(**supply(), request_id="request 1")
    wallclock.forward(10 * MINUTE)
    ada.asks_ok(**supply(), request_id="request 2")
    wallclock.forward(30 * DAY - 10 * MINUTE + 1)
    scheduler.turn()
    assert kept() == ["request 2"]
    wallclock.forward(10 * MINUTE)
    scheduler.turn()
    assert kept() == ["request 2"]
    wallclock.forward(50 * MINUTE)
    scheduler.turn()
    assert kept() == []


def test_everything_of_a_long_sleep_is_done_without_waiting(scheduler, supplied, wallclock, wallet_file):
    supplied.asks_ok(**to_clock(1))
    supplied.asks_ok(**START)
    ran_out = wallclock.now + MINUTE
    wallclock.forward(DAY)
    # The workers are vacant only when the sessions are gone.
    assert scheduler.turn() == 0
    assert scheduler.turn() > 0
    assert runs(wallet_file) == [{"time_stop": ran_out, "time_spent": MINUTE}]
    assert supplied.engine.sessions == supplied.engine.workers == {}


def test_an_account_is_erased_when_its_thirty_days_are_over(scheduler, ada, wallclock, wallet_file):
    def state() -> str:
        return rows(wallet_file, "SELECT state FROM accounts WHERE id = 2")[0]["state"]

    ada.asks_ok(action="unlink", unlink="account", user_pass=PASSWORD)
    wallclock.forward(30 * DAY - 1)
    scheduler.turn()
    assert state() == "unlink_pending"
    wallclock.forward(1)
    scheduler.turn()
    assert state() == "erased"


# What may go wrong


def test_a_cleaner_that_failed_is_tried_again_a_little_later(engine, wallclock, visitor, wallet_file):
    failures = [{"failed": True, "error": "The disk is full."}] * 2

    def clean_up(what: str):
        return failures.pop() if failures else engine.answer({"ctype": "action", **cleanup(what)})

    scheduler = Scheduler(CLEANERS, engine._database.read, clean_up, wallclock)
    scheduler.start("session")
    wallclock.forward(30 * MINUTE)
    for _ in range(2):
        assert scheduler.turn() == RETRY_MS
        assert len(rows(wallet_file, "SELECT id FROM sessions")) == 1
        wallclock.forward(RETRY_MS)
    assert scheduler.turn() == LONGEST_WAIT_MS
    assert rows(wallet_file, "SELECT id FROM sessions") == []


def test_a_storage_that_can_not_be_read_is_tried_again(wallclock):
    def look(_work):
        raise StorageFailedError("disk I/O error")

    scheduler = Scheduler(CLEANERS, look, lambda what: {"failed": False}, wallclock)
    scheduler.start("all")
    assert scheduler.turn() == RETRY_MS


class CountedWakeUps:
    """Ends each wait at once and moves the clock forward by it; closes after so many."""

    def __init__(self, turns: int, forward: Callable[[int], None]) -> None:
        self._left = turns
        self._forward = forward
        self.waited: list[int] = []
        self.over = threading.Event()

    @property
    def is_closed(self) -> bool:
        return self.over.is_set()

    def set(self) -> None:
        pass

    def close(self) -> None:
        self.over.set()

    def wait(self, milliseconds: int) -> None:
        self.waited.append(milliseconds)
        self._forward(milliseconds)
        self._left -= 1
        if self._left == 0:
            self.over.set()


def has_its_turns(cleanup_thread: CleanupThread, wake_up: CountedWakeUps) -> None:
    cleanup_thread.start("clock")
    assert wake_up.over.wait(ENOUGH_SECONDS)
    cleanup_thread.close()


def test_the_thread_waits_until_what_is_next_due(engine, supplied, wallclock, wallet_file):
    supplied.asks_ok(**to_clock(2))
    supplied.asks_ok(**START)
    began = wallclock.now
    wake_up = CountedWakeUps(3, wallclock.forward)
    has_its_turns(CleanupThread(scheduler_of(engine, wallclock), wake_up), wake_up)
    assert wake_up.waited == [MINUTE, MINUTE, LONGEST_WAIT_MS]
    assert runs(wallet_file) == [{"time_stop": began + 2 * MINUTE, "time_spent": 2 * MINUTE}]


class Faulty:
    """Cleaners with a fault of their own."""

    def start(self, name: str) -> list[str]:
        return [name]

    def stop(self, name: str) -> list[str]:
        return []

    def turn(self) -> int:
        raise ZeroDivisionError


def test_the_thread_survives_a_fault_of_a_cleaners_own():
    wake_up = CountedWakeUps(3, lambda _: None)
    has_its_turns(CleanupThread(Faulty(), wake_up), wake_up)
    assert wake_up.waited == [RETRY_MS] * 3


def test_a_view_after_the_cleaner_shows_what_it_did(running, scheduler, wallclock):
    wallclock.forward(20 * MINUTE)
    scheduler.turn()
    shown = running.asks_ok(**VIEW_CLOCK)["clock_data"]
    assert (shown["clock_state"], shown["credit_clock_ms"]) == ("inactive", 0)


def test_cleaners_go_on_after_the_wall_clock_was_set_back(scheduler, running, wallclock, wallet_file):
    wallclock.forward(21 * MINUTE)
    scheduler.turn()
    wallclock.forward(-DAY)
    running.logs_in()
    running.asks_ok(**to_clock(1))
    running.asks_ok(**START)
    wallclock.forward(MINUTE)
    scheduler.turn()
    assert len(runs(wallet_file)) == 2


def test_a_cleaner_that_is_stopped_during_a_turn_has_its_own_no_more(engine, wallclock, visitor):
    cleaned: list[str] = []

    def clean_up(what: str) -> dict[str, object]:
        cleaned.append(what)
        scheduler.stop("all")
        return {"failed": False}

    scheduler = Scheduler(CLEANERS, engine._database.read, clean_up, wallclock)
    scheduler.start("all")
    wallclock.forward(DAY)
    scheduler.turn()
    assert cleaned == ["sessions"]
