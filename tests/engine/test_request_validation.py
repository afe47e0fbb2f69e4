"""Invalid requests: unknown instructions, wrong arguments, missing credentials."""

from __future__ import annotations

import pytest
from answer_shapes import ERROR_ANSWER, shape_errors
from engine_client import SELECTORS
from instructions import (
    KEEP_SESSION_TOKEN,
    LOGOUT,
    REQUEST_CLIENT_ID,
    REQUEST_SESSION_TOKEN,
    VIEW_ACCOUNT,
    VIEW_WALLET,
    supply,
)

from ewallet_core.handlers import REGISTRY


def test_a_session_token_is_invalid_with_another_client_id(supplied, bob, nothing_changes):
    nothing_changes()
    stolen = {**supplied.credentials, "client_id": bob.credentials["client_id"]}
    bob.expect_error("session_unknown", **VIEW_WALLET, **stolen)


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [
        ({"action": "vew", "view": "account"}, "client action view account"),
        ({"action": "view", "view": "acount"}, "client action view account"),
        ({"action": "view", "view": "time", "time": "lst"}, "client action view time list"),
        ({"action": "start", "start": "timer"}, "client action start clock_timer"),
        ({"action": "resume"}, "client action resume clock_timer"),
        ({"controller": "system", "action": "new", "new": "sesion"}, "system action new session"),
        ({"ctype": "event", "action": "login"}, "client action login"),
        ({"action": ["login"]}, "client action login"),
        ({"action": None}, None),
        ({"action": "view", "view": "credit", "credit": {"wallet": 1}}, "client action view credit ewallet"),
    ],
    ids=str,
)
def test_unknown_selectors_are_answered_with_the_nearest_instructions(
    visitor, nothing_changes, asked, nearest
):
    nothing_changes()
    answer = visitor.expect_error("unknown_instruction", **asked)
    assert nearest is None or nearest in answer["details"]["nearest"]
    assert all(path in answer["warning"] for path in answer["details"]["nearest"])


def test_an_instruction_is_found_by_its_path_with_a_mistake_in_each_later_word():
    for name in [found.name for found in REGISTRY]:
        first, *rest = name.split()
        mistaken = " ".join([first, *(f"{word[:2]}{word[3:]}" for word in rest)])
        assert name in REGISTRY.nearest(mistaken), mistaken


@pytest.mark.parametrize(
    "request_",
    [
        {"header": {}},
        {"header": {}, "command_chain": None},
        {"header": [], "command_chain": {}},
        {"header": {}, "command_chain": "login"},
    ],
    ids=str,
)
def test_an_incomplete_envelope_is_refused(engine, request_):
    answer = engine.answer(request_)
    assert answer["code"] == "malformed"
    assert shape_errors(answer, ERROR_ANSWER) == []


def test_an_unknown_key_of_the_header_is_named(engine):
    chain = SELECTORS | REQUEST_CLIENT_ID
    answer = engine.answer({"header": {"colour": "red"}, "command_chain": chain})
    assert answer["code"] == "unknown_argument"
    assert answer["details"]["field"] == "colour"


def test_an_unknown_key_of_the_envelope_is_named(engine):
    answer = engine.answer({"header": {}, "command_chain": SELECTORS | REQUEST_CLIENT_ID, "colour": "red"})
    assert answer["code"] == "unknown_argument"
    assert answer["details"]["field"] == "colour"


@pytest.mark.parametrize("name", ["client_id", "session_token", "request_id"])
@pytest.mark.parametrize("value", [1, ["x"], {}], ids=repr)
def test_credentials_must_be_text(ada, nothing_changes, name, value):
    nothing_changes()
    answer = ada.expect_error("bad_value", **{**supply(), name: value})
    assert answer["details"] == {"field": name}


@pytest.mark.parametrize(
    "request_id", ["", "7 chars", "r" * 129, "\ud800" * 8, "request\udfff", "nul\x00nul\x00"], ids=repr
)
def test_a_request_id_must_have_8_to_128_storable_characters(ada, nothing_changes, request_id):
    nothing_changes()
    answer = ada.expect_error("bad_value", **supply(), request_id=request_id)
    assert answer["details"] == {"field": "request_id"}


@pytest.mark.parametrize("request_id", ["8 chars.", "r" * 128, "ⓡequest 1", "\ud7ff\ue000" * 4])
def test_a_request_id_at_its_limit_is_accepted(ada, request_id):
    assert ada.request(**supply(), request_id=request_id)["request_id"] == request_id


@pytest.mark.parametrize("token", ["\ud800", "nul\x00", "", "x" * 10_000], ids=lambda token: repr(token[:9]))
def test_a_malformed_token_is_unknown(visitor, token):
    visitor.expect_error("session_unknown", **KEEP_SESSION_TOKEN, session_token=token)


def test_a_client_id_alone_gives_no_session_token(supplied, nothing_changes):
    nothing_changes()
    supplied.expect_error("session_token_exists", **{**REQUEST_SESSION_TOKEN, "session_token": None})
    supplied.expect_error("session_token_exists", **{**REQUEST_SESSION_TOKEN, "session_token": "guessed"})


def test_a_closed_engine_answers_engine_closed(engine, open_engine, ada):
    closed = open_engine()
    closed.close()
    for instruction in (VIEW_ACCOUNT, LOGOUT):
        ada.at(closed).expect_error("engine_closed", **instruction)


def test_an_unknown_selector_value_is_not_repeated_in_the_answer(anonymous):
    answer = anonymous.expect_error("unknown_instruction", action="user_pass", user_pass="hunter2 secret")
    assert "hunter2" not in answer["error"] + answer["warning"]
