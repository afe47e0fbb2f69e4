"""The live object of a session: its own instructions, with the same answers."""

from __future__ import annotations

import pytest
from answer_types import departures
from engine_client import EngineClient
from examples_permissions import VIEW_REFUSALS, edit_permission
from examples_system import cleanup
from fakes import MINUTE
from instructions import NEW_SESSION, PASSWORD, VIEW_ACCOUNT, VIEW_WALLET, login, supply
from live_objects import Live, live_session

from ewallet_core.handlers import SESSION_REGISTRY

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


@pytest.fixture
def session(visitor) -> Live:
    """The live object of the visitor's session."""
    return live_session(visitor.engine)


@pytest.fixture
def logged_in(session) -> Live:
    """The same session, with Ada logged in through it."""
    session.asks_ok(**CREATE_ACCOUNT)
    session.asks_ok(**login())
    return session


def test_an_account_is_created_and_logged_in_through_the_session(session, visitor):
    created = session.asks_ok(**CREATE_ACCOUNT)
    assert created["account"] == "ada@example.org"
    assert created["session_data"]["session_user_account"] is None
    assert session.asks_ok(**login())["session_data"]["session_user_account"] == "ada@example.org"
    assert visitor.asks_ok(**VIEW_ACCOUNT)["account"] == "ada@example.org"


def test_a_login_through_the_session_accepts_name_or_email(session, registered):
    session.asks_ok(action="login", user_email="ADA@example.org", user_pass=PASSWORD)
    session.is_refused("login_refused", **login(password="not it at all"))


@pytest.mark.parametrize(
    "partner", [{}, {"partner_account": "core@ewallet.local"}, {"partner_account": "CORE@ewallet.local"}]
)
def test_credits_are_supplied_through_the_session_by_the_core_account(logged_in, visitor, partner):
    answer = logged_in.asks_ok(**SUPPLY, **partner, notes="lunch")
    assert (answer["total_credits"], answer["supplied_credits"]) == (20, 20)
    assert visitor.asks_ok(**VIEW_WALLET)["ewallet_data"]["credits"] == 20
    assert visitor.records("invoice")[0]["notes"] == "lunch"


def test_only_the_core_account_supplies_credits(logged_in, visitor, nothing_changes):
    visitor.registers("bob")
    nothing_changes()
    for partner in ("bob@example.org", "nobody@example.org"):
        answer = logged_in.is_refused("only_core_supplies", **SUPPLY, partner_account=partner)
        assert answer["details"] == {"field": "partner_account"}
        assert "core@ewallet.local" in answer["warning"]


def test_an_instruction_of_an_account_needs_a_login_in_the_session(session, nothing_changes):
    nothing_changes()
    session.is_refused("not_logged_in", **SUPPLY)


def test_a_session_answers_the_same_keys_as_the_session_manager(logged_in, visitor):
    for sent, equivalent in ((login(), login()), (SUPPLY, supply())):
        assert set(logged_in.asks_ok(**sent)) == set(visitor.asks_ok(**equivalent))


def test_the_answers_of_a_session_have_the_declared_types(session):
    for asked in (CREATE_ACCOUNT, login(), SUPPLY):
        found, _ = SESSION_REGISTRY.find({"controller": "user", "ctype": "action", **asked})
        assert list(departures(session.asks_ok(**asked), {"failed": bool, **found.answers})) == []


def test_a_session_accepts_an_enveloped_request(visitor, session):
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


def test_a_repeated_request_through_a_session_runs_once(logged_in, visitor):
    first = logged_in.asks_ok(**SUPPLY, request_id="request 1")
    assert logged_in.asks_ok(**SUPPLY, request_id="request 1") == first
    logged_in.is_refused("request_id_reused", **{**SUPPLY, "credits": 21}, request_id="request 1")
    assert visitor.credits == 20


def test_a_request_through_a_session_extends_it_and_its_client_id(session, visitor, wallclock):
    wallclock.forward(20 * MINUTE)
    session.asks_ok(**CREATE_ACCOUNT)
    wallclock.forward(20 * MINUTE)
    visitor.logs_in()
    assert EngineClient(visitor.engine).asks_ok(**cleanup("ctokens"))["ctokens"] == 0


def test_an_expired_session_answers_session_expired(session, visitor, wallclock, nothing_changes):
    wallclock.forward(30 * MINUTE)
    nothing_changes()
    session.is_refused("session_expired", **CREATE_ACCOUNT)


def test_a_session_that_was_ended_is_unknown(session, visitor):
    live = visitor.engine.sessions[1]
    visitor.asks_ok(**cleanup("sessions", session_id=1))
    session.is_refused("session_unknown", **CREATE_ACCOUNT)
    with pytest.raises(LookupError):
        _ = live.account


def test_a_session_created_by_the_system_can_be_used_through_its_live_object(nobody):
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


def test_the_session_manager_refuses_the_instructions_of_a_session(visitor):
    visitor.is_refused("unknown_instruction", controller="user", **login())


def test_the_permission_sheet_applies_to_live_sessions(logged_in, nobody):
    nobody.asks_ok(**edit_permission("client action supply credits", "user", False))
    logged_in.is_refused("not_permitted", **SUPPLY)
    assert nobody.asks_ok(**VIEW_REFUSALS)["refusals"][0]["instruction"] == "client action supply credits"


def test_a_client_can_log_in_to_an_account_created_by_a_live_session(session, nobody):
    session.asks_ok(**CREATE_ACCOUNT)
    session.is_refused("name_taken", **CREATE_ACCOUNT)
    assert EngineClient(nobody.engine).opens_a_session().logs_in().credits == 0
