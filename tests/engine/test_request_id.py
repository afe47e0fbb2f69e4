"""Request ids: an instruction runs once, and every repetition gets the first answer."""

from __future__ import annotations

import pytest
from database_file import rows, what_matters
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

ID = {"request_id": "request-0001"}
CHANGING = [example for example in EXAMPLES if example.access is Access.ACCOUNT and example.found.changes]


@pytest.mark.parametrize("example", CHANGING, ids=str)
def test_a_repeated_change_of_an_account_runs_once(nobody, wallclock, wallet_file, example):
    caller = example.arrange(nobody, wallclock)
    first = caller.asks_ok(**example.instruction, **ID)
    kept = what_matters(wallet_file)
    wallclock.forward(SECOND)
    assert caller.ask(**example.instruction, **ID) == first
    assert what_matters(wallet_file) == kept


def test_without_a_request_id_an_instruction_runs_each_time(ada):
    for _ in range(2):
        ada.asks_ok(**supply(100))
    assert ada.credits == 200


def test_with_another_request_id_an_instruction_runs_again(ada):
    for number in range(2):
        ada.asks_ok(**supply(100), request_id=f"request-000{number}")
    assert ada.credits == 200


def test_a_repetition_gets_the_same_answer_after_a_restart(ada, open_engine):
    first = ada.asks_ok(**supply(100), **ID)
    ada.engine.close()
    restarted = ada.at(open_engine())
    assert restarted.ask(**supply(100), **ID) == first
    assert restarted.credits == 100


def test_a_repetition_gets_the_same_answer_from_another_engine(ada, open_engine):
    first = ada.asks_ok(**supply(100), **ID)
    assert ada.at(open_engine()).ask(**supply(100), **ID) == first
    assert ada.credits == 100


def test_a_repetition_gets_the_same_answer_after_a_new_login(ada):
    first = ada.asks_ok(**supply(100), **ID)
    elsewhere = EngineClient(ada.engine).opens_a_session().logs_in()
    assert elsewhere.ask(**supply(100), **ID) == first
    assert elsewhere.credits == 100


def test_request_ids_of_two_accounts_are_independent(ada, bob):
    ada.asks_ok(**supply(100), **ID)
    bob.asks_ok(**supply(7), **ID)
    assert (ada.credits, bob.credits) == (100, 7)


def test_request_ids_belong_to_the_active_account_of_the_session(ada):
    ada.asks_ok(**supply(100), **ID)
    ada.registers("bob").logs_in("bob")
    ada.asks_ok(**supply(7), **ID)
    assert ada.credits == 7


def test_a_refused_request_id_stays_refused(ada):
    first = ada.is_refused("not_enough_credits", **to_clock(20), **ID)
    ada.asks_ok(**supply(100))
    assert ada.ask(**to_clock(20), **ID) == first
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
def test_a_request_id_with_another_instruction_is_an_error(ada, wallet_file, other):
    ada.asks_ok(**supply(100), **ID)
    kept = what_matters(wallet_file)
    ada.is_refused("request_id_reused", **other, **ID)
    assert what_matters(wallet_file) == kept


def test_the_order_of_the_arguments_does_not_matter(ada):
    asked = supply(100, notes="lunch")
    first = ada.asks_ok(**asked, **ID)
    assert ada.ask(**dict(reversed(asked.items())), **ID) == first


def test_another_form_of_the_same_instruction_is_a_repetition(nobody, wallclock):
    caller = bring(nobody, "running", wallclock)
    first = caller.asks_ok(**STOP, **ID)
    assert caller.ask(action="stop", pause="clock_timer", **ID) == first


@pytest.mark.parametrize(
    "other",
    [{"user_phone": "None"}, {"user_phone": ""}, {"user_pass": ANOTHER_PASSWORD, "old_pass": PASSWORD}],
)
def test_a_missing_argument_differs_from_every_sent_one(ada, other):
    ada.asks_ok(**edit_account(user_alias="the countess"), **ID)
    ada.is_refused("request_id_reused", **edit_account(user_alias="the countess", **other), **ID)


def test_a_wrongly_reused_id_keeps_its_first_answer(ada):
    first = ada.asks_ok(**supply(100), **ID)
    ada.is_refused("request_id_reused", **supply(5), **ID)
    assert ada.ask(**supply(100), **ID) == first


def test_the_request_id_of_a_view_is_only_returned(supplied):
    supplied.asks_ok(**VIEW_WALLET, **ID)
    supplied.asks_ok(**supply(5), **ID)
    assert supplied.asks_ok(**VIEW_WALLET, **ID)["ewallet_data"]["credits"] == 105


@pytest.mark.parametrize(
    ("malformed", "code"),
    [(supply(0), "bad_value"), (supply(5, colour="red"), "unknown_argument"), ({"action": "supply"}, None)],
)
def test_an_invalid_request_does_not_use_its_request_id(ada, malformed, code):
    assert ada.ask(**malformed, **ID)["code"] == (code or "unknown_instruction")
    ada.asks_ok(**supply(5), **ID)
    assert ada.credits == 5


def test_a_request_without_a_login_does_not_use_its_request_id(registered):
    registered.is_refused("not_logged_in", **supply(5), **ID)
    registered.logs_in().asks_ok(**supply(5), **ID)
    assert registered.credits == 5


