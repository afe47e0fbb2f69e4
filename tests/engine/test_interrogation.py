"""Interrogating sessions and workers, and cleaning up workers."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_system import INTEROGATE_WORKERS, cleanup, interogate_session
from fakes import MINUTE
from instructions import KEEP_SESSION_TOKEN, NEW_SESSION, NEW_WORKER
from live_objects import live_worker

from ewallet_core.operations.context import EngineConfig


def test_a_session_is_answered_with_its_worker_and_times(anonymous, ada, wallclock):
    wallclock.forward(5 * MINUTE)
    ada.request(**KEEP_SESSION_TOKEN)
    wallclock.forward(MINUTE)
    shown = anonymous.request(**interogate_session(1))
    assert (shown["session_id"], shown["ewallet_session"], shown["worker"]) == (1, 1, 1)
    assert shown["address"] == "in process"
    assert shown["since"] == "2026-11-20T12:00:00.000Z"
    assert shown["last_use"] == "2026-11-20T12:05:00.000Z"
    assert shown["expires"] == shown["session_data"]["expires"] == "2026-11-20T12:35:00.000Z"
    assert shown["session_data"]["session_user_account"] == "ada@example.org"


def test_an_interrogation_does_not_extend_the_session(anonymous, visitor, wallclock):
    wallclock.forward(29 * MINUTE)
    anonymous.request(**interogate_session(1))
    wallclock.forward(MINUTE)
    anonymous.expect_error("not_found", **interogate_session(1))


def test_a_missing_session_can_not_be_interrogated(anonymous, visitor):
    assert anonymous.expect_error("not_found", **interogate_session(2))["details"] == {"field": "session_id"}


def test_workers_are_answered_by_id(anonymous, visitor):
    anonymous.request(**NEW_WORKER)
    shown = anonymous.request(**INTEROGATE_WORKERS)["workers"]
    assert {number: data["state"] for number, data in shown.items()} == {"1": "available", "2": "vacant"}
    assert all(str(data["id"]) == number for number, data in shown.items())


def test_the_write_date_of_a_worker_moves_with_its_sessions(anonymous, wallclock):
    def write_dates():
        found = anonymous.request(**INTEROGATE_WORKERS)["workers"]
        return {number: data["write_date"][11:16] for number, data in found.items()}

    anonymous.request(**NEW_WORKER)
    anonymous.request(**NEW_WORKER)
    assert write_dates() == {"1": "12:00", "2": "12:00"}
    wallclock.forward(MINUTE)
    first = anonymous.request(**NEW_SESSION)["ewallet_session"]
    assert write_dates() == {"1": "12:01", "2": "12:00"}
    wallclock.forward(MINUTE)
    second = EngineClient(anonymous.engine).open_session()
    assert write_dates() == {"1": "12:02", "2": "12:00"}
    wallclock.forward(MINUTE)
    live_worker(anonymous.engine, 2).request(action="add", add="session", session=first)
    assert write_dates() == {"1": "12:03", "2": "12:03"}
    wallclock.forward(MINUTE)
    second.request(**KEEP_SESSION_TOKEN)
    assert write_dates() == {"1": "12:03", "2": "12:03"}
    anonymous.request(**cleanup("ctokens", ctoken=second.credentials["client_id"]))
    assert write_dates() == {"1": "12:04", "2": "12:03"}
    # The other session expires at 12:31, whenever that is noticed.
    wallclock.forward(40 * MINUTE)
    assert write_dates() == {"1": "12:04", "2": "12:31"}
    anonymous.request(**cleanup("sessions"))
    assert write_dates() == {"1": "12:04", "2": "12:31"}


# Cleaning up workers


def test_a_worker_is_vacant_after_a_cleanup_of_its_sessions(anonymous, wallclock):
    for _ in range(2):
        EngineClient(anonymous.engine).open_session()
    assert anonymous.engine.workers[1].state == "available"
    anonymous.request(**cleanup("sessions", session_id=1))
    assert anonymous.engine.workers[1].state == "available"
    anonymous.request(**cleanup("sessions", session_id=2))
    assert anonymous.engine.workers[1].state == "vacant"
    data = anonymous.request(**INTEROGATE_WORKERS)["workers"]["1"]
    assert (data["state"], data["session_count"]) == ("vacant", 0)


@pytest.mark.parametrize("what", ["ctokens", "stokens"])
def test_a_worker_is_vacant_after_a_cleanup_of_its_tokens(anonymous, visitor, wallclock, what):
    wallclock.forward(30 * MINUTE)
    anonymous.request(**cleanup(what))
    assert anonymous.engine.workers[1].session_ids == ()
    assert anonymous.engine.workers[1].state == "vacant"


def test_a_full_worker_is_available_after_one_of_its_sessions_ended(open_engine):
    small = EngineClient(open_engine(config=EngineConfig(session_limit=2)))
    for _ in range(2):
        EngineClient(small.engine).open_session()
    assert small.engine.workers[1].state == "full"
    small.request(**cleanup("sessions", session_id=1))
    assert small.engine.workers[1].state == "available"


def test_vacant_workers_are_removed_and_busy_ones_are_not(anonymous, visitor):
    for _ in range(2):
        anonymous.request(**NEW_WORKER)
    assert anonymous.request(**cleanup("workers"))["workers"] == [2, 3]
    assert set(anonymous.request(**INTEROGATE_WORKERS)["workers"]) == {"1"}


def test_a_worker_with_only_expired_sessions_is_removed_with_them(anonymous, visitor, wallclock, wallet_url):
    wallclock.forward(30 * MINUTE)
    assert anonymous.request(**cleanup("workers"))["workers"] == [1]
    assert rows(wallet_url, "SELECT id FROM sessions") == []


def test_one_vacant_worker_is_removed(anonymous, visitor):
    for _ in range(2):
        anonymous.request(**NEW_WORKER)
    assert anonymous.request(**cleanup("workers", worker_id=3))["workers"] == [3]
    assert set(anonymous.engine.workers) == {1, 2}


def test_one_named_worker_with_only_expired_sessions_is_removed(anonymous, visitor, wallclock):
    wallclock.forward(30 * MINUTE)
    assert anonymous.request(**cleanup("workers", worker_id=1))["workers"] == [1]
    assert anonymous.engine.workers == {}


def test_a_busy_worker_is_not_removed(anonymous, visitor, nothing_changes):
    nothing_changes()
    answer = anonymous.expect_error("worker_busy", **cleanup("workers", worker_id=1))
    assert answer["details"] == {"field": "worker_id", "session_count": 1}


def test_a_missing_worker_can_not_be_removed(anonymous, nothing_changes):
    nothing_changes()
    answer = anonymous.expect_error("not_found", **cleanup("workers", worker_id=1))
    assert answer["details"] == {"field": "worker_id"}
