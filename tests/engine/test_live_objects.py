"""The live objects of sessions and workers: their own instructions, answered like all others."""

from __future__ import annotations

import json

import pytest
from asking import NEW_SESSION, NEW_WORKER, PASSWORD, VIEW_ACCOUNT, VIEW_WALLET, login, supply
from caller import Caller
from declared import departures
from examples_permissions import VIEW_REFUSALS, edit_permission
from examples_system import cleanup
from kept_rows import rows
from shapes import REFUSAL, misfits
from wallclock import MINUTE, SECOND

from ewallet_core.actions.context import Rules
from ewallet_core.actions.live_sessions import SESSION_CATALOGUE
from ewallet_core.actions.session_maps import WORKER_CATALOGUE

CREATE_ACCOUNT = {
    "action": "create",
    "create": "account",
    "user_name": "ada",
    "user_pass": PASSWORD,
    "user_email": "ada@example.org",
}
SUPPLY = {
    "action": "create",
    "create": "transfer",
    "ttype": "supply",
    "credits": 20,
    "currency": "EUR",
    "cost": "12.50",
}
TOKEN = "a token that nobody guesses"


class Live:
    """A live object's controller, asked as a test asks."""

    def __init__(self, controller, named: str) -> None:
        self._controller = controller
        self._named = named

    def ask(self, **instruction):
        answer = self._controller(controller=self._named, ctype="action", **instruction)
        assert json.loads(json.dumps(answer)) == answer
        return answer

    def asks_ok(self, **instruction):
        answer = self.ask(**instruction)
        assert answer["failed"] is False, answer
        return answer

    def is_refused(self, code: str, **instruction):
        answer = self.ask(**instruction)
        assert answer.get("code") == code, answer
        return answer


def live_session(engine, session_id: int = 1) -> Live:
    return Live(engine.sessions[session_id].ewallet_controller, "user")


def live_worker(engine, worker_id: int = 1) -> Live:
    return Live(engine.workers[worker_id].main_controller, "system")


@pytest.fixture
def session(visitor) -> Live:
    """The live object of the visitor's session."""
    return live_session(visitor.engine)


@pytest.fixture
def ours(session) -> Live:
    """The same, with Ada logged in through it."""
    session.asks_ok(**CREATE_ACCOUNT)
    session.asks_ok(**login())
    return session


@pytest.fixture
def worker(visitor) -> Live:
    """The worker that has the visitor's session."""
    return live_worker(visitor.engine)


@pytest.fixture
def small(open_engine) -> Caller:
    """A caller at an engine whose workers take one session each, with two that each have one."""
    engine = open_engine(rules=Rules(session_limit=1))
    Caller(engine).opens_a_session()
    return Caller(engine).opens_a_session()


# A session


def test_an_account_is_created_and_logged_in_through_the_session(session, visitor):
    created = session.asks_ok(**CREATE_ACCOUNT)
    assert created["account"] == "ada@example.org"
    assert created["session_data"]["session_user_account"] is None
    assert session.asks_ok(**login())["session_data"]["session_user_account"] == "ada@example.org"
    assert visitor.asks_ok(**VIEW_ACCOUNT)["account"] == "ada@example.org"


def test_a_login_through_the_session_is_by_name_or_email(session, registered):
    session.asks_ok(action="login", user_email="ADA@example.org", user_pass=PASSWORD)
    session.is_refused("login_refused", **login(password="not it at all"))


@pytest.mark.parametrize(
    "partner", [{}, {"partner_account": "core@ewallet.local"}, {"partner_account": "CORE@ewallet.local"}]
)
def test_credits_are_supplied_through_the_session_by_the_core_account(ours, visitor, partner):
    answer = ours.asks_ok(**SUPPLY, **partner, notes="lunch")
    assert (answer["total_credits"], answer["supplied_credits"]) == (20, 20)
    assert visitor.asks_ok(**VIEW_WALLET)["ewallet_data"]["credits"] == 20
    assert visitor.records("invoice")[0]["notes"] == "lunch"


def test_nobody_else_supplies_credits(ours, visitor, nothing_changes):
    visitor.registers("bob")
    nothing_changes()
    for partner in ("bob@example.org", "nobody@example.org"):
        answer = ours.is_refused("only_core_supplies", **SUPPLY, partner_account=partner)
        assert answer["details"] == {"field": "partner_account"}
        assert "core@ewallet.local" in answer["warning"]


def test_what_is_an_accounts_needs_one_logged_in_to_the_session(session, nothing_changes):
    nothing_changes()
    session.is_refused("not_logged_in", **SUPPLY)


def test_the_answers_of_a_session_are_those_of_the_session_manager(ours, visitor):
    for said, meant in ((login(), login()), (SUPPLY, supply())):
        assert set(ours.asks_ok(**said)) == set(visitor.asks_ok(**meant))


def test_the_answers_of_a_session_are_as_declared(session):
    for asked in (CREATE_ACCOUNT, login(), SUPPLY):
        found, _ = SESSION_CATALOGUE.find({"controller": "user", "ctype": "action", **asked})
        assert list(departures(session.asks_ok(**asked), {"failed": bool, **found.answers})) == []


