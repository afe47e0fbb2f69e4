"""What was stored while the wall clock was ten years ahead, once it is right again."""

from __future__ import annotations

import pytest
from database_file import rows, violations_in
from engine_client import EngineClient
from fakes import DAY, HOUR, MINUTE
from instructions import PASSWORD, PAUSE, RESUME, START, STOP, VIEW_ACCOUNT, login, supply

from ewallet_core.engine.wall_clock import confirm_wall_clock
from ewallet_core.operations.context import EngineConfig
from ewallet_core.storage.database import open_database

AHEAD = 3_650 * DAY
WRONG_LOGIN = login("ada", "another wrong one")
UNLINK = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}


@pytest.fixture
def set_right(engine, open_engine, wallet_url, wallclock):
    """Set the clock right after it was ahead, confirm it, and start another engine."""

    def start(config: EngineConfig | None = None):
        engine.close()
        wallclock.forward(-AHEAD)
        database = open_database(wallet_url)
        database.write(lambda found: confirm_wall_clock(found, wallclock(), 0, ""))
        database.close()
        return open_engine(config=config or EngineConfig())

    return start


def test_a_session_of_the_future_ends_as_any_other(engine, wallclock, set_right):
    wallclock.forward(AHEAD)
    ada = EngineClient(engine).open_session().register().log_in()
    ada = ada.at(set_right())
    wallclock.forward(29 * MINUTE)
    ada.request(**VIEW_ACCOUNT)
    wallclock.forward(30 * MINUTE)
    ada.expect_error("session_expired", **VIEW_ACCOUNT)


def test_a_long_session_of_the_future_keeps_its_lifetime(engine, wallclock, set_right):
    wallclock.forward(AHEAD)
    ada = EngineClient(engine)
    ada.request_client_id()
    token = ada.request(action="request", request="session_token", lifetime=10 * 24 * 60)["session_token"]
    ada.credentials["session_token"] = token
    ada = ada.register().log_in().at(set_right())
    wallclock.forward(9 * DAY)
    ada.request(**VIEW_ACCOUNT)
    wallclock.forward(10 * DAY)
    ada.expect_error("session_expired", **VIEW_ACCOUNT)


def test_a_long_session_is_not_taken_for_one_of_the_future(registered, open_engine, wallclock):
    ada = EngineClient(registered.engine)
    ada.request_client_id()
    token = ada.request(action="request", request="session_token", lifetime=30 * 24 * 60)["session_token"]
    ada.credentials["session_token"] = token
    ada.log_in()
    ada.at(open_engine())
    wallclock.forward(29 * DAY)
    ada.request(**VIEW_ACCOUNT)


def test_an_unused_session_of_the_future_is_removed(engine, wallclock, set_right):
    wallclock.forward(AHEAD)
    EngineClient(engine).open_session()
    started = set_right()
    wallclock.forward(30 * MINUTE)
    swept = EngineClient(started).request(controller="system", action="cleanup", cleanup="ctokens")
    assert swept["ctokens"] == 1


def test_an_origin_of_the_future_is_known_for_30_days(ada, wallet_url, wallclock, set_right):
    wallclock.forward(AHEAD)
    EngineClient(ada.engine, address="192.0.2.7").open_session().log_in()
    set_right()
    (latest,) = rows(wallet_url, "SELECT max(last_login_at) AS last_login_at FROM login_origins")
    assert latest["last_login_at"] == wallclock()


def test_failed_logins_of_the_future_do_not_lock_the_owner_out(registered, wallclock, set_right):
    wallclock.forward(AHEAD)
    guesser = EngineClient(registered.engine).open_session()
    for _ in range(3):
        guesser.expect_error("login_refused", **WRONG_LOGIN)
    guesser.expect_error("throttled", **WRONG_LOGIN)
    started = set_right()
    wallclock.forward(MINUTE)
    EngineClient(started).open_session().log_in()


def test_an_account_that_left_in_the_future_is_erased_in_thirty_days(ada, wallclock, set_right):
    wallclock.forward(AHEAD)
    EngineClient(ada.engine).open_session().log_in().request(**UNLINK)
    started = set_right()
    wallclock.forward(30 * DAY)
    swept = EngineClient(started).request(controller="system", action="cleanup", cleanup="accounts")
    assert swept["accounts"] == [2]


def test_a_timer_that_was_started_in_the_future_runs_from_now_on(converted, wallclock, wallet_url, set_right):
    wallclock.forward(AHEAD)
    ada = EngineClient(converted.engine).open_session().log_in()
    ada.request(**START)
    wallclock.forward(2 * MINUTE)
    ada.request(**PAUSE)
    wallclock.forward(MINUTE)
    ada.request(**RESUME)
    started = set_right()
    assert violations_in(wallet_url) == []
    ada = EngineClient(started).open_session().log_in()
    wallclock.forward(3 * MINUTE)
    assert ada.milliseconds_left == 15 * MINUTE
    assert ada.request(**STOP)["minutes_spent"] == 5


def test_a_timer_keeps_its_start_if_the_clock_is_a_little_behind(running, open_engine, wallclock):
    running.engine.close()
    wallclock.forward(-20 * HOUR)
    ada = EngineClient(open_engine()).open_session().log_in()
    assert ada.milliseconds_left == 20 * MINUTE
    wallclock.forward(20 * HOUR + 3 * MINUTE)
    ada = EngineClient(ada.engine).open_session().log_in()
    assert ada.milliseconds_left == 17 * MINUTE


def test_what_was_spent_in_the_future_does_not_count_against_the_daily_limit(
    supplied, bob, wallclock, set_right
):
    payment = {"action": "pay", "pay": "bob@example.org", "credits": 10}
    wallclock.forward(AHEAD)
    ada = EngineClient(supplied.engine).open_session().log_in()
    ada.request(**payment)
    started = set_right()
    ada = EngineClient(started).open_session().log_in()
    wallclock.forward(DAY + HOUR)
    ada = EngineClient(started).open_session().log_in()
    limit = {"action": "view", "view": "limit"}
    assert ada.request(**limit)["spent_today"] == 0


def test_requests_and_events_of_the_future_are_forgotten_in_time(
    registered, wallclock, wallet_url, set_right
):
    wallclock.forward(AHEAD)
    EngineClient(registered.engine).open_session().log_in().request(**supply(5), request_id="request 1")
    started = set_right()
    history = {"controller": "system", "action": "cleanup", "cleanup": "history"}
    EngineClient(started).request(**history)
    wallclock.forward(31 * DAY)
    EngineClient(started).request(**history)
    for table in ("seen_requests", "events"):
        assert rows(wallet_url, f"SELECT * FROM {table}") == []
