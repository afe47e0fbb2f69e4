"""The live object of a worker: finding its sessions and taking over those of others."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_system import cleanup
from fakes import MINUTE, SECOND
from instructions import NEW_SESSION, NEW_WORKER
from live_objects import Live, live_worker

from ewallet_core.operations.context import EngineConfig


@pytest.fixture
def worker(visitor) -> Live:
    """The worker of the visitor's session."""
    return live_worker(visitor.engine)


@pytest.fixture
def small(open_engine) -> EngineClient:
    """A client of an engine with two workers, each full with one session."""
    engine = open_engine(config=EngineConfig(session_limit=1))
    EngineClient(engine).open_session()
    return EngineClient(engine).open_session()


def test_a_worker_finds_its_session_by_token(worker, ada):
    answer = worker.request(action="search", search="session", session_token=ada.credentials["session_token"])
    assert answer["ewallet_session"] == 1
    assert answer["session_data"]["session_user_account"] == "ada@example.org"


def test_a_worker_finds_no_session_of_another_worker_and_no_missing_one(small):
    token = small.credentials["session_token"]
    live_worker(small.engine, 2).request(action="search", search="session", session_token=token)
    for unknown in (token, "never given out"):
        live_worker(small.engine, 1).expect_error(
            "session_unknown", action="search", search="session", session_token=unknown
        )


def test_a_worker_finds_no_expired_session(worker, visitor, wallclock):
    wallclock.forward(30 * MINUTE)
    token = visitor.credentials["session_token"]
    worker.expect_error("session_expired", action="search", search="session", session_token=token)


def test_a_search_needs_a_token(worker):
    worker.expect_error("missing_argument", action="search", search="session")


@pytest.mark.parametrize("how", ["object", "number"])
def test_a_worker_takes_over_a_session(visitor, wallclock, wallet_url, how):
    visitor.request(**NEW_WORKER)
    wallclock.forward(SECOND)
    session = visitor.engine.sessions[1]
    answer = live_worker_answer(visitor.engine, 2, session=session if how == "object" else 1)
    assert (answer["ewallet_session"], answer["worker"], answer["worker_data"]["state"]) == (
        1,
        2,
        "available",
    )
    assert [worker.state for worker in visitor.engine.workers.values()] == ["vacant", "available"]
    assert visitor.engine.sessions[1].worker_id == 2
    assert rows(wallet_url, "SELECT written_at FROM sessions") == [{"written_at": wallclock.now}]


def live_worker_answer(engine, worker_id: int, **session):
    answer = engine.workers[worker_id].main_controller(
        controller="system", ctype="action", action="add", add="session", **session
    )
    assert answer["failed"] is False, answer
    return answer


def test_an_enveloped_request_can_pass_a_live_session(visitor):
    visitor.request(**NEW_WORKER)
    chain = {"controller": "system", "ctype": "action", "action": "add", "add": "session"}
    answer = visitor.engine.workers[2].main_controller(
        header={"request_id": "request 1"},
        command_chain={**chain, "session": visitor.engine.sessions[1]},
    )
    assert (answer["failed"], answer["worker"], answer["request_id"]) == (False, 2, "request 1")


def test_taking_over_its_own_session_changes_nothing(worker, visitor, wallclock, nothing_changes):
    wallclock.forward(SECOND)
    nothing_changes()
    worker.request(action="add", add="session", session=1)


def test_a_full_worker_can_not_take_over_a_session(small, nothing_changes):
    nothing_changes()
    answer = live_worker(small.engine, 1).expect_error("worker_full", action="add", add="session", session=2)
    assert answer["details"] == {"session_limit": 1}


def test_a_full_worker_is_available_after_its_session_expired(small, wallclock):
    wallclock.forward(20 * MINUTE)
    small.request(action="alive", alive="stoken")
    wallclock.forward(10 * MINUTE)
    live_worker(small.engine, 1).request(action="add", add="session", session=2)


def test_a_missing_or_expired_session_can_not_be_taken_over(worker, visitor, wallclock, nothing_changes):
    nothing_changes()
    worker.expect_error("session_unknown", action="add", add="session", session=9)
    wallclock.forward(30 * MINUTE)
    worker.expect_error("session_expired", action="add", add="session", session=1)


def test_a_live_session_of_another_engine_is_refused(worker, tmp_path, open_engine):
    elsewhere = open_engine(database_url=f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    EngineClient(elsewhere).open_session()
    answer = worker.expect_error("bad_value", action="add", add="session", session=elsewhere.sessions[1])
    assert answer["details"] == {"field": "session"}


def test_a_removed_worker_answers_not_found(anonymous):
    anonymous.request(**NEW_WORKER)
    opened = anonymous.request(**NEW_SESSION)["ewallet_session"]
    anonymous.request(**NEW_WORKER)
    removed, live = live_worker(anonymous.engine, 2), anonymous.engine.workers[2]
    anonymous.request(**cleanup("workers", worker_id=2))
    removed.expect_error("not_found", action="add", add="session", session=opened)
    with pytest.raises(LookupError):
        _ = live.state
