"""Session maps: assigning a client id and token to a worker's session, and removing them."""

from __future__ import annotations

import pytest
from answer_shapes import ERROR_ANSWER, shape_errors
from answer_types import answer_type_errors
from database_file import rows
from engine_client import EngineClient
from examples_system import cleanup
from fakes import MINUTE, SECOND
from instructions import NEW_SESSION, VIEW_ACCOUNT
from live_objects import Live, live_worker

from ewallet_core.handlers.session_maps import WORKER_REGISTRY
from ewallet_core.operations.context import EngineConfig

TOKEN = "a token of enough length"


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


def mapping(client: EngineClient, **more):
    return {
        "action": "add",
        "add": "session_map",
        "client_id": client.credentials["client_id"],
        "session_token": TOKEN,
        **more,
    }


@pytest.fixture
def announced(anonymous) -> EngineClient:
    """A client with a client id and no session."""
    return EngineClient(anonymous.engine).request_client_id()


@pytest.fixture
def unmapped(anonymous) -> int:
    """A session that belongs to no client."""
    return anonymous.request(**NEW_SESSION)["ewallet_session"]


def test_a_session_map_opens_the_session(announced, unmapped, wallclock, wallet_file):
    wallclock.forward(SECOND)
    answer = live_worker(announced.engine).request(**mapping(announced, session=unmapped))
    assert (answer["ewallet_session"], answer["worker"]) == (unmapped, 1)
    announced.credentials["session_token"] = TOKEN
    announced.register().log_in()
    assert announced.engine.sessions[unmapped].account == "ada@example.org"
    assert TOKEN.encode() not in wallet_file.read_bytes()
    assert rows(wallet_file, "SELECT written_at FROM sessions") == [{"written_at": wallclock.now}]


def test_a_session_map_is_found_by_its_token(announced, unmapped):
    worker = live_worker(announced.engine)
    worker.request(**mapping(announced, session=announced.engine.sessions[unmapped]))
    found = worker.request(action="search", search="session", session_token=TOKEN)
    assert found["ewallet_session"] == unmapped


def test_a_new_map_replaces_the_old_one(visitor, announced, worker):
    worker.request(**mapping(announced, session=1))
    visitor.expect_error("session_unknown", action="alive", alive="stoken")
    announced.credentials["session_token"] = TOKEN
    announced.request(action="alive", alive="stoken")


def test_the_same_map_again_changes_nothing_but_the_last_use(announced, unmapped, wallclock, nothing_changes):
    worker = live_worker(announced.engine)
    worker.request(**mapping(announced, session=unmapped))
    wallclock.forward(SECOND)
    nothing_changes()
    worker.request(**mapping(announced, session=unmapped))


def test_an_unknown_client_id_can_not_be_mapped(worker, announced, wallclock, nothing_changes):
    nothing_changes()
    worker.expect_error("client_unknown", **mapping(announced, session=1) | {"client_id": "never given out"})
    wallclock.forward(30 * MINUTE)
    worker.expect_error("session_expired", **mapping(announced, session=1))


def test_an_expired_client_id_can_not_be_mapped(announced, wallclock, anonymous, nothing_changes):
    wallclock.forward(30 * MINUTE)
    opened = anonymous.request(**NEW_SESSION)["ewallet_session"]
    nothing_changes()
    live_worker(anonymous.engine).expect_error("client_unknown", **mapping(announced, session=opened))


def test_a_client_id_or_token_opens_one_session_only(visitor, announced, unmapped, nothing_changes):
    worker = live_worker(visitor.engine)
    nothing_changes()
    worker.expect_error("session_token_exists", **mapping(visitor, session=unmapped))
    taken = {"session_token": visitor.credentials["session_token"]}
    worker.expect_error("session_token_exists", **mapping(announced, session=unmapped) | taken)


def test_a_client_id_with_an_expired_session_can_be_mapped_again(visitor, anonymous, wallclock):
    wallclock.forward(30 * MINUTE - 1)
    opened = anonymous.request(**NEW_SESSION)["ewallet_session"]
    token = visitor.credentials["session_token"]
    wallclock.forward(1)
    later = EngineClient(anonymous.engine).request_client_id()
    live_worker(anonymous.engine).request(**mapping(later, session=opened) | {"session_token": token})
    later.credentials["session_token"] = token
    later.request(action="alive", alive="stoken")
    assert set(anonymous.engine.sessions) == {opened}


def test_a_session_of_another_worker_can_not_be_mapped(small, nothing_changes):
    nothing_changes()
    live_worker(small.engine, 1).expect_error("session_unknown", **mapping(small, session=2))


