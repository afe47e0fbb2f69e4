"""Whatever is sent, it is answered: nothing raises, and every answer can go over a wire."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from answer_shapes import REFUSAL, misfits
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


class Spiteful:
    """Something that can be neither shown nor compared."""

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
    "spite": Spiteful(),
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
    """Stands for an odd value, of which some can't even be shown."""

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
        for asked in registry
        for form in asked.forms
        for word in (*form, *form.values(), *asked.arguments)
    }
)
names = st.sampled_from(
    [*WORDS, "self", "client_id", "session_token", "request_id", "header", "command_chain"]
)
keys = st.none() | st.integers() | st.floats() | st.text() | st.binary()
anything = st.dictionaries(names | st.text(), values | st.sampled_from(WORDS), max_size=8)


def known(registry: InstructionRegistry):
    """Requests that pick an instruction, with whatever for arguments."""

    @st.composite
    def draw_known(draw):
        asked = draw(st.sampled_from(list(registry)))
        own = {name: draw(values) for name in draw(st.sets(st.sampled_from([*asked.arguments, "self"])))}
        return {**own, **draw(st.sampled_from(asked.forms))}

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
        caller = EngineClient(engine).opens_a_session()
        caller.registers().logs_in().asks_ok(**NEW_SESSION)
        yield engine


def must_be_an_answer(answer: object, request: object = None) -> None:
    assert isinstance(answer, dict)
    # What can't even be compared is a fault; all else is refused for what it is.
    assert answer.get("code") != "engine_failed" or repr(Odd("spite")) in repr(request)
    assert msgspec.json.decode(msgspec.json.encode(answer)) == answer
    if answer["failed"] is not False:
        shown = {name: value for name, value in answer.items() if name != "request_id"}
        assert misfits(shown, REFUSAL) == []


@settings(max_examples=300, deadline=None)
@given(request=requests_for(REGISTRY))
def test_the_session_manager_answers_whatever_it_is_asked(engine, request):
    must_be_an_answer(engine.session_manager_controller(**with_odd_values(request)), request)


@settings(max_examples=150, deadline=None)
@given(request=requests_for(SESSION_REGISTRY))
def test_a_session_answers_whatever_it_is_asked(engine, request):
    live = max(engine.sessions.values(), key=lambda session: session.id, default=None)
    if live is None:
        EngineClient(engine).asks_ok(**NEW_SESSION)
    else:
        must_be_an_answer(live.ewallet_controller(**with_odd_values(request)), request)


@settings(max_examples=150, deadline=None)
@given(request=requests_for(WORKER_REGISTRY))
def test_a_worker_answers_whatever_it_is_asked(engine, request):
    if not engine.workers:
        EngineClient(engine).asks_ok(**NEW_SESSION)
    must_be_an_answer(
        next(iter(engine.workers.values())).main_controller(**with_odd_values(request)), request
    )


@settings(max_examples=150, deadline=None)
@given(request=values | st.dictionaries(keys, values))
def test_a_request_that_is_no_instruction_at_all_is_answered(engine, request):
    must_be_an_answer(engine.answer(with_odd_values(request)), request)


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_refused_as_what_it_is_and_is_no_fault_of_the_engine(engine, name, caplog):
    odd = ODD[name]
    asked = {**SELECTORS, "action": "request", "request": "client_id"}
    for request in (
        {**SELECTORS, "action": odd},
        {**asked, "controller": odd},
        {**asked, "request": odd},
        {**asked, "colour": odd},
        {"ctype": "action", **cleanup("sessions"), "session_id": odd},
    ):
        if isinstance(odd, Spiteful) and "colour" not in request and "session_id" not in request:
            continue
        with caplog.at_level(logging.ERROR, "ewallet_core"):
            answer = engine.answer(request)
        must_be_an_answer(answer)
        assert answer["code"] in ("unknown_instruction", "unknown_argument", "bad_value"), answer
    assert caplog.records == []


@pytest.mark.parametrize("key", [1, None, b"bytes", ("a", "tuple"), "\ud800", "nul\x00", "k" * 101], ids=repr)
def test_a_key_is_text_that_can_be_repeated(engine, key):
    asked = {**SELECTORS, "action": "request", "request": "client_id"}
    for request in (
        {**asked, key: 1},
        {"header": {key: 1}, "command_chain": asked},
        {"command_chain": {**asked, key: 1}},
        {"command_chain": asked, key: 1},
    ):
        answer = engine.answer(request)
        must_be_an_answer(answer)
        assert answer["code"] == "malformed"
