"""Session maps: what opens a worker's session, and the end of it."""

from __future__ import annotations

import pytest
from answer_shapes import REFUSAL, misfits
from answer_types import departures_of_answer
from database_file import rows
from engine_client import EngineClient
from examples_system import cleanup
from fakes import MINUTE, SECOND
from instructions import NEW_SESSION, VIEW_ACCOUNT
from live_objects import Live, live_worker

from ewallet_core.handlers.session_maps import WORKER_REGISTRY
from ewallet_core.operations.context import EngineConfig

TOKEN = "a token that nobody guesses"


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


def mapping(client: EngineClient, **more):
    return {
        "action": "add",
        "add": "session_map",
        "client_id": client.credentials["client_id"],
        "session_token": TOKEN,
        **more,
    }


@pytest.fixture
def announced(nobody) -> EngineClient:
    """Somebody with a client id and no session."""
    return EngineClient(nobody.engine).introduces_itself()


@pytest.fixture
def unmapped(nobody) -> int:
    """A session that belongs to no client."""
    return nobody.asks_ok(**NEW_SESSION)["ewallet_session"]


def test_a_session_map_opens_the_session(announced, unmapped, wallclock, wallet_file):
    wallclock.forward(SECOND)
    answer = live_worker(announced.engine).asks_ok(**mapping(announced, session=unmapped))
    assert (answer["ewallet_session"], answer["worker"]) == (unmapped, 1)
    announced.credentials["session_token"] = TOKEN
    announced.registers().logs_in()
    assert announced.engine.sessions[unmapped].account == "ada@example.org"
    assert TOKEN.encode() not in wallet_file.read_bytes()
    assert rows(wallet_file, "SELECT written_at FROM sessions") == [{"written_at": wallclock.now}]


def test_a_session_map_is_found_by_its_token(announced, unmapped):
    worker = live_worker(announced.engine)
    worker.asks_ok(**mapping(announced, session=announced.engine.sessions[unmapped]))
    found = worker.asks_ok(action="search", search="session", session_token=TOKEN)
    assert found["ewallet_session"] == unmapped


def test_a_new_map_takes_the_place_of_the_old_one(visitor, announced, worker):
    worker.asks_ok(**mapping(announced, session=1))
    visitor.is_refused("session_unknown", action="alive", alive="stoken")
    announced.credentials["session_token"] = TOKEN
    announced.asks_ok(action="alive", alive="stoken")


def test_the_same_map_again_changes_nothing_but_the_last_use(announced, unmapped, wallclock, nothing_changes):
    worker = live_worker(announced.engine)
    worker.asks_ok(**mapping(announced, session=unmapped))
    wallclock.forward(SECOND)
    nothing_changes()
    worker.asks_ok(**mapping(announced, session=unmapped))


def test_a_client_id_that_was_never_given_out_opens_nothing(worker, announced, wallclock, nothing_changes):
    nothing_changes()
    worker.is_refused("client_unknown", **mapping(announced, session=1) | {"client_id": "never given out"})
    wallclock.forward(30 * MINUTE)
    worker.is_refused("session_expired", **mapping(announced, session=1))


def test_a_client_id_that_has_expired_opens_nothing(announced, wallclock, nobody, nothing_changes):
    wallclock.forward(30 * MINUTE)
    opened = nobody.asks_ok(**NEW_SESSION)["ewallet_session"]
    nothing_changes()
    live_worker(nobody.engine).is_refused("client_unknown", **mapping(announced, session=opened))


def test_a_client_id_or_token_opens_one_session_only(visitor, announced, unmapped, nothing_changes):
    worker = live_worker(visitor.engine)
    nothing_changes()
    worker.is_refused("session_token_exists", **mapping(visitor, session=unmapped))
    taken = {"session_token": visitor.credentials["session_token"]}
    worker.is_refused("session_token_exists", **mapping(announced, session=unmapped) | taken)


def test_a_client_id_whose_session_has_expired_may_open_another(visitor, nobody, wallclock):
    wallclock.forward(30 * MINUTE - 1)
    opened = nobody.asks_ok(**NEW_SESSION)["ewallet_session"]
    token = visitor.credentials["session_token"]
    wallclock.forward(1)
    later = EngineClient(nobody.engine).introduces_itself()
    live_worker(nobody.engine).asks_ok(**mapping(later, session=opened) | {"session_token": token})
    later.credentials["session_token"] = token
    later.asks_ok(action="alive", alive="stoken")
    assert set(nobody.engine.sessions) == {opened}


def test_a_session_of_another_worker_can_not_be_mapped(small, nothing_changes):
    nothing_changes()
    live_worker(small.engine, 1).is_refused("session_unknown", **mapping(small, session=2))


