"""The requests of the original system's client are understood, in every way in which they can come."""

from __future__ import annotations

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_operators import VIEW_ISSUES, grant
from examples_system import start_cleaner
from instructions import (
    KEEP_CLIENT_ID,
    KEEP_SESSION_TOKEN,
    NEW_SESSION,
    REQUEST_CLIENT_ID,
    REQUEST_SESSION_TOKEN,
    VIEW_CLOCK,
    VIEW_WALLET,
)
from original_requests import original_requests

from ewallet_core.operations.context import EngineConfig

NOT_UNDERSTOOD = {
    "malformed",
    "unknown_instruction",
    "unknown_argument",
    "missing_argument",
    "arguments_clash",
    "bad_value",
    "engine_failed",
}
# A password is changed and an account deleted or recovered only with its password.
PASSWORD_NEEDED = {
    ("client edit account", "missing_argument", "old_pass"),
    ("client recover account", "missing_argument", "user_pass"),
    ("client unlink account", "missing_argument", "user_pass"),
}
# In a flat request it is not clear whether the caller's own tokens are meant.
WHOSE_TOKENS = {
    ("system cleanup ctokens", "arguments_clash", None),
    ("system cleanup stokens", "arguments_clash", None),
}
AWAY = "198.51.100.7"


@pytest.fixture
def config() -> EngineConfig:
    return EngineConfig(self_supply=True)


def not_understood(make_caller, *, in_process: bool) -> set[tuple[str, str, str | None]]:
    """What was not understood: the instruction, the code and the field."""
    found = set()
    for request in original_requests(in_process=in_process):
        for instruction in request.instructions():
            caller = make_caller(instruction["controller"])
            flat = {"ctype": "action", **caller.credentials, **instruction}
            answer = caller.engine.answer(flat, caller.address)
            if answer.get("code") in NOT_UNDERSTOOD:
                found.add((str(request), answer["code"], answer["details"].get("field")))
    return found


def test_every_request_is_understood_from_a_program_in_the_same_process(engine, ada, bob):
    program = EngineClient(engine)

    def make_caller(controller: str) -> EngineClient:
        return program if controller == "system" else EngineClient(engine).open_session().log_in()

    assert not_understood(make_caller, in_process=True) == PASSWORD_NEEDED


def test_every_request_is_understood_from_a_client_elsewhere(engine, ada, bob):
    ada.request(**grant("operator"))

    def make_caller(_controller: str) -> EngineClient:
        return EngineClient(engine, address=AWAY).open_session().log_in()

    assert not_understood(make_caller, in_process=False) == PASSWORD_NEEDED | WHOSE_TOKENS


@pytest.mark.parametrize("verb", ["new", "view", "switch", "edit", "unlink"])
@pytest.mark.parametrize("word", ["ewallet", "clock"])
def test_the_id_of_a_wallet_or_clock_has_its_short_name_too(ada, verb, word):
    item = {"action": verb, verb: "credit", "credit": word}
    if verb != "view":
        made = ada.request(action="new", new="credit", credit=word)[word]
        item |= {} if verb == "new" else {f"{word}_id": made}
    answer = ada.request(**item, **({"reference": "Another"} if verb == "edit" else {}))
    assert answer[word] == answer[f"credit_{word}"] > 0


def test_credits_and_minutes_may_be_text(supplied):
    convert = {"action": "convert", "convert": "credits2clock"}
    assert supplied.request(**convert, credits="10")["converted_credits"] == 10
    back = {"action": "convert", "convert": "clock2credits"}
    assert supplied.request(**back, minutes="4")["converted_minutes"] == 4.0


# Tokens


def test_keeping_tokens_alive_answers_what_is_known_of_them(ada, wallclock):
    dated = {"create_date": "2026-11-20T12:00:00.000Z", "write_date": "2026-11-20T12:00:00.000Z"}
    wallclock.forward(60_000)
    extended = {"active": True, "unlink": False, "valid_to": "2026-11-20T12:31:00.000Z"}
    client_id, token = ada.credentials["client_id"], ada.credentials["session_token"]
    first = ada.request(**KEEP_CLIENT_ID)
    assert first["ctoken_data"] == {"label": client_id, "stoken": token, **extended, **dated}
    second = ada.request(**KEEP_SESSION_TOKEN)
    expected = {"label": token, "ctoken": client_id, "worker_id": 1, **extended}
    assert {key: second["stoken_data"][key] for key in expected} == expected


