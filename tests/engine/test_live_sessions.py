"""The live object of a session: its own instructions, with the same answers."""

from __future__ import annotations

import pytest
from answer_types import answer_type_errors
from engine_client import EngineClient
from examples_permissions import VIEW_REFUSALS, edit_permission
from examples_system import cleanup
from fakes import MINUTE
from instructions import NEW_SESSION, PASSWORD, VIEW_ACCOUNT, VIEW_WALLET, login, supply
from live_objects import Live, live_session

from ewallet_core.handlers import SESSION_REGISTRY
from ewallet_core.storage.sessions import SESSIONS_AT_ONCE

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
    session.request(**CREATE_ACCOUNT)
    session.request(**login())
    return session


def test_an_account_is_created_and_logged_in_through_the_session(session, visitor):
    created = session.request(**CREATE_ACCOUNT)
    assert created["account"] == "ada@example.org"
    assert created["session_data"]["session_user_account"] is None
    assert session.request(**login())["session_data"]["session_user_account"] == "ada@example.org"
    assert visitor.request(**VIEW_ACCOUNT)["account"] == "ada@example.org"


def test_a_login_through_the_session_accepts_name_or_email(session, registered):
    session.request(action="login", user_email="ADA@example.org", user_pass=PASSWORD)
    session.expect_error("login_refused", **login(password="not it at all"))


@pytest.mark.parametrize(
    "partner", [{}, {"partner_account": "core@ewallet.local"}, {"partner_account": "CORE@ewallet.local"}]
)
def test_credits_are_supplied_through_the_session_by_the_core_account(logged_in, visitor, partner):
    answer = logged_in.request(**SUPPLY, **partner, notes="lunch")
    assert (answer["total_credits"], answer["supplied_credits"]) == (20, 20)
    assert visitor.request(**VIEW_WALLET)["ewallet_data"]["credits"] == 20
    assert visitor.records("invoice")[0]["notes"] == "lunch"


def test_only_the_core_account_supplies_credits(logged_in, visitor, nothing_changes):
    visitor.register("bob")
    nothing_changes()
    for partner in ("bob@example.org", "nobody@example.org"):
        answer = logged_in.expect_error("only_core_supplies", **SUPPLY, partner_account=partner)
        assert answer["details"] == {"field": "partner_account"}
        assert "core@ewallet.local" in answer["warning"]


def test_an_instruction_of_an_account_needs_a_login_in_the_session(session, nothing_changes):
    nothing_changes()
    session.expect_error("not_logged_in", **SUPPLY)


def test_a_session_answers_the_same_keys_as_the_session_manager(logged_in, visitor):
    for sent, equivalent in ((login(), login()), (SUPPLY, supply())):
        assert set(logged_in.request(**sent)) == set(visitor.request(**equivalent))


def test_the_answers_of_a_session_have_the_declared_types(session):
    for asked in (CREATE_ACCOUNT, login(), SUPPLY):
        found, _ = SESSION_REGISTRY.find({"controller": "user", "ctype": "action", **asked})
        assert list(answer_type_errors(session.request(**asked), found.answers)) == []


def test_a_session_accepts_an_enveloped_request(visitor, session):
    session.request(**CREATE_ACCOUNT)
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
    first = logged_in.request(**SUPPLY, request_id="request 1")
    assert logged_in.request(**SUPPLY, request_id="request 1") == first
    logged_in.expect_error("request_id_reused", **{**SUPPLY, "credits": 21}, request_id="request 1")
    assert visitor.credits == 20


def test_a_request_through_a_session_extends_it_and_its_client_id(session, visitor, wallclock):
    wallclock.forward(20 * MINUTE)
    session.request(**CREATE_ACCOUNT)
    wallclock.forward(20 * MINUTE)
    visitor.log_in()
    assert EngineClient(visitor.engine).request(**cleanup("ctokens"))["ctokens"] == 0


def test_an_expired_session_answers_session_expired(session, visitor, wallclock, nothing_changes):
    wallclock.forward(30 * MINUTE)
    nothing_changes()
    session.expect_error("session_expired", **CREATE_ACCOUNT)


def test_a_session_that_was_ended_is_unknown(session, visitor):
    live = visitor.engine.sessions[1]
    visitor.request(**cleanup("sessions", session_id=1))
    session.expect_error("session_unknown", **CREATE_ACCOUNT)
    with pytest.raises(LookupError):
        _ = live.account


def test_a_session_created_by_the_system_can_be_used_through_its_live_object(anonymous):
    opened = anonymous.request(**NEW_SESSION)["ewallet_session"]
    own = live_session(anonymous.engine, opened)
    own.request(**CREATE_ACCOUNT)
    own.request(**login())
    own.request(**SUPPLY)
    assert anonymous.engine.sessions[opened].account == "ada@example.org"


def test_a_session_knows_only_its_own_instructions(session, nothing_changes):
    nothing_changes()
    answer = session.expect_error("unknown_instruction", action="create", create="acount")
    assert answer["details"]["nearest"][0] == "user action create account"
    session.expect_error("unknown_instruction", **VIEW_ACCOUNT)
    session.expect_error("unknown_argument", **login(), active_session=1)
    session.expect_error("missing_argument", action="login", user_name="ada")


def test_the_session_manager_refuses_the_instructions_of_a_session(visitor):
    visitor.expect_error("unknown_instruction", controller="user", **login())


def test_the_permission_sheet_applies_to_live_sessions(logged_in, anonymous):
    anonymous.request(**edit_permission("client action supply credits", "user", False))
    logged_in.expect_error("not_permitted", **SUPPLY)
    assert anonymous.request(**VIEW_REFUSALS)["refusals"][0]["instruction"] == "client action supply credits"


def test_a_client_can_log_in_to_an_account_created_by_a_live_session(session, anonymous):
    session.request(**CREATE_ACCOUNT)
    session.expect_error("name_taken", **CREATE_ACCOUNT)
    assert EngineClient(anonymous.engine).open_session().log_in().credits == 0


def test_the_active_accounts_of_any_number_of_sessions_are_found(engine, ada):
    visitors = [EngineClient(engine).open_session() for _ in range(2)]
    ids = list(engine.sessions)
    assert len(ids) == 1 + len(visitors)
    (account,) = [found for found in engine.active_accounts(ids).values() if found is not None]
    for count in (1, SESSIONS_AT_ONCE - 1, SESSIONS_AT_ONCE, 2 * SESSIONS_AT_ONCE + 1):
        others = range(1_000, 1_000 + count)
        found = engine.active_accounts([*others, *ids])
        assert sorted(found, key=ids.index) == ids
        assert list(found.values()).count(account) == 1
    assert engine.active_accounts([]) == {}
