"""Request ids: an instruction runs once, and every repetition gets the first answer."""

from __future__ import annotations

import pytest
from database_file import rows, significant_rows
from engine_client import EngineClient
from example import bring
from examples import EXAMPLES
from fakes import DAY, MINUTE, SECOND
from instructions import (
    ANOTHER_PASSWORD,
    KEEP_SESSION_TOKEN,
    LOGOUT,
    PASSWORD,
    REQUEST_CLIENT_ID,
    REQUEST_SESSION_TOKEN,
    START,
    STOP,
    VIEW_WALLET,
    edit_account,
    login,
    new_account,
    supply,
    to_clock,
    to_credits,
)

from ewallet_core.instructions.registry import Access

pytestmark = pytest.mark.on_postgresql_too(every=12)

ID = {"request_id": "request-0001"}
CHANGING = [example for example in EXAMPLES if example.access is Access.ACCOUNT and example.found.changes]


@pytest.mark.parametrize("example", CHANGING, ids=str)
def test_a_repeated_change_of_an_account_runs_once(at_example, wallclock, wallet_url, example):
    first = at_example.request(**example.instruction, **ID)
    kept = significant_rows(wallet_url)
    wallclock.forward(SECOND)
    assert at_example.send(**example.instruction, **ID) == first
    assert significant_rows(wallet_url) == kept


def test_without_a_request_id_an_instruction_runs_each_time(ada):
    for _ in range(2):
        ada.request(**supply(100))
    assert ada.credits == 200


def test_with_another_request_id_an_instruction_runs_again(ada):
    for number in range(2):
        ada.request(**supply(100), request_id=f"request-000{number}")
    assert ada.credits == 200


def test_a_repetition_gets_the_same_answer_after_a_restart(ada, open_engine):
    first = ada.request(**supply(100), **ID)
    ada.engine.close()
    restarted = ada.at(open_engine())
    assert restarted.send(**supply(100), **ID) == first
    assert restarted.credits == 100


def test_a_repetition_gets_the_same_answer_from_another_engine(ada, open_engine):
    first = ada.request(**supply(100), **ID)
    assert ada.at(open_engine()).send(**supply(100), **ID) == first
    assert ada.credits == 100


def test_a_repetition_gets_the_same_answer_after_a_new_login(ada):
    first = ada.request(**supply(100), **ID)
    elsewhere = EngineClient(ada.engine).open_session().log_in()
    assert elsewhere.send(**supply(100), **ID) == first
    assert elsewhere.credits == 100


def test_request_ids_of_two_accounts_are_independent(ada, bob):
    ada.request(**supply(100), **ID)
    bob.request(**supply(7), **ID)
    assert (ada.credits, bob.credits) == (100, 7)


def test_request_ids_belong_to_the_active_account_of_the_session(ada):
    ada.request(**supply(100), **ID)
    ada.register("bob").log_in("bob")
    ada.request(**supply(7), **ID)
    assert ada.credits == 7


def test_a_refused_request_id_stays_refused(ada):
    first = ada.expect_error("not_enough_credits", **to_clock(20), **ID)
    supplied = ada.request(**supply(100))
    assert ada.send(**to_clock(20), **ID) == first | {"event_sequence": supplied["event_sequence"]}
    assert ada.credits == 100


@pytest.mark.parametrize(
    "other",
    [
        supply(101),
        supply(100, notes="lunch"),
        supply(100, cost="12.5"),
        to_clock(100),
        START,
        to_credits(credits=1),
    ],
    ids=str,
)
def test_a_request_id_with_another_instruction_is_an_error(ada, wallet_url, other):
    ada.request(**supply(100), **ID)
    kept = significant_rows(wallet_url)
    ada.expect_error("request_id_reused", **other, **ID)
    assert significant_rows(wallet_url) == kept


def test_the_order_of_the_arguments_does_not_matter(ada):
    asked = supply(100, notes="lunch")
    first = ada.request(**asked, **ID)
    assert ada.send(**dict(reversed(asked.items())), **ID) == first


def test_another_form_of_the_same_instruction_is_a_repetition(anonymous, wallclock):
    caller = bring(anonymous, "running", wallclock)
    first = caller.request(**STOP, **ID)
    assert caller.send(action="stop", pause="clock_timer", **ID) == first


@pytest.mark.parametrize(
    "other",
    [{"user_phone": "None"}, {"user_phone": ""}, {"user_pass": ANOTHER_PASSWORD, "old_pass": PASSWORD}],
)
def test_a_missing_argument_differs_from_every_sent_one(ada, other):
    ada.request(**edit_account(user_alias="the countess"), **ID)
    ada.expect_error("request_id_reused", **edit_account(user_alias="the countess", **other), **ID)


def test_a_wrongly_reused_id_keeps_its_first_answer(ada):
    first = ada.request(**supply(100), **ID)
    ada.expect_error("request_id_reused", **supply(5), **ID)
    assert ada.send(**supply(100), **ID) == first


def test_the_request_id_of_a_view_is_only_returned(supplied):
    supplied.request(**VIEW_WALLET, **ID)
    supplied.request(**supply(5), **ID)
    assert supplied.request(**VIEW_WALLET, **ID)["ewallet_data"]["credits"] == 105


@pytest.mark.parametrize(
    ("malformed", "code"),
    [(supply(0), "bad_value"), (supply(5, colour="red"), "unknown_argument"), ({"action": "supply"}, None)],
)
def test_an_invalid_request_does_not_use_its_request_id(ada, malformed, code):
    assert ada.send(**malformed, **ID)["code"] == (code or "unknown_instruction")
    ada.request(**supply(5), **ID)
    assert ada.credits == 5


