"""Leaps of the machine's wall clock: what is refused, what stays, and what ends the doubt."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest
from database_file import rows, significant_rows
from engine_client import EngineClient
from fakes import DAY, FRIDAY_NOON, HOUR, MINUTE, SECOND, Wallclock
from instructions import (
    NEW_SESSION,
    PASSWORD,
    STOP,
    VIEW_ACCOUNT,
    VIEW_CLOCK,
    VIEW_WALLET,
    login,
    supply,
    to_clock,
)

from ewallet_core import EWalletSessionManager
from ewallet_core.engine.wall_clock import LARGEST_STEP_MS, confirm_wall_clock
from ewallet_core.storage.database import open_database

YEAR = 365 * DAY
UNLINK = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}
LEAPS = [DAY, 31 * DAY, 10 * YEAR]


@dataclass
class Machine:
    """A wall clock that leaps, and a boot clock that does not."""

    wall: Wallclock
    booted_at: int = FRIDAY_NOON - HOUR
    boot_id: str = "boot 1"
    leap: int = 0

    def boot_clock(self) -> int:
        return self.wall.now - self.leap - self.booted_at

    def leap_by(self, milliseconds: int) -> None:
        self.wall.forward(milliseconds)
        self.leap += milliseconds

    def reboot(self, off_for: int, *, wall_moves: int | None = None) -> None:
        """Switch the machine off and on again; meanwhile its wall clock may move by something else."""
        self.wall.forward(off_for if wall_moves is None else wall_moves)
        self.booted_at, self.leap, self.boot_id = self.wall.now - SECOND, 0, f"{self.boot_id}+"


@pytest.fixture
def machine(wallclock):
    return Machine(wallclock)


@pytest.fixture
def start_engine(open_engine, machine):
    def start() -> EWalletSessionManager:
        return open_engine(boot_clock=machine.boot_clock, boot_id=machine.boot_id)

    return start


@pytest.fixture
def engine(start_engine):
    return start_engine()


def confirm(wallet_url, machine) -> None:
    """As `ewallet doctor --confirm-clock` does in another process."""
    database = open_database(wallet_url)
    database.write(
        lambda found: confirm_wall_clock(found, machine.wall(), machine.boot_clock(), machine.boot_id)
    )
    database.close()


def clean_up(engine) -> None:
    for what in ("clocks", "sessions", "stokens", "ctokens", "workers", "accounts", "history"):
        EngineClient(engine).expect_error(
            "clock_in_doubt", controller="system", action="cleanup", cleanup=what
        )


# A leap while the engine runs


@pytest.mark.parametrize("leap", [*LEAPS, -10 * YEAR])
def test_nothing_runs_out_expires_or_is_erased_while_the_clock_is_in_doubt(
    engine, running, bob, machine, wallet_url, leap
):
    bob.request(**UNLINK)
    machine.wall.forward(5 * MINUTE)
    before = significant_rows(wallet_url)
    machine.leap_by(leap)
    assert running.clock["credit_clock_ms"] == (15 * MINUTE if leap > 0 else 20 * MINUTE)
    clean_up(engine)
    for change in (supply(5), to_clock(1), STOP):
        refused = running.expect_error("clock_in_doubt", **change, request_id="request 1")
        assert "--confirm-clock" in refused["warning"]
    assert significant_rows(wallet_url) == before
    machine.leap_by(-leap)
    assert running.request(**STOP)["minutes_spent_ms"] == 5 * MINUTE
    bob.request(**login("bob") | {"action": "recover", "recover": "account"})


def test_a_refused_request_can_be_sent_again_once_the_clock_is_right(engine, supplied, machine):
    done = supplied.request(**supply(7), request_id="before the leap")
    machine.leap_by(DAY)
    supplied.expect_error("clock_in_doubt", **supply(5), request_id="during the leap")
    assert supplied.request(**supply(7), request_id="before the leap") == done
    machine.leap_by(-DAY)
    supplied.request(**supply(5), request_id="during the leap")
    assert supplied.credits == 112


def test_users_log_in_and_look_while_the_clock_is_in_doubt(engine, running, machine):
    machine.leap_by(31 * DAY)
    running.request(**VIEW_WALLET)
    machine.wall.forward(10 * HOUR)
    running.request(**VIEW_WALLET)
    later = EngineClient(engine).open_session().log_in()
    assert later.request(**VIEW_CLOCK)["clock_data"]["clock_state"] == "active"
    EngineClient(engine).request(**NEW_SESSION)


@pytest.mark.parametrize("step", [LARGEST_STEP_MS, -LARGEST_STEP_MS])
def test_a_step_of_less_than_a_day_is_taken_as_true(engine, ada, machine, step):
    machine.leap_by(step)
    EngineClient(engine).open_session().log_in().request(**supply(5))


def test_a_suspended_machine_has_not_leapt(engine, running, machine):
    machine.wall.forward(31 * DAY)
    woken = EngineClient(engine).open_session().log_in()
    assert woken.clock["clock_state"] == "inactive"


def test_without_a_boot_clock_no_leap_is_noticed(open_engine, wallclock):
    engine = open_engine()
    wallclock.forward(YEAR)
    EngineClient(engine).open_session().register().log_in().request(**supply(5))


def test_the_log_says_once_that_the_clock_is_in_doubt_and_once_that_it_is_right(engine, ada, machine, caplog):
    caplog.set_level(logging.WARNING)
    machine.leap_by(DAY)
    for _ in range(3):
        ada.expect_error("clock_in_doubt", **supply(5))
    machine.leap_by(-DAY)
    for _ in range(3):
        ada.request(**supply(5))
    begun, ended = (record.message for record in caplog.records)
    assert "in doubt" in begun
    assert "2026-11-21T12:00:00.000Z" in begun
    assert "right again" in ended


def test_cleaners_rest_while_the_clock_is_in_doubt(engine, running, machine, caplog):
    dispatcher = engine.dispatcher
    running.request(controller="system", action="stop", stop="cleaner", cleaner="all")
    scheduler = dispatcher._cleanup_thread._scheduler
    scheduler.start("all")
    machine.leap_by(31 * DAY)
    assert scheduler.turn() == 60_000
    assert "failed" not in caplog.text
    machine.leap_by(-31 * DAY)
    machine.wall.forward(20 * MINUTE)
    scheduler.turn()
    assert running.clock["clock_state"] == "inactive"


# A confirmed clock


def test_an_operator_confirms_the_clock_of_a_running_engine(engine, running, machine, wallet_url):
    machine.leap_by(31 * DAY)
    running.expect_error("clock_in_doubt", **supply(5))
    confirm(wallet_url, machine)
    later = EngineClient(engine).open_session().log_in()
    later.request(**supply(5))
    assert later.clock["clock_state"] == "inactive"


def test_an_earlier_confirmation_does_not_hold_for_a_later_leap(engine, running, machine, wallet_url):
    machine.leap_by(31 * DAY)
    running.expect_error("clock_in_doubt", **supply(5))
    confirm(wallet_url, machine)
    later = EngineClient(engine).open_session().log_in()
    later.request(**supply(5))
    machine.leap_by(31 * DAY)
    later.expect_error("clock_in_doubt", **supply(5))
    machine.leap_by(-62 * DAY)
    later.expect_error("clock_in_doubt", **supply(5))


def test_a_confirmed_clock_is_right_for_engines_that_start_later(
    engine, start_engine, supplied, machine, wallet_url
):
    machine.leap_by(-YEAR)
    supplied.expect_error("clock_in_doubt", **supply(5))
    confirm(wallet_url, machine)
    supplied.request(**supply(5))
    engine.close()
    machine.reboot(off_for=HOUR)
    EngineClient(start_engine()).open_session().log_in().request(**supply(5))


# Restarts


def test_a_leap_between_two_engines_of_one_boot_is_noticed(engine, start_engine, running, machine):
    engine.close()
    machine.leap_by(31 * DAY)
    running.at(start_engine()).expect_error("clock_in_doubt", **supply(5))
    machine.leap_by(-31 * DAY)
    running.at(start_engine()).request(**STOP)


def test_a_machine_that_was_off_for_long_is_not_in_doubt(engine, start_engine, running, machine):
    engine.close()
    machine.reboot(off_for=YEAR)
    woken = EngineClient(start_engine()).open_session().log_in()
    woken.request(**supply(5))
    assert woken.clock["clock_state"] == "inactive"


def test_a_machine_without_a_battery_starts_with_an_old_date_and_goes_on_once_it_is_set(
    engine, start_engine, running, bob, machine, wallet_url
):
    bob.request(**UNLINK)
    engine.close()
    before = significant_rows(wallet_url)
    machine.reboot(off_for=HOUR, wall_moves=-10 * YEAR)
    started = start_engine()
    machine.wall.forward(3 * HOUR)
    running.at(started).request(**VIEW_ACCOUNT)
    running.at(started).expect_error("clock_in_doubt", **supply(5))
    clean_up(started)
    assert significant_rows(wallet_url) == before
    machine.leap_by(10 * YEAR - 2 * HOUR)
    later = EngineClient(started).open_session().log_in()
    assert later.clock["clock_state"] == "inactive"
    later.request(**supply(5))


def test_logins_at_an_old_date_do_not_hide_that_the_clock_went_back(engine, start_engine, ada, machine):
    engine.close()
    machine.reboot(off_for=HOUR, wall_moves=-YEAR)
    EngineClient(start_engine()).open_session().log_in()
    EngineClient(start_engine()).open_session().log_in().expect_error("clock_in_doubt", **supply(5))


def test_a_step_back_of_less_than_a_day_between_two_engines_is_taken_as_true(
    engine, start_engine, ada, machine
):
    engine.close()
    machine.reboot(off_for=HOUR, wall_moves=-20 * HOUR)
    EngineClient(start_engine()).open_session().log_in().request(**supply(5))


def test_an_engine_starts_again_without_writing(engine, start_engine, ada, wallet_url):
    reading = rows(wallet_url, "SELECT * FROM wall_clock")
    engine.close()
    start_engine()
    assert rows(wallet_url, "SELECT * FROM wall_clock") == reading