@pytest.mark.parametrize("aspect", ["validity", "linked", "session", "status"])
def test_verifying_a_token_answers_what_is_known_of_it(ada, aspect):
    kept = {"ctoken": ada.request(**KEEP_CLIENT_ID), "stoken": ada.request(**KEEP_SESSION_TOKEN)}
    for token, answer in kept.items():
        verified = ada.request(action="verify", verify=token, **{token: aspect})
        assert verified[f"{token}_data"] == answer[f"{token}_data"]


def test_a_session_without_a_client_has_no_data_of_a_client_id(anonymous):
    number = anonymous.request(**NEW_SESSION)["ewallet_session"]
    session = anonymous.engine.sessions[number]
    verify = {"controller": "client", "ctype": "action", "action": "verify", "verify": "ctoken"}
    answer = session.ewallet_controller(**verify, ctoken="validity")
    assert answer["failed"] is True or answer["ctoken_data"] is None


@pytest.mark.parametrize("request_", [REQUEST_CLIENT_ID, REQUEST_SESSION_TOKEN], ids=str)
def test_the_end_that_a_client_names_for_its_token_has_no_effect(anonymous, wallclock, wallet_url, request_):
    anonymous.request_client_id()
    anonymous.request(**request_, expires_on="2030-01-01 00:00:00")
    ends = rows(wallet_url, "SELECT max(expires_at) AS latest FROM client_ids")[0]["latest"]
    assert ends == wallclock.now + 30 * 60_000


@pytest.mark.parametrize("sent", [1, True, [], {}, "", "x" * 65, "nul\x00"], ids=repr)
def test_the_end_that_a_client_names_is_a_time_or_a_short_text(anonymous, sent):
    anonymous.expect_error("bad_value", **REQUEST_CLIENT_ID, expires_on=sent)


# Issues


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        ("It did so.", "It did so."),
        (["a", 1, None], '["a",1,null]'),
        ({"level": {"user": True}}, '{"level":{"user":true}}'),
        (12.5, "12.5"),
        (False, "false"),
    ],
    ids=str,
)
def test_the_details_of_an_issue_may_be_any_json(ada, details, shown):
    ada.request(action="report", report="issue", issue={"name": "n", "details": details})
    assert ada.request(**VIEW_ISSUES)["issues"][0]["details"] == shown


@pytest.mark.parametrize("details", [["d" * 10_000], "d" * 10_001, ["\ud800"], {1, object()}], ids=type)
def test_details_that_are_too_long_or_no_json_are_refused(ada, details):
    issue = {"name": "n", "details": details}
    answer = ada.expect_error("bad_value", action="report", report="issue", issue=issue)
    assert answer["details"] == {"field": "issue.details"}


# What the system asks


def test_a_session_of_the_system_is_called_as_it_was_asked_and_has_a_worker(anonymous):
    opened = anonymous.request(**NEW_SESSION, reference="Kiosk 3")
    assert (opened["reference"], opened["worker"]) == ("Kiosk 3", 1)
    session_id = opened["ewallet_session"]
    shown = anonymous.request(
        controller="system", action="interogate", interogate="session", session_id=session_id
    )
    assert (shown["reference"], shown["worker"]) == ("Kiosk 3", 1)


@pytest.mark.parametrize(("sent", "name"), [("workers", "worker"), ("ctoken", "ctoken"), ("history",) * 2])
def test_a_cleaner_may_be_named_by_clean_and_in_the_plural(anonymous, sent, name):
    started = anonymous.request(controller="system", action="start", start="cleaner", clean=sent)
    assert (started["cleaner"], started["running"]) == (name, [name])
    anonymous.request(controller="system", action="stop", stop="cleaner", clean=sent)


def test_a_cleaner_is_named_once(anonymous):
    anonymous.expect_error("arguments_clash", **start_cleaner("all"), clean="all")
    anonymous.expect_error("arguments_clash", controller="system", action="start", start="cleaner")


def test_the_listener_has_its_short_name(anonymous):
    started = anonymous.request(controller="system", action="start", start="listener")
    assert started["listener"] == "ready"


def test_the_request_of_an_account_that_leaves_may_ask_for_removal_now_and_still_waits(ada, wallet_url):
    unlink = {"action": "unlink", "unlink": "account", "user_pass": "rubber duck tune"}
    answer = ada.request(**unlink, forced_removal=True)
    assert answer["to_unlink_timestamp"] == "2026-12-20T12:00:00.000Z"
    assert rows(wallet_url, "SELECT state FROM accounts WHERE id = 2") == [{"state": "unlink_pending"}]


def test_the_wallet_and_the_clock_are_viewed_with_both_names(converted):
    assert converted.request(**VIEW_WALLET)["ewallet"] == 2
    assert converted.request(**VIEW_CLOCK)["clock"] == 2
