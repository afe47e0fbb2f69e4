"""With a request id an instruction is done once, and every repetition gets the first answer."""

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
def test_what_changes_an_account_is_done_once_however_often_it_is_sent(
    nobody, wallclock, wallet_file, example
):
    caller = example.arrange(nobody, wallclock)
    first = caller.asks_ok(**example.instruction, **ID)
    kept = what_matters(wallet_file)
    wallclock.forward(SECOND)
    assert caller.ask(**example.instruction, **ID) == first
    assert what_matters(wallet_file) == kept


def test_without_a_request_id_the_same_instruction_is_another_one(ada):
    for _ in range(2):
        ada.asks_ok(**supply(100))
    assert ada.credits == 200


def test_another_request_id_is_another_instruction(ada):
    for number in range(2):
        ada.asks_ok(**supply(100), request_id=f"request-000{number}")
    assert ada.credits == 200


def test_a_repetition_is_answered_as_before_even_after_a_restart(ada, open_engine):
    first = ada.asks_ok(**supply(100), **ID)
    ada.engine.close()
    restarted = ada.at(open_engine())
    assert restarted.ask(**supply(100), **ID) == first
    assert restarted.credits == 100


def test_a_repetition_is_answered_as_before_by_another_process(ada, open_engine):
    first = ada.asks_ok(**supply(100), **ID)
    assert ada.at(open_engine()).ask(**supply(100), **ID) == first
    assert ada.credits == 100


def test_a_repetition_is_answered_as_before_after_a_fresh_login(ada):
    first = ada.asks_ok(**supply(100), **ID)
    elsewhere = EngineClient(ada.engine).opens_a_session().logs_in()
    assert elsewhere.ask(**supply(100), **ID) == first
    assert elsewhere.credits == 100


def test_request_ids_are_each_accounts_own(ada, bob):
    ada.asks_ok(**supply(100), **ID)
    bob.asks_ok(**supply(7), **ID)
    assert (ada.credits, bob.credits) == (100, 7)


def test_request_ids_follow_the_account_that_is_active_in_the_session(ada):
    ada.asks_ok(**supply(100), **ID)
    ada.registers("bob").logs_in("bob")
    ada.asks_ok(**supply(7), **ID)
    assert ada.credits == 7


def test_what_was_refused_stays_refused(ada):
    first = ada.is_refused("not_enough_credits", **to_clock(20), **ID)
    supplied = ada.asks_ok(**supply(100))
    assert ada.ask(**to_clock(20), **ID) == first | {"event_sequence": supplied["event_sequence"]}
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
def test_the_same_request_id_with_another_instruction_is_an_error(ada, wallet_file, other):
    ada.asks_ok(**supply(100), **ID)
    kept = what_matters(wallet_file)
    ada.is_refused("request_id_reused", **other, **ID)
    assert what_matters(wallet_file) == kept


def test_the_order_of_the_arguments_is_not_another_instruction(ada):
    asked = supply(100, notes="lunch")
    first = ada.asks_ok(**asked, **ID)
    assert ada.ask(**dict(reversed(asked.items())), **ID) == first


def test_a_form_that_is_printed_is_the_same_instruction(nobody, wallclock):
    caller = bring(nobody, "running", wallclock)
    first = caller.asks_ok(**STOP, **ID)
    assert caller.ask(action="stop", pause="clock_timer", **ID) == first


@pytest.mark.parametrize(
    "other",
    [{"user_phone": "None"}, {"user_phone": ""}, {"user_pass": ANOTHER_PASSWORD, "old_pass": PASSWORD}],
)
def test_an_argument_that_was_not_sent_is_told_from_every_one_that_was(ada, other):
    ada.asks_ok(**edit_account(user_alias="the countess"), **ID)
    ada.is_refused("request_id_reused", **edit_account(user_alias="the countess", **other), **ID)


def test_an_id_that_was_reused_wrongly_still_belongs_to_its_first_instruction(ada):
    first = ada.asks_ok(**supply(100), **ID)
    ada.is_refused("request_id_reused", **supply(5), **ID)
    assert ada.ask(**supply(100), **ID) == first


def test_on_a_view_a_request_id_only_correlates(supplied):
    supplied.asks_ok(**VIEW_WALLET, **ID)
    supplied.asks_ok(**supply(5), **ID)
    assert supplied.asks_ok(**VIEW_WALLET, **ID)["ewallet_data"]["credits"] == 105


@pytest.mark.parametrize(
    ("malformed", "code"),
    [(supply(0), "bad_value"), (supply(5, colour="red"), "unknown_argument"), ({"action": "supply"}, None)],
)
def test_what_was_refused_before_it_was_decided_is_not_remembered(ada, malformed, code):
    assert ada.ask(**malformed, **ID)["code"] == (code or "unknown_instruction")
    ada.asks_ok(**supply(5), **ID)
    assert ada.credits == 5


def test_what_was_refused_for_want_of_a_login_is_not_remembered(registered):
    registered.is_refused("not_logged_in", **supply(5), **ID)
    registered.logs_in().asks_ok(**supply(5), **ID)
    assert registered.credits == 5