@pytest.mark.parametrize("token", ["x" * 15, "x" * 257, 1, "tab\tin a token, or two"], ids=repr)
def test_a_token_of_a_map_must_have_a_valid_length(worker, announced, nothing_changes, token):
    nothing_changes()
    instruction = mapping(announced, session=1) | {"session_token": token}
    assert worker.expect_error("bad_value", **instruction)["details"] == {"field": "session_token"}


@pytest.mark.parametrize("by", ["session_id", "session_token", "client_id"])
def test_a_session_map_is_removed_by_session_token_or_client(visitor, ada, worker, wallet_url, by):
    given = {"session_id": 1, **ada.credentials}
    answer = worker.request(action="remove", remove="session_map", **{by: given[by]})
    assert (answer["ewallet_session"], answer["worker"], answer["worker_data"]["state"]) == (1, 1, "vacant")
    assert ada.engine.workers[1].state == "vacant"
    assert ada.engine.sessions == {}
    assert rows(wallet_url, "SELECT * FROM session_accounts") == []
    ada.expect_error("session_unknown", **VIEW_ACCOUNT)
    ada.request(action="request", request="session_token", session_token=None)


def test_a_full_worker_is_available_after_a_session_map_was_removed(open_engine):
    engine = open_engine(config=EngineConfig(session_limit=2))
    for _ in range(2):
        EngineClient(engine).open_session()
    assert engine.workers[1].state == "full"
    answer = live_worker(engine).request(action="remove", remove="session_map", session_id=2)
    assert answer["worker_data"]["state"] == engine.workers[1].state == "available"


def test_a_removal_names_a_session_map_by_exactly_one_argument(worker, visitor, nothing_changes):
    nothing_changes()
    remove = {"action": "remove", "remove": "session_map"}
    worker.expect_error("arguments_clash", **remove)
    answer = worker.expect_error("arguments_clash", **remove, **visitor.credentials)
    assert answer["details"] == {"fields": ["session_id", "session_token", "client_id"]}


def test_a_session_map_of_another_worker_can_not_be_removed(small, nothing_changes):
    nothing_changes()
    worker = live_worker(small.engine, 1)
    for name, value in {"session_id": 2, **small.credentials}.items():
        worker.expect_error("session_unknown", action="remove", remove="session_map", **{name: value})
    worker.expect_error("session_unknown", action="remove", remove="session_map", session_id=9)
    worker.expect_error("client_unknown", action="remove", remove="session_map", client_id="never given out")


def test_a_repeated_request_to_a_worker_runs_once(worker, visitor):
    remove = {"action": "remove", "remove": "session_map", "session_id": 1, "request_id": "request 1"}
    first = worker.request(**remove)
    assert worker.request(**remove) == first


def test_request_ids_of_two_workers_are_independent(small):
    instruction = {"action": "remove", "remove": "session_map", "session_id": 1, "request_id": "request 1"}
    live_worker(small.engine, 1).request(**instruction)
    live_worker(small.engine, 2).expect_error("session_unknown", **instruction)


def test_requests_of_a_worker_are_removed_with_it(worker, anonymous, wallet_url):
    instruction = {"action": "remove", "remove": "session_map", "session_id": 1, "request_id": "request 1"}
    worker.request(**instruction)
    anonymous.request(**cleanup("workers"))
    assert rows(wallet_url, "SELECT * FROM seen_requests") == []


def test_the_answers_of_a_worker_have_the_declared_types(worker, visitor, announced):
    for instruction in (
        {"action": "search", "search": "session", "session_token": visitor.credentials["session_token"]},
        {"action": "add", "add": "session", "session": 1},
        mapping(announced, session=1),
        {"action": "remove", "remove": "session_map", "session_id": 1},
    ):
        found, _ = WORKER_REGISTRY.find({"controller": "system", "ctype": "action", **instruction})
        assert list(answer_type_errors(worker.request(**instruction), found.answers)) == []


def test_a_worker_knows_only_its_own_instructions(worker, nothing_changes):
    nothing_changes()
    answer = worker.expect_error("unknown_instruction", action="remove", remove="session_maps")
    assert answer["details"]["nearest"][0] == "system action remove session_map"
    assert shape_errors(answer, ERROR_ANSWER) == []
    worker.expect_error("unknown_instruction", action="new", new="worker")
    worker.expect_error("unknown_argument", action="add", add="session", session=1, colour="red")


def test_the_session_manager_refuses_the_instructions_of_a_worker(visitor):
    visitor.expect_error("unknown_instruction", controller="system", action="add", add="session", session=1)