@pytest.mark.parametrize("token", ["x" * 15, "x" * 257, 1, "tab\tin a token, or two"], ids=repr)
def test_a_token_of_a_map_is_long_enough(worker, announced, nothing_changes, token):
    nothing_changes()
    asked = mapping(announced, session=1) | {"session_token": token}
    assert worker.is_refused("bad_value", **asked)["details"] == {"field": "session_token"}


@pytest.mark.parametrize("by", ["session_id", "session_token", "client_id"])
def test_a_session_map_is_removed_by_session_by_token_or_by_client(visitor, ada, worker, wallet_file, by):
    given = {"session_id": 1, **ada.credentials}
    answer = worker.asks_ok(action="remove", remove="session_map", **{by: given[by]})
    assert (answer["ewallet_session"], answer["worker"], answer["worker_data"]["state"]) == (1, 1, "vacant")
    assert ada.engine.workers[1].state == "vacant"
    assert ada.engine.sessions == {}
    assert rows(wallet_file, "SELECT * FROM session_accounts") == []
    ada.is_refused("session_unknown", **VIEW_ACCOUNT)
    ada.asks_ok(action="request", request="session_token", session_token=None)


def test_a_full_worker_is_available_when_a_session_map_was_removed(open_engine):
    engine = open_engine(config=EngineConfig(session_limit=2))
    for _ in range(2):
        EngineClient(engine).opens_a_session()
    assert engine.workers[1].state == "full"
    answer = live_worker(engine).asks_ok(action="remove", remove="session_map", session_id=2)
    assert answer["worker_data"]["state"] == engine.workers[1].state == "available"


def test_exactly_one_thing_says_which_session_map_is_removed(worker, visitor, nothing_changes):
    nothing_changes()
    remove = {"action": "remove", "remove": "session_map"}
    worker.is_refused("arguments_clash", **remove)
    answer = worker.is_refused("arguments_clash", **remove, **visitor.credentials)
    assert answer["details"] == {"fields": ["session_id", "session_token", "client_id"]}


def test_a_session_map_that_is_not_this_workers_is_not_removed(small, nothing_changes):
    nothing_changes()
    worker = live_worker(small.engine, 1)
    for name, value in {"session_id": 2, **small.credentials}.items():
        worker.is_refused("session_unknown", action="remove", remove="session_map", **{name: value})
    worker.is_refused("session_unknown", action="remove", remove="session_map", session_id=9)
    worker.is_refused("client_unknown", action="remove", remove="session_map", client_id="never given out")


def test_a_repeated_request_of_a_worker_is_done_once(worker, visitor):
    remove = {"action": "remove", "remove": "session_map", "session_id": 1, "request_id": "request 1"}
    first = worker.asks_ok(**remove)
    assert worker.asks_ok(**remove) == first


def test_the_requests_of_one_worker_are_not_those_of_another(small):
    asked = {"action": "remove", "remove": "session_map", "session_id": 1, "request_id": "request 1"}
    live_worker(small.engine, 1).asks_ok(**asked)
    live_worker(small.engine, 2).is_refused("session_unknown", **asked)


def test_what_a_worker_asked_is_forgotten_with_it(worker, visitor, wallet_file):
    asked = {"action": "remove", "remove": "session_map", "session_id": 1, "request_id": "request 1"}
    worker.asks_ok(**asked)
    visitor.asks_ok(**cleanup("workers"))
    assert rows(wallet_file, "SELECT * FROM seen_requests") == []


def test_the_answers_of_a_worker_are_as_declared(worker, visitor, announced):
    for asked in (
        {"action": "search", "search": "session", "session_token": visitor.credentials["session_token"]},
        {"action": "add", "add": "session", "session": 1},
        mapping(announced, session=1),
        {"action": "remove", "remove": "session_map", "session_id": 1},
    ):
        found, _ = WORKER_REGISTRY.find({"controller": "system", "ctype": "action", **asked})
        assert list(departures_of_answer(worker.asks_ok(**asked), found.answers)) == []


def test_a_worker_knows_only_its_own_instructions(worker, nothing_changes):
    nothing_changes()
    answer = worker.is_refused("unknown_instruction", action="remove", remove="session_maps")
    assert answer["details"]["nearest"][0] == "system action remove session_map"
    assert misfits(answer, REFUSAL) == []
    worker.is_refused("unknown_instruction", action="new", new="worker")
    worker.is_refused("unknown_argument", action="add", add="session", session=1, colour="red")


def test_the_session_manager_does_not_know_the_instructions_of_a_worker(visitor):
    visitor.is_refused("unknown_instruction", controller="system", action="add", add="session", session=1)