def test_a_login_is_not_remembered(registered):
    registered.is_refused("login_refused", **login(password="wrong"), **ID)
    registered.asks_ok(**login(), **ID)
    registered.asks_ok(**LOGOUT, **ID)
    registered.asks_ok(**login(), **ID)
    assert registered.asks_ok(**VIEW_WALLET)["ewallet_data"]["credits"] == 0


def test_a_keep_alive_is_not_remembered(visitor, wallclock):
    first = visitor.asks_ok(**KEEP_SESSION_TOKEN, **ID)
    wallclock.forward(MINUTE)
    assert visitor.asks_ok(**KEEP_SESSION_TOKEN, **ID)["valid_to"] > first["valid_to"]


def test_an_answer_that_holds_a_secret_is_not_remembered(nobody, wallet_file):
    tokens = {nobody.asks_ok(**REQUEST_CLIENT_ID, **ID)["client_id"] for _ in range(2)}
    nobody.introduces_itself().asks_ok(**REQUEST_SESSION_TOKEN, **ID)
    assert len(tokens) == 2
    assert rows(wallet_file, "SELECT * FROM seen_requests") == []


def test_a_new_account_is_made_once(visitor):
    first = visitor.asks_ok(**new_account(), **ID)
    assert visitor.ask(**new_account(), **ID) == first


def test_a_new_account_is_made_once_across_a_restart(visitor, open_engine):
    first = visitor.asks_ok(**new_account(), **ID)
    visitor.engine.close()
    assert visitor.at(open_engine()).ask(**new_account(), **ID) == first


def test_a_new_password_is_set_once(ada):
    asked = edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD)
    first = ada.asks_ok(**asked, **ID)
    assert first["edit"]["user_pass"] is True
    assert ada.ask(**asked, **ID) == first
    ada.asks_ok(**login(password=ANOTHER_PASSWORD))


def test_another_password_is_not_another_request(ada):
    """What tells requests apart is kept, and a hash of a password that is kept with them would be a leak."""
    first = ada.asks_ok(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD), **ID)
    assert ada.ask(**edit_account(user_pass="a third password", old_pass="wrong"), **ID) == first
    ada.asks_ok(**login(password=ANOTHER_PASSWORD))


def test_no_password_is_kept_with_the_requests(ada, wallet_file):
    ada.asks_ok(**edit_account(user_pass=ANOTHER_PASSWORD, old_pass=PASSWORD), **ID)
    kept = str(rows(wallet_file, "SELECT * FROM seen_requests"))
    assert PASSWORD not in kept
    assert ANOTHER_PASSWORD not in kept
    assert "argon2" not in kept


def test_a_request_is_remembered_for_thirty_days(ada, wallclock):
    first = ada.asks_ok(**supply(100), **ID)
    wallclock.forward(30 * DAY - 1)
    later = EngineClient(ada.engine).opens_a_session().logs_in()
    assert later.ask(**supply(100), **ID) == first


def test_a_request_is_forgotten_after_thirty_days(ada, wallclock):
    ada.asks_ok(**supply(100), **ID)
    wallclock.forward(30 * DAY)
    later = EngineClient(ada.engine).opens_a_session().logs_in()
    later.asks_ok(**supply(100), **ID)
    assert later.credits == 200


def test_requests_that_are_forgotten_leave_the_file_when_an_engine_opens_it(
    ada, wallclock, open_engine, wallet_file
):
    ada.asks_ok(**supply(100), **ID)
    wallclock.forward(20 * DAY)
    later = EngineClient(ada.engine).opens_a_session().logs_in()
    later.asks_ok(**supply(5), request_id="request-0002")
    wallclock.forward(10 * DAY + 1)
    open_engine()
    kept = rows(wallet_file, "SELECT request_id FROM seen_requests")
    assert kept == [{"request_id": "request-0002"}]


def test_a_repetition_is_a_use_of_the_session(ada, wallclock):
    ada.asks_ok(**supply(100), **ID)
    for _ in range(4):
        wallclock.forward(20 * MINUTE)
        ada.asks_ok(**supply(100), **ID)
    assert ada.credits == 100


def test_a_repeated_logout_logs_nobody_else_out(ada):
    ada.registers("bob").logs_in("bob")
    once = {"action": "logout", "request_id": "logout-0001"}
    assert ada.asks_ok(**once) == ada.asks_ok(**once)
    assert ada.asks_ok(action="view", view="account")["account"] == "ada@example.org"


def test_a_worker_is_made_once(nobody, engine):
    once = {"controller": "system", "action": "new", "new": "worker", "request_id": "worker-0001"}
    assert nobody.asks_ok(**once) == nobody.asks_ok(**once)
    assert len(engine.workers) == 1


def test_arguments_that_do_not_go_together_occupy_no_request_id(converted):
    to_credits = {"action": "convert", "convert": "clock2credits", "request_id": "convert-0001"}
    converted.is_refused("arguments_clash", **to_credits)
    converted.asks_ok(**to_credits, credits=1)


@pytest.mark.parametrize("request_", [[], "text", None, 7])
def test_what_is_no_object_is_malformed(engine, request_):
    assert engine.answer(request_)["code"] == "malformed"


def test_a_malformed_request_gets_its_id_back(engine):
    answer = engine.answer({"client_id": 5, "request_id": "abcdefgh1"})
    assert (answer["code"], answer["request_id"]) == ("bad_value", "abcdefgh1")
