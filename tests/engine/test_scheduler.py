"""The cleanup scheduler: due work is done on time and once, and failures are retried."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_system import cleanup, start_cleaner, stop_cleaner
from fakes import DAY, MINUTE, SECOND
from instructions import NEW_WORKER, PASSWORD, START, VIEW_CLOCK, supply, to_clock

from ewallet_core.engine.cleanup import (
    CLEANERS,
    LONGEST_WAIT_MS,
    NOT_IN_CHARGE_MS,
    RETRY_MS,
    CleanupThread,
    Scheduler,
)
from ewallet_core.errors.server import StorageFailedError
from ewallet_core.instructions import fields

ALL = ["clock", "session", "stoken", "ctoken", "worker", "account", "history"]
TIMEOUT_SECONDS = 20


def scheduler_of(engine, clock) -> Scheduler:
    def clean_up(what: str):
        return engine.answer({"ctype": "action", **cleanup(what)})

    return Scheduler(CLEANERS, engine._database.read, clean_up, clock)


@pytest.fixture
def scheduler(engine, wallclock) -> Scheduler:
    """A scheduler with all cleaners started, which runs when the test calls `turn`."""
    made = scheduler_of(engine, wallclock)
    made.start("all")
    return made


def runs(url: str) -> list[dict[str, int]]:
    return rows(url, "SELECT time_stop, time_spent FROM time_records ORDER BY id")


# Which cleaners run


def test_no_cleaner_runs_by_default(anonymous):
    assert anonymous.request(**stop_cleaner())["running"] == []


def test_cleaners_are_started_and_stopped_by_name(anonymous):
    assert anonymous.request(**start_cleaner("session")) == {
        "failed": False,
        "cleaner": "session",
        "running": ["session"],
    }
    assert anonymous.request(**start_cleaner("clock"))["running"] == ["clock", "session"]
    assert anonymous.request(**start_cleaner("clock"))["running"] == ["clock", "session"]
    assert anonymous.request(**stop_cleaner("session"))["running"] == ["clock"]


def test_all_cleaners_can_be_started_and_stopped_together(anonymous):
    assert anonymous.request(**start_cleaner())["running"] == ALL
    assert anonymous.request(**stop_cleaner("history"))["running"] == ALL[:-1]
    assert anonymous.request(**stop_cleaner())["running"] == []


def test_every_cleaner_is_a_value_of_the_argument():
    assert tuple(cleaner.name for cleaner in CLEANERS) == fields.CLEANER_NAMES


def test_every_cleaner_runs_an_existing_instruction(anonymous):
    for cleaner in CLEANERS:
        anonymous.request(**cleanup(cleaner.cleans))


def test_an_unknown_cleaner_is_refused(anonymous, nothing_changes):
    nothing_changes()
    for name in ("sessions", "", "ALL", 1, None):
        assert anonymous.send(**start_cleaner(name))["code"] in ("bad_value", "arguments_clash")


def test_cleaners_run_per_engine(anonymous, open_engine):
    anonymous.request(**start_cleaner())
    assert EngineClient(open_engine()).request(**stop_cleaner("history"))["running"] == []


def test_a_closed_engine_has_no_cleanup_thread(open_engine):
    engine = open_engine()
    EngineClient(engine).request(**start_cleaner())
    engine.close()
    engine.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "ewallet-cleaners"]


# Due work


def test_the_scheduler_waits_until_a_timer_runs_out(scheduler, supplied, wallclock, wallet_url):
    supplied.request(**to_clock(1))
    supplied.request(**START)
    wallclock.forward(59 * SECOND)
    assert scheduler.turn() == SECOND
    assert runs(wallet_url) == []
    wallclock.forward(SECOND)
    scheduler.turn()
    assert runs(wallet_url) == [{"time_stop": wallclock.now, "time_spent": MINUTE}]


def test_without_due_work_the_scheduler_waits_a_minute(scheduler, anonymous):
    assert scheduler.turn() == LONGEST_WAIT_MS
    EngineClient(anonymous.engine).open_session()
    assert scheduler.turn() == LONGEST_WAIT_MS


def test_expired_rows_are_removed_by_their_own_cleaner(engine, wallclock, wallet_url):
    EngineClient(engine).open_session()
    wallclock.forward(30 * MINUTE)
    scheduler = scheduler_of(engine, wallclock)
    scheduler.start("session")
    scheduler.turn()
    assert rows(wallet_url, "SELECT id FROM sessions") == []
    assert len(rows(wallet_url, "SELECT id FROM client_ids")) == 1
    scheduler.start("ctoken")
    scheduler.turn()
    assert rows(wallet_url, "SELECT id FROM client_ids") == []


def test_a_stopped_cleaner_does_not_clean(scheduler, visitor, wallclock, wallet_url):
    scheduler.stop("all")
    wallclock.forward(30 * MINUTE)
    assert scheduler.turn() == LONGEST_WAIT_MS
    assert len(rows(wallet_url, "SELECT id FROM sessions")) == 1


def test_a_new_worker_is_kept_for_30_minutes_without_a_session(scheduler, anonymous, wallclock):
    anonymous.request(**NEW_WORKER)
    wallclock.forward(30 * MINUTE - 1)
    scheduler.turn()
    assert set(anonymous.engine.workers) == {1}
    wallclock.forward(1)
    scheduler.turn()
    assert anonymous.engine.workers == {}


def test_history_is_removed_after_thirty_days_once_an_hour(scheduler, ada, wallclock, wallet_url):
    def kept() -> list[str]:
        return [row["request_id"] for row in rows(wallet_url, "SELECT request_id FROM seen_requests")]

    ada.request(**supply(), request_id="request 1")
    wallclock.forward(10 * MINUTE)
    ada.request(**supply(), request_id="request 2")
    wallclock.forward(30 * DAY - 10 * MINUTE + 1)
    scheduler.turn()
    assert kept() == ["request 2"]
    wallclock.forward(10 * MINUTE)
    scheduler.turn()
    assert kept() == ["request 2"]
    wallclock.forward(50 * MINUTE)
    scheduler.turn()
    assert kept() == []


def test_events_dated_in_the_future_are_dated_now_and_keep_no_others(scheduler, ada, wallclock, wallet_url):
    wallclock.forward(1_000 * DAY)
    ada.open_session().log_in().request(**supply())
    wallclock.forward(-1_000 * DAY)
    ada.open_session().log_in().request(**supply())
    wallclock.forward(30 * DAY + SECOND)
    scheduler.turn()
    assert rows(wallet_url, "SELECT at FROM events") == [{"at": wallclock.now}]


def test_all_work_that_came_due_during_a_sleep_is_done_at_once(scheduler, supplied, wallclock, wallet_url):
    supplied.request(**to_clock(1))
    supplied.request(**START)
    ran_out = wallclock.now + MINUTE
    wallclock.forward(DAY)
    # Workers become vacant only when their sessions are removed.
    assert scheduler.turn() == 0
    assert scheduler.turn() > 0
    assert runs(wallet_url) == [{"time_stop": ran_out, "time_spent": MINUTE}]
    assert supplied.engine.sessions == supplied.engine.workers == {}


def test_an_account_is_erased_after_thirty_days(scheduler, ada, wallclock, wallet_url):
    def state() -> str:
        return rows(wallet_url, "SELECT state FROM accounts WHERE id = 2")[0]["state"]

    ada.request(action="unlink", unlink="account", user_pass=PASSWORD)
    wallclock.forward(30 * DAY - 1)
    scheduler.turn()
    assert state() == "unlink_pending"
    wallclock.forward(1)
    scheduler.turn()
    assert state() == "erased"


# Failures


def test_a_failed_cleanup_is_retried(engine, wallclock, visitor, wallet_url):
    failures = [{"failed": True, "code": "storage_failed", "error": "The disk is full."}] * 2

    def clean_up(what: str):
        return failures.pop() if failures else engine.answer({"ctype": "action", **cleanup(what)})

    scheduler = Scheduler(CLEANERS, engine._database.read, clean_up, wallclock)
    scheduler.start("session")
    wallclock.forward(30 * MINUTE)
    for _ in range(2):
        assert scheduler.turn() == RETRY_MS
        assert len(rows(wallet_url, "SELECT id FROM sessions")) == 1
        wallclock.forward(RETRY_MS)
    assert scheduler.turn() == LONGEST_WAIT_MS
    assert rows(wallet_url, "SELECT id FROM sessions") == []


def test_a_failed_read_is_retried(wallclock):
    def read(_work):
        raise StorageFailedError("disk I/O error")

    scheduler = Scheduler(CLEANERS, read, lambda what: {"failed": False}, wallclock)
    scheduler.start("all")
    assert scheduler.turn() == RETRY_MS


def test_a_process_that_is_not_in_charge_reads_and_removes_nothing(engine, wallclock, visitor, wallet_url):
    def clean_up(what: str):
        return engine.answer({"ctype": "action", **cleanup(what)})

    reads, in_charge = [], [False]

    def read(work):
        reads.append(work)
        return engine._database.read(work)

    scheduler = Scheduler(CLEANERS, read, clean_up, wallclock, is_in_charge=lambda: in_charge[0])
    scheduler.start("session")
    wallclock.forward(30 * MINUTE)
    assert scheduler.turn() == NOT_IN_CHARGE_MS
    assert reads == []
    assert len(rows(wallet_url, "SELECT id FROM sessions")) == 1
    in_charge[0] = True
    assert scheduler.turn() == LONGEST_WAIT_MS
    assert rows(wallet_url, "SELECT id FROM sessions") == []


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


def run_turns(cleanup_thread: CleanupThread, wake_up: CountedWakeUps) -> None:
    cleanup_thread.start("clock")
    assert wake_up.over.wait(TIMEOUT_SECONDS)
    cleanup_thread.close()


def test_the_thread_waits_until_the_next_due_time(engine, supplied, wallclock, wallet_url):
    supplied.request(**to_clock(2))
    supplied.request(**START)
    began = wallclock.now
    wake_up = CountedWakeUps(3, wallclock.forward)
    run_turns(CleanupThread(scheduler_of(engine, wallclock), wake_up), wake_up)
    assert wake_up.waited == [MINUTE, MINUTE, LONGEST_WAIT_MS]
    assert runs(wallet_url) == [{"time_stop": began + 2 * MINUTE, "time_spent": 2 * MINUTE}]


class FaultyScheduler:
    """A scheduler with a bug."""

    def start(self, name: str) -> list[str]:
        return [name]

    def stop(self, name: str) -> list[str]:
        return []

    def turn(self) -> int:
        raise ZeroDivisionError


def test_the_thread_survives_an_unexpected_exception():
    wake_up = CountedWakeUps(3, lambda _: None)
    run_turns(CleanupThread(FaultyScheduler(), wake_up), wake_up)
    assert wake_up.waited == [RETRY_MS] * 3


def test_a_view_shows_the_result_of_a_cleanup(running, scheduler, wallclock):
    wallclock.forward(20 * MINUTE)
    scheduler.turn()
    shown = running.request(**VIEW_CLOCK)["clock_data"]
    assert (shown["clock_state"], shown["credit_clock_ms"]) == ("inactive", 0)


def test_cleanup_continues_after_the_wall_clock_was_set_back(scheduler, running, wallclock, wallet_url):
    wallclock.forward(21 * MINUTE)
    scheduler.turn()
    wallclock.forward(-DAY)
    running.log_in()
    running.request(**to_clock(1))
    running.request(**START)
    wallclock.forward(MINUTE)
    scheduler.turn()
    assert len(runs(wallet_url)) == 2


def test_a_cleaner_that_is_stopped_during_a_turn_does_not_run(engine, wallclock, visitor):
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
