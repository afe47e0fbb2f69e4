"""The forms of a request, and what its answer tells."""

from __future__ import annotations

import pytest
from engine_client import SELECTORS
from example import bring
from examples import EXAMPLES
from fakes import SECOND
from instructions import START, STOP, VIEW_CLOCK, VIEW_WALLET, supply, view_list

from ewallet_core.handlers import REGISTRY


def test_there_is_an_example_of_every_form_of_every_instruction():
    shown = [SELECTORS | example.instruction for example in EXAMPLES]
    forms = [form for instruction in REGISTRY for form in instruction.forms]
    assert [form for form in forms if not any(form.items() <= example.items() for example in shown)] == []


def test_there_is_an_example_of_every_argument_of_every_instruction():
    for instruction in REGISTRY:
        form = instruction.forms[0].items()
        fitting = [example for example in EXAMPLES if form <= (SELECTORS | example.instruction).items()]
        shown = {name for example in fitting for name in (*example.arguments, *example.optional)}
        secret = {"user_pass", "old_pass", "ctoken", "stoken", "client_id", "session_token"}
        assert set(instruction.arguments) - shown <= secret, instruction.name


@pytest.mark.parametrize("request_id", ["carry me back", None])
def test_an_answer_has_the_request_id_of_its_request(ada, request_id):
    for instruction in (VIEW_WALLET, supply(), supply(0)):
        assert ada.send(**instruction, request_id=request_id).get("request_id") == request_id


def test_the_session_manager_controller_accepts_keywords(engine):
    answer = engine.session_manager_controller(**SELECTORS, action="request", request="client_id")
    assert answer["failed"] is False


def test_an_argument_named_self_is_answered(engine):
    answer = engine.session_manager_controller(**SELECTORS, action="request", request="client_id", self=1)
    assert answer["code"] == "unknown_argument"


@pytest.mark.parametrize("printed", [{"pause": "clock_timer"}, {"stop": "clock_timer"}], ids=str)
def test_stop_is_accepted_with_both_selectors(supplied, printed):
    supplied.request(action="convert", convert="credits2clock", credits=1)
    supplied.request(**START)
    supplied.request(action="stop", **printed)
    assert supplied.clock["clock_state"] == "inactive"


@pytest.mark.parametrize("printed", [{"pause": "clock_timer"}, {"resume": "clock_timer"}], ids=str)
def test_resume_is_accepted_with_both_selectors(anonymous, wallclock, printed):
    caller = bring(anonymous, "paused", wallclock)
    caller.request(action="resume", **printed)
    assert caller.clock["clock_state"] == "active"


def test_a_wallet_can_be_viewed_as_wallet_or_ewallet(supplied):
    answers = [supplied.request(**{**VIEW_WALLET, "credit": word}) for word in ("wallet", "ewallet")]
    assert answers[0] == answers[1]


def test_other_keys_of_the_header_are_ignored(supplied, bob):
    answer = bob.engine.answer(
        {
            "header": {**bob.credentials, "loggin_user": 2, "session_id": 1, "src_address": "10.0.0.1"},
            "command_chain": {**SELECTORS, **VIEW_WALLET},
        }
    )
    assert answer["ewallet_data"]["credits"] == 0


def test_credentials_are_accepted_in_the_command_chain_of_an_envelope(supplied):
    chain = {**SELECTORS, **supplied.credentials, **VIEW_WALLET}
    assert supplied.engine.answer({"command_chain": chain})["ewallet_data"]["credits"] == 100


def test_an_argument_of_none_counts_as_absent(ada):
    ada.request(**supply(5, notes=None))
    assert ada.records("invoice")[0]["notes"] == ""


def test_a_repeated_view_at_the_same_time_is_equal(anonymous, wallclock):
    caller = bring(anonymous, "running", wallclock)
    assert caller.send(**VIEW_CLOCK) == caller.send(**VIEW_CLOCK)


def test_pages_of_a_list_are_consecutive(ada):
    for credits in (1, 2, 3, 4, 5):
        ada.request(**supply(credits))
    pages, cursor = [], {}
    for _ in range(3):
        page = ada.request(**view_list("transfer", limit=2, **cursor))["sheet_data"]
        pages.append([row["credits"] for row in page["rows"]])
        cursor = {"before": page["next"]}
    assert pages == [[5, 4], [3, 2], [1]]
    assert page["next"] is None


def test_the_last_full_page_has_no_next_cursor(ada):
    for credits in (1, 2):
        ada.request(**supply(credits))
    assert ada.request(**view_list("transfer", limit=2))["sheet_data"]["next"] is None


def test_a_list_names_its_records_in_the_order_of_its_rows(ada):
    for credits in (1, 2, 3):
        ada.request(**supply(credits))
    sheet = ada.request(**view_list("invoice"))["sheet_data"]
    assert list(sheet["records"]) == [str(row["id"]) for row in sheet["rows"]]
    assert list(sheet["records"].values()) == ["Invoice 3", "Invoice 2", "Invoice 1"]
    assert sheet["record_count"] == 3


def test_a_list_has_a_hundred_records_by_default(ada):
    for _ in range(101):
        ada.request(**supply(1))
    assert len(ada.records("transfer")) == 100
    assert len(ada.request(**view_list("transfer", limit=1000))["sheet_data"]["rows"]) == 101


def test_a_stop_answers_the_record_that_it_wrote(anonymous, wallclock):
    caller = bring(anonymous, "running", wallclock)
    wallclock.forward(21 * SECOND)
    answer = caller.request(**STOP)
    assert caller.records("time") == [answer["record_data"]]
    assert (answer["time_record"], answer["minutes_spent_ms"]) == (1, 21 * SECOND)
