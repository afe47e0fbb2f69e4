"""A session's live object: its own instructions, answered like all others."""

from __future__ import annotations

import pytest
from answer_types import departures_of_answer
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
def ours(session) -> Live:
    """The same, with Ada logged in through it."""
    session.asks_ok(**CREATE_ACCOUNT)
    session.asks_ok(**login())
    return session


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
        found, _ = SESSION_REGISTRY.find({"controller": "user", "ctype": "action", **asked})
        assert list(departures_of_answer(session.asks_ok(**asked), found.answers)) == []


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
    assert EngineClient(visitor.engine).asks_ok(**cleanup("ctokens"))["ctokens"] == 0


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


def test_a_live_session_can_make_an_account_that_a_client_logs_in_to(session, nobody):
    session.asks_ok(**CREATE_ACCOUNT)
    session.is_refused("name_taken", **CREATE_ACCOUNT)
    assert EngineClient(nobody.engine).opens_a_session().logs_in().credits == 0