def test_a_request_without_a_login_does_not_use_its_request_id(registered):
    registered.expect_error("not_logged_in", **supply(5), **ID)
    registered.log_in().request(**supply(5), **ID)
    assert registered.credits == 5


def test_a_login_is_not_stored_for_its_request_id(registered):
    registered.expect_error("login_refused", **login(password="wrong"), **ID)
    registered.request(**login(), **ID)
    registered.request(**LOGOUT, **ID)
    registered.request(**login(), **ID)
    assert registered.request(**VIEW_WALLET)["ewallet_data"]["credits"] == 0


def test_a_keep_alive_is_not_stored_for_its_request_id(visitor, wallclock):
    first = visitor.request(**KEEP_SESSION_TOKEN, **ID)
    wallclock.forward(MINUTE)
    assert visitor.request(**KEEP_SESSION_TOKEN, **ID)["valid_to"] > first["valid_to"]


def test_an_answer_with_a_secret_is_not_stored(anonymous, wallet_url):
    tokens = {anonymous.request(**REQUEST_CLIENT_ID, **ID)["client_id"] for _ in range(2)}
    anonymous.request_client_id().request(**REQUEST_SESSION_TOKEN, **ID)
    assert len(tokens) == 2
    assert rows(wallet_url, "SELECT * FROM seen_requests") == []


def test_a_repeated_new_account_is_created_once(visitor):
    first = visitor.request(**new_account(), **ID)
    assert visitor.send(**new_account(), **ID) == first


def test_a_new_account_repeated_after_a_restart_is_created_once(visitor, open_engine):
    first = visitor.request(**new_account(), **ID)
    visitor.engine.close()
    assert visitor.at(open_engine()).send(**new_account(), **ID) == first


def test_a_repeated_change_of_the_password_runs_once(ada):
    asked = edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD)
    first = ada.request(**asked, **ID)
    assert first["edit"]["user_pass"] is True
    assert ada.send(**asked, **ID) == first
    ada.request(**login(password=ANOTHER_PASSWORD))


def test_a_request_that_differs_only_in_passwords_is_a_repetition(ada):
    """The fingerprint of a request is stored, so it must not depend on a password."""
    first = ada.request(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD), **ID)
    assert ada.send(**edit_account(user_pass="a third password", old_pass="wrong"), **ID) == first
    ada.request(**login(password=ANOTHER_PASSWORD))


def test_no_password_is_stored_with_a_request(ada, wallet_url):
    ada.request(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD), **ID)
    kept = str(rows(wallet_url, "SELECT * FROM seen_requests"))
    assert PASSWORD not in kept
    assert ANOTHER_PASSWORD not in kept
    assert "argon2" not in kept


def test_a_request_id_is_known_for_thirty_days(ada, wallclock):
    first = ada.request(**supply(100), **ID)
    wallclock.forward(30 * DAY - 1)
    later = EngineClient(ada.engine).open_session().log_in()
    assert later.send(**supply(100), **ID) == first


def test_a_request_id_is_unknown_after_thirty_days(ada, wallclock):
    ada.request(**supply(100), **ID)
    wallclock.forward(30 * DAY)
    later = EngineClient(ada.engine).open_session().log_in()
    later.request(**supply(100), **ID)
    assert later.credits == 200


def test_expired_requests_are_deleted_when_an_engine_opens_the_file(ada, wallclock, open_engine, wallet_url):
    ada.request(**supply(100), **ID)
    wallclock.forward(20 * DAY)
    later = EngineClient(ada.engine).open_session().log_in()
    later.request(**supply(5), request_id="request-0002")
    wallclock.forward(10 * DAY + 1)
    open_engine()
    kept = rows(wallet_url, "SELECT request_id FROM seen_requests")
    assert kept == [{"request_id": "request-0002"}]


def test_a_repetition_extends_the_session(ada, wallclock):
    ada.request(**supply(100), **ID)
    for _ in range(4):
        wallclock.forward(20 * MINUTE)
        ada.request(**supply(100), **ID)
    assert ada.credits == 100


def test_a_repeated_logout_does_not_log_another_account_out(ada):
    ada.register("bob").log_in("bob")
    once = {"action": "logout", "request_id": "logout-0001"}
    assert ada.request(**once) == ada.request(**once)
    assert ada.request(action="view", view="account")["account"] == "ada@example.org"


def test_a_repeated_new_worker_is_created_once(anonymous, engine):
    once = {"controller": "system", "action": "new", "new": "worker", "request_id": "worker-0001"}
    assert anonymous.request(**once) == anonymous.request(**once)
    assert len(engine.workers) == 1


def test_clashing_arguments_do_not_use_the_request_id(converted):
    to_credits = {"action": "convert", "convert": "clock2credits", "request_id": "convert-0001"}
    converted.expect_error("arguments_clash", **to_credits)
    converted.request(**to_credits, credits=1)


@pytest.mark.parametrize("request_", [[], "text", None, 7])
def test_a_request_that_is_no_object_is_malformed(engine, request_):
    assert engine.answer(request_)["code"] == "malformed"


def test_a_malformed_request_is_answered_with_its_request_id(engine):
    answer = engine.answer({"client_id": 5, "request_id": "abcdefgh1"})
    assert (answer["code"], answer["request_id"]) == ("bad_value", "abcdefgh1")
