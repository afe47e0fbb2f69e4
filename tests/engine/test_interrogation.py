"""Interrogating sessions and workers, and what cleaning up leaves of workers."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_system import INTEROGATE_WORKERS, cleanup, interogate_session
from fakes import MINUTE
from instructions import KEEP_SESSION_TOKEN, NEW_WORKER

from ewallet_core.operations.context import EngineConfig


def test_a_session_is_shown_with_its_worker_and_its_times(nobody, ada, wallclock):
    wallclock.forward(5 * MINUTE)
    ada.asks_ok(**KEEP_SESSION_TOKEN)
    wallclock.forward(MINUTE)
    shown = nobody.asks_ok(**interogate_session(1))
    assert (shown["session_id"], shown["worker"], shown["address"]) == (1, 1, "in process")
    assert shown["since"] == "2026-11-20T12:00:00.000Z"
    assert shown["last_use"] == "2026-11-20T12:05:00.000Z"
    assert shown["expires"] == shown["session_data"]["expires"] == "2026-11-20T12:35:00.000Z"
    assert shown["session_data"]["session_user_account"] == "ada@example.org"


def test_to_be_interrogated_is_no_use_of_a_session(nobody, visitor, wallclock):
    wallclock.forward(29 * MINUTE)
    nobody.asks_ok(**interogate_session(1))
    wallclock.forward(MINUTE)
    nobody.is_refused("not_found", **interogate_session(1))


def test_a_session_that_is_not_there_can_not_be_interrogated(nobody, visitor):
    assert nobody.is_refused("not_found", **interogate_session(2))["details"] == {"field": "session_id"}


def test_the_workers_are_shown_by_their_numbers(nobody, visitor):
    nobody.asks_ok(**NEW_WORKER)
    shown = nobody.asks_ok(**INTEROGATE_WORKERS)["workers"]
    assert {number: data["state"] for number, data in shown.items()} == {"1": "available", "2": "vacant"}
    assert all(str(data["id"]) == number for number, data in shown.items())


# Workers that were cleaned up


def test_a_worker_is_vacant_when_the_cleanup_of_sessions_has_left_it_empty(nobody, wallclock):
    """The document's own list of defects: the worker stayed as it was."""
    for _ in range(2):
        EngineClient(nobody.engine).opens_a_session()
    assert nobody.engine.workers[1].state == "available"
    nobody.asks_ok(**cleanup("sessions", session_id=1))
    assert nobody.engine.workers[1].state == "available"
    nobody.asks_ok(**cleanup("sessions", session_id=2))
    assert nobody.engine.workers[1].state == "vacant"
    data = nobody.asks_ok(**INTEROGATE_WORKERS)["workers"]["1"]
    assert (data["state"], data["session_count"]) == ("vacant", 0)


@pytest.mark.parametrize("what", ["ctokens", "stokens"])
def test_a_worker_is_vacant_when_the_cleanup_of_tokens_has_left_it_empty(nobody, visitor, wallclock, what):
    wallclock.forward(30 * MINUTE)
    nobody.asks_ok(**cleanup(what))
    assert nobody.engine.workers[1].session_ids == ()
    assert nobody.engine.workers[1].state == "vacant"


def test_a_full_worker_is_available_when_one_of_its_sessions_was_ended(open_engine):
    small = EngineClient(open_engine(config=EngineConfig(session_limit=2)))
    for _ in range(2):
        EngineClient(small.engine).opens_a_session()
    assert small.engine.workers[1].state == "full"
    small.asks_ok(**cleanup("sessions", session_id=1))
    assert small.engine.workers[1].state == "available"


def test_vacant_workers_are_removed_and_busy_ones_are_not(nobody, visitor):
    for _ in range(2):
        nobody.asks_ok(**NEW_WORKER)
    assert nobody.asks_ok(**cleanup("workers"))["workers"] == [2, 3]
    assert set(nobody.asks_ok(**INTEROGATE_WORKERS)["workers"]) == {"1"}


def test_a_worker_whose_sessions_have_expired_is_removed_with_them(nobody, visitor, wallclock, wallet_file):
    wallclock.forward(30 * MINUTE)
    assert nobody.asks_ok(**cleanup("workers"))["workers"] == [1]
    assert rows(wallet_file, "SELECT id FROM sessions") == []


def test_one_vacant_worker_is_removed(nobody, visitor):
    for _ in range(2):
        nobody.asks_ok(**NEW_WORKER)
    assert nobody.asks_ok(**cleanup("workers", worker_id=3))["workers"] == [3]
    assert set(nobody.engine.workers) == {1, 2}


def test_one_worker_whose_sessions_have_expired_is_removed_with_them(nobody, visitor, wallclock):
    wallclock.forward(30 * MINUTE)
    assert nobody.asks_ok(**cleanup("workers", worker_id=1))["workers"] == [1]
    assert nobody.engine.workers == {}


def test_a_busy_worker_is_not_removed(nobody, visitor, nothing_changes):
    nothing_changes()
    answer = nobody.is_refused("worker_busy", **cleanup("workers", worker_id=1))
    assert answer["details"] == {"field": "worker_id", "session_count": 1}


def test_a_worker_that_is_not_there_can_not_be_removed(nobody, nothing_changes):
    nothing_changes()
    answer = nobody.is_refused("not_found", **cleanup("workers", worker_id=1))
    assert answer["details"] == {"field": "worker_id"}