def test_a_login_is_not_stored_for_its_request_id(registered):
    registered.is_refused("login_refused", **login(password="wrong"), **ID)
    registered.asks_ok(**login(), **ID)
    registered.asks_ok(**LOGOUT, **ID)
    registered.asks_ok(**login(), **ID)
    assert registered.asks_ok(**VIEW_WALLET)["ewallet_data"]["credits"] == 0


def test_a_keep_alive_is_not_stored_for_its_request_id(visitor, wallclock):
    first = visitor.asks_ok(**KEEP_SESSION_TOKEN, **ID)
    wallclock.forward(MINUTE)
    assert visitor.asks_ok(**KEEP_SESSION_TOKEN, **ID)["valid_to"] > first["valid_to"]


def test_an_answer_with_a_secret_is_not_stored(nobody, wallet_file):
    tokens = {nobody.asks_ok(**REQUEST_CLIENT_ID, **ID)["client_id"] for _ in range(2)}
    nobody.introduces_itself().asks_ok(**REQUEST_SESSION_TOKEN, **ID)
    assert len(tokens) == 2
    assert rows(wallet_file, "SELECT * FROM seen_requests") == []


def test_a_repeated_new_account_is_created_once(visitor):
    first = visitor.asks_ok(**new_account(), **ID)
    assert visitor.ask(**new_account(), **ID) == first


def test_a_new_account_repeated_after_a_restart_is_created_once(visitor, open_engine):
    first = visitor.asks_ok(**new_account(), **ID)
    visitor.engine.close()
    assert visitor.at(open_engine()).ask(**new_account(), **ID) == first


def test_a_repeated_change_of_the_password_runs_once(ada):
    asked = edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD)
    first = ada.asks_ok(**asked, **ID)
    assert first["edit"]["user_pass"] is True
    assert ada.ask(**asked, **ID) == first
    ada.asks_ok(**login(password=ANOTHER_PASSWORD))


def test_a_request_that_differs_only_in_passwords_is_a_repetition(ada):
    """The fingerprint of a request is stored, so it must not depend on a password."""
    first = ada.asks_ok(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD), **ID)
    assert ada.ask(**edit_account(user_pass="a third password", old_pass="wrong"), **ID) == first
    ada.asks_ok(**login(password=ANOTHER_PASSWORD))


def test_no_password_is_stored_with_a_request(ada, wallet_file):
    ada.asks_ok(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD), **ID)
    kept = str(rows(wallet_file, "SELECT * FROM seen_requests"))
    assert PASSWORD not in kept
    assert ANOTHER_PASSWORD not in kept
    assert "argon2" not in kept


def test_a_request_id_is_known_for_thirty_days(ada, wallclock):
    first = ada.asks_ok(**supply(100), **ID)
    wallclock.forward(30 * DAY - 1)
    later = EngineClient(ada.engine).opens_a_session().logs_in()
    assert later.ask(**supply(100), **ID) == first


def test_a_request_id_is_unknown_after_thirty_days(ada, wallclock):
    ada.asks_ok(**supply(100), **ID)
    wallclock.forward(30 * DAY)
    later = EngineClient(ada.engine).opens_a_session().logs_in()
    later.asks_ok(**supply(100), **ID)
    assert later.credits == 200


def test_expired_requests_are_deleted_when_an_engine_opens_the_file(ada, wallclock, open_engine, wallet_file):
    ada.asks_ok(**supply(100), **ID)
    wallclock.forward(20 * DAY)
    later = EngineClient(ada.engine).opens_a_session().logs_in()
    later.asks_ok(**supply(5), request_id="request-0002")
    wallclock.forward(10 * DAY + 1)
    open_engine()
    kept = rows(wallet_file, "SELECT request_id FROM seen_requests")
    assert kept == [{"request_id": "request-0002"}]


def test_a_repetition_extends_the_session(ada, wallclock):
    ada.asks_ok(**supply(100), **ID)
    for _ in range(4):
        wallclock.forward(20 * MINUTE)
        ada.asks_ok(**supply(100), **ID)
    assert ada.credits == 100


def test_a_repeated_logout_does_not_log_another_account_out(ada):
    ada.registers("bob").logs_in("bob")
    once = {"action": "logout", "request_id": "logout-0001"}
    assert ada.asks_ok(**once) == ada.asks_ok(**once)
    assert ada.asks_ok(action="view", view="account")["account"] == "ada@example.org"


def test_a_repeated_new_worker_is_created_once(nobody, engine):
    once = {"controller": "system", "action": "new", "new": "worker", "request_id": "worker-0001"}
    assert nobody.asks_ok(**once) == nobody.asks_ok(**once)
    assert len(engine.workers) == 1


def test_clashing_arguments_do_not_use_the_request_id(converted):
    to_credits = {"action": "convert", "convert": "clock2credits", "request_id": "convert-0001"}
    converted.is_refused("arguments_clash", **to_credits)
    converted.asks_ok(**to_credits, credits=1)


@pytest.mark.parametrize("request_", [[], "text", None, 7])
def test_a_request_that_is_no_object_is_malformed(engine, request_):
    assert engine.answer(request_)["code"] == "malformed"


def test_a_malformed_request_is_answered_with_its_request_id(engine):
    answer = engine.answer({"client_id": 5, "request_id": "abcdefgh1"})
    assert (answer["code"], answer["request_id"]) == ("bad_value", "abcdefgh1")
