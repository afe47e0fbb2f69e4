"""Every request gets an answer: nothing raises, and every answer can be encoded as JSON."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from answer_shapes import ERROR_ANSWER, shape_errors
from engine_client import SELECTORS, EngineClient
from examples_system import cleanup
from fakes import CHEAP, Wallclock
from hypothesis import given, settings
from hypothesis import strategies as st
from instructions import NEW_SESSION

from ewallet_core import EWalletSessionManager
from ewallet_core.handlers import REGISTRY, SESSION_REGISTRY
from ewallet_core.handlers.session_maps import WORKER_REGISTRY
from ewallet_core.instructions.registry import InstructionRegistry

DEEP = 1_000
HUGE = 10**5_000


def nested(depth: int):
    found: object = "deep"
    for _ in range(depth):
        found = [found]
    return found


class Hostile:
    """A value whose repr and comparison raise."""

    def __repr__(self) -> str:
        raise ValueError("not to be shown")

    def __eq__(self, other: object) -> bool:
        raise ValueError("not to be compared")

    __hash__ = object.__hash__


ODD = {
    "a huge number": HUGE,
    "minus a huge number": -HUGE,
    "no number": float("nan"),
    "endless": float("inf"),
    "bytes": b"bytes",
    "a set": {"a", "set"},
    "an object": object(),
    "hostile": Hostile(),
    "depth": nested(DEEP),
    "half a character": "\ud800",
    "a NUL": "nul\x00",
    "length": "x" * 100_000,
    "keys that are no text": {1: 2, None: 3},
    "a tuple": (1, 2),
    "a complex number": 1 + 2j,
}


@dataclass(frozen=True)
class Odd:
    """The name of an odd value, for values that Hypothesis can't print."""

    name: str


def with_odd_values(drawn: Any) -> Any:
    if isinstance(drawn, Odd):
        return ODD[drawn.name]
    if isinstance(drawn, dict):
        return {with_odd_values(key): with_odd_values(value) for key, value in drawn.items()}
    return [with_odd_values(value) for value in drawn] if isinstance(drawn, list) else drawn


odd_values = st.builds(Odd, st.sampled_from(sorted(ODD)))
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | odd_values
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)
WORDS = sorted(
    {
        word
        for registry in (REGISTRY, SESSION_REGISTRY, WORKER_REGISTRY)
        for instruction in registry
        for form in instruction.forms
        for word in (*form, *form.values(), *instruction.arguments)
    }
)
names = st.sampled_from(
    [*WORDS, "self", "client_id", "session_token", "request_id", "header", "command_chain"]
)
keys = st.none() | st.integers() | st.floats() | st.text() | st.binary()
anything = st.dictionaries(names | st.text(), values | st.sampled_from(WORDS), max_size=8)


def known(registry: InstructionRegistry):
    """Requests that select an instruction, with arbitrary arguments."""

    @st.composite
    def draw_known(draw):
        instruction = draw(st.sampled_from(list(registry)))
        own = {
            name: draw(values) for name in draw(st.sets(st.sampled_from([*instruction.arguments, "self"])))
        }
        return {**own, **draw(st.sampled_from(instruction.forms))}

    return draw_known()


def enveloped(requests):
    return st.fixed_dictionaries({"header": anything | values, "command_chain": requests})


def requests_for(registry: InstructionRegistry):
    flat = anything | known(registry)
    return flat | enveloped(flat | values)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory):
    file: Path = tmp_path_factory.mktemp("any") / "wallet.sqlite3"
    with EWalletSessionManager(f"sqlite:///{file}", clock=Wallclock(), passwords=CHEAP) as engine:
        caller = EngineClient(engine).open_session()
        caller.register().log_in().request(**NEW_SESSION)
        yield engine


def assert_is_an_answer(answer: object, request: object = None) -> None:
    assert isinstance(answer, dict)
    # A value that can't be compared is an internal error; every other value is refused as invalid.
    assert answer.get("code") != "engine_failed" or repr(Odd("hostile")) in repr(request)
    assert msgspec.json.decode(msgspec.json.encode(answer)) == answer
    if answer["failed"] is not False:
        shown = {name: value for name, value in answer.items() if name != "request_id"}
        assert shape_errors(shown, ERROR_ANSWER) == []


@settings(max_examples=300, deadline=None)
@given(request=requests_for(REGISTRY))
def test_the_session_manager_answers_arbitrary_requests(engine, request):
    assert_is_an_answer(engine.session_manager_controller(**with_odd_values(request)), request)


@settings(max_examples=150, deadline=None)
@given(request=requests_for(SESSION_REGISTRY))
def test_a_session_answers_arbitrary_requests(engine, request):
    live = max(engine.sessions.values(), key=lambda session: session.id, default=None)
    if live is None:
        EngineClient(engine).request(**NEW_SESSION)
    else:
        assert_is_an_answer(live.ewallet_controller(**with_odd_values(request)), request)


@settings(max_examples=150, deadline=None)
@given(request=requests_for(WORKER_REGISTRY))
def test_a_worker_answers_arbitrary_requests(engine, request):
    if not engine.workers:
        EngineClient(engine).request(**NEW_SESSION)
    assert_is_an_answer(
        next(iter(engine.workers.values())).main_controller(**with_odd_values(request)), request
    )


@settings(max_examples=150, deadline=None)
@given(request=values | st.dictionaries(keys, values))
def test_a_request_that_is_no_instruction_is_answered(engine, request):
    assert_is_an_answer(engine.answer(with_odd_values(request)), request)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_value_is_refused_and_logged_as_no_error(engine, name, caplog):
    odd = ODD[name]
    instruction = {**SELECTORS, "action": "request", "request": "client_id"}
    for request in (
        {**SELECTORS, "action": odd},
        {**instruction, "controller": odd},
        {**instruction, "request": odd},
        {**instruction, "colour": odd},
        {"ctype": "action", **cleanup("sessions"), "session_id": odd},
    ):
        if isinstance(odd, Hostile) and "colour" not in request and "session_id" not in request:
            continue
        with caplog.at_level(logging.ERROR, "ewallet_core"):
            answer = engine.answer(request)
        assert_is_an_answer(answer)
        assert answer["code"] in ("unknown_instruction", "unknown_argument", "bad_value"), answer
    assert caplog.records == []


@pytest.mark.parametrize("key", [1, None, b"bytes", ("a", "tuple"), "\ud800", "nul\x00", "k" * 101], ids=repr)
def test_a_key_must_be_printable_text_of_limited_length(engine, key):
    instruction = {**SELECTORS, "action": "request", "request": "client_id"}
    for request in (
        {**instruction, key: 1},
        {"header": {key: 1}, "command_chain": instruction},
        {"command_chain": {**instruction, key: 1}},
        {"command_chain": instruction, key: 1},
    ):
        answer = engine.answer(request)
        assert_is_an_answer(answer)
        assert answer["code"] == "malformed"
