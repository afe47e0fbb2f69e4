"""A worker's live object: it finds its sessions, and takes over those of others."""

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
    """The worker that has the visitor's session."""
    return live_worker(visitor.engine)


@pytest.fixture
def small(open_engine) -> EngineClient:
    """A caller at an engine whose workers take one session each, with two that each have one."""
    engine = open_engine(config=EngineConfig(session_limit=1))
    EngineClient(engine).opens_a_session()
    return EngineClient(engine).opens_a_session()


def test_a_worker_finds_its_session_by_the_token(worker, ada):
    answer = worker.asks_ok(action="search", search="session", session_token=ada.credentials["session_token"])
    assert answer["ewallet_session"] == 1
    assert answer["session_data"]["session_user_account"] == "ada@example.org"


def test_a_worker_finds_no_session_of_another_and_none_that_is_not_there(small):
    token = small.credentials["session_token"]
    live_worker(small.engine, 2).asks_ok(action="search", search="session", session_token=token)
    for asked in (token, "never given out"):
        live_worker(small.engine, 1).is_refused(
            "session_unknown", action="search", search="session", session_token=asked
        )


def test_a_worker_finds_no_session_that_has_expired(worker, visitor, wallclock):
    wallclock.forward(30 * MINUTE)
    token = visitor.credentials["session_token"]
    worker.is_refused("session_expired", action="search", search="session", session_token=token)


def test_a_token_is_needed_to_search(worker):
    worker.is_refused("missing_argument", action="search", search="session")


@pytest.mark.parametrize("how", ["object", "number"])
def test_a_worker_takes_over_a_session(visitor, wallclock, wallet_file, how):
    visitor.asks_ok(**NEW_WORKER)
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
    assert rows(wallet_file, "SELECT written_at FROM sessions") == [{"written_at": wallclock.now}]


def live_worker_answer(engine, worker_id: int, **session):
    answer = engine.workers[worker_id].main_controller(
        controller="system", ctype="action", action="add", add="session", **session
    )
    assert answer["failed"] is False, answer
    return answer


def test_the_enveloped_form_takes_the_live_session_too(visitor):
    visitor.asks_ok(**NEW_WORKER)
    chain = {"controller": "system", "ctype": "action", "action": "add", "add": "session"}
    answer = visitor.engine.workers[2].main_controller(
        header={"request_id": "request 1"},
        command_chain={**chain, "session": visitor.engine.sessions[1]},
    )
    assert (answer["failed"], answer["worker"], answer["request_id"]) == (False, 2, "request 1")


def test_to_take_over_ones_own_session_changes_nothing(worker, visitor, wallclock, nothing_changes):
    wallclock.forward(SECOND)
    nothing_changes()
    worker.asks_ok(action="add", add="session", session=1)


def test_a_full_worker_takes_over_no_session(small, nothing_changes):
    nothing_changes()
    answer = live_worker(small.engine, 1).is_refused("worker_full", action="add", add="session", session=2)
    assert answer["details"] == {"session_limit": 1}


def test_a_full_worker_has_room_again_when_its_session_has_expired(small, wallclock):
    wallclock.forward(20 * MINUTE)
    small.asks_ok(action="alive", alive="stoken")
    wallclock.forward(10 * MINUTE)
    live_worker(small.engine, 1).asks_ok(action="add", add="session", session=2)


def test_a_session_that_is_not_there_can_not_be_taken_over(worker, visitor, wallclock, nothing_changes):
    nothing_changes()
    worker.is_refused("session_unknown", action="add", add="session", session=9)
    wallclock.forward(30 * MINUTE)
    worker.is_refused("session_expired", action="add", add="session", session=1)


def test_a_live_session_of_another_engine_is_not_taken_for_one_of_this(worker, tmp_path, open_engine):
    elsewhere = open_engine(database_url=f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    EngineClient(elsewhere).opens_a_session()
    answer = worker.is_refused("bad_value", action="add", add="session", session=elsewhere.sessions[1])
    assert answer["details"] == {"field": "session"}


def test_a_worker_that_was_removed_says_so(nobody):
    nobody.asks_ok(**NEW_WORKER)
    opened = nobody.asks_ok(**NEW_SESSION)["ewallet_session"]
    nobody.asks_ok(**NEW_WORKER)
    gone, live = live_worker(nobody.engine, 2), nobody.engine.workers[2]
    nobody.asks_ok(**cleanup("workers", worker_id=2))
    gone.is_refused("not_found", action="add", add="session", session=opened)
    with pytest.raises(LookupError):
        _ = live.state