def test_the_enveloped_form_means_the_same_to_a_session(visitor, session):
    session.asks_ok(**CREATE_ACCOUNT)
    answer = visitor.engine.sessions[1].ewallet_controller(
        header={"request_id": "request 1", "session_id": 7},
        command_chain={"controller": "user", "ctype": "action", **login()},
    )
    assert (answer["failed"], answer["account"], answer["request_id"]) == (
        False,
        "ada@example.org",
        "request 1",
    )


def test_a_repeated_request_through_a_session_is_done_once(ours, visitor):
    first = ours.asks_ok(**SUPPLY, request_id="request 1")
    assert ours.asks_ok(**SUPPLY, request_id="request 1") == first
    ours.is_refused("request_id_reused", **{**SUPPLY, "credits": 21}, request_id="request 1")
    assert visitor.credits == 20


def test_what_is_asked_through_a_session_is_a_use_of_it_and_of_its_client_id(session, visitor, wallclock):
    wallclock.forward(20 * MINUTE)
    session.asks_ok(**CREATE_ACCOUNT)
    wallclock.forward(20 * MINUTE)
    visitor.logs_in()
    assert Caller(visitor.engine).asks_ok(**cleanup("ctokens"))["ctokens"] == 0


def test_a_session_that_has_expired_says_so(session, visitor, wallclock, nothing_changes):
    wallclock.forward(30 * MINUTE)
    nothing_changes()
    session.is_refused("session_expired", **CREATE_ACCOUNT)


def test_a_session_that_was_ended_is_unknown(session, visitor):
    live = visitor.engine.sessions[1]
    visitor.asks_ok(**cleanup("sessions", session_id=1))
    session.is_refused("session_unknown", **CREATE_ACCOUNT)
    with pytest.raises(LookupError):
        _ = live.account


def test_a_session_of_the_systems_own_can_be_used_through_its_live_object(nobody):
    opened = nobody.asks_ok(**NEW_SESSION)["ewallet_session"]
    own = live_session(nobody.engine, opened)
    own.asks_ok(**CREATE_ACCOUNT)
    own.asks_ok(**login())
    own.asks_ok(**SUPPLY)
    assert nobody.engine.sessions[opened].account == "ada@example.org"


def test_a_session_knows_only_its_own_instructions(session, nothing_changes):
    nothing_changes()
    answer = session.is_refused("unknown_instruction", action="create", create="acount")
    assert answer["details"]["nearest"][0] == "user action create account"
    session.is_refused("unknown_instruction", **VIEW_ACCOUNT)
    session.is_refused("unknown_argument", **login(), active_session=1)
    session.is_refused("missing_argument", action="login", user_name="ada")


def test_the_session_manager_does_not_know_the_instructions_of_a_session(visitor):
    visitor.is_refused("unknown_instruction", controller="user", **login())


def test_what_the_sheet_keeps_from_users_it_keeps_from_them_here_too(ours, nobody):
    nobody.asks_ok(**edit_permission("client action supply credits", "user", False))
    ours.is_refused("not_permitted", **SUPPLY)
    assert nobody.asks_ok(**VIEW_REFUSALS)["refusals"][0]["instruction"] == "client action supply credits"


# A worker: finding and taking over


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
    Caller(elsewhere).opens_a_session()
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


# A worker: session maps


def mapping(client: Caller, **more):
    return {
        "action": "add",
        "add": "session_map",
        "client_id": client.credentials["client_id"],
        "session_token": TOKEN,
        **more,
    }


@pytest.fixture
def announced(nobody) -> Caller:
    """Somebody with a client id and no session."""
    return Caller(nobody.engine).introduces_itself()


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
    later = Caller(nobody.engine).introduces_itself()
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
    engine = open_engine(rules=Rules(session_limit=2))
    for _ in range(2):
        Caller(engine).opens_a_session()
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
        found, _ = WORKER_CATALOGUE.find({"controller": "system", "ctype": "action", **asked})
        assert list(departures(worker.asks_ok(**asked), {"failed": bool, **found.answers})) == []


def test_a_worker_knows_only_its_own_instructions(worker, nothing_changes):
    nothing_changes()
    answer = worker.is_refused("unknown_instruction", action="remove", remove="session_maps")
    assert answer["details"]["nearest"][0] == "system action remove session_map"
    assert misfits(answer, REFUSAL) == []
    worker.is_refused("unknown_instruction", action="new", new="worker")
    worker.is_refused("unknown_argument", action="add", add="session", session=1, colour="red")


def test_the_session_manager_does_not_know_the_instructions_of_a_worker(visitor):
    visitor.is_refused("unknown_instruction", controller="system", action="add", add="session", session=1)


def test_a_live_session_can_make_an_account_that_a_client_logs_in_to(session, nobody):
    session.asks_ok(**CREATE_ACCOUNT)
    session.is_refused("name_taken", **CREATE_ACCOUNT)
    assert Caller(nobody.engine).opens_a_session().logs_in().credits == 0
