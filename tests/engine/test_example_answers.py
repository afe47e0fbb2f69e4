"""The answer of every instruction, carried out once at the point where it succeeds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import NotRequired, get_origin

import pytest
from answer_shapes import shape_errors
from answer_types import answer_type_errors
from arranged import Arranged, in_each
from each import for_each
from engine_client import SELECTORS, EngineClient
from example import Example
from examples import EXAMPLES
from examples_operators import VIEW_METRICS
from instructions import VIEW_ACCOUNT

from ewallet_core.instructions.envelope import Answer
from ewallet_core.instructions.registry import Access

pytestmark = pytest.mark.on_postgresql_too(every=40)

REQUEST_ID = {"request_id": "envelope-1"}


class Numbered:
    """Random bytes that repeat on every engine."""

    def __init__(self) -> None:
        self._count = count(1)

    def __call__(self, length: int) -> bytes:
        return next(self._count).to_bytes(length, "big")


@dataclass(frozen=True)
class CarriedOut(Arranged):
    """An example that is carried out when a test first looks at its answer."""

    twin: EngineClient
    """A client in the same situation, in another wallet."""
    _answers: dict[int, Answer]

    @property
    def answer(self) -> Answer:
        if (key := id(self.example)) not in self._answers:
            self._answers[key] = self.caller.request(**self.example.instruction, **REQUEST_ID)
        return self._answers[key]

    @property
    def plain_answer(self) -> Answer:
        """The answer without the request id, which is that of the request."""
        return {key: value for key, value in self.answer.items() if key not in REQUEST_ID}


@pytest.fixture(scope="module")
def arranged(request: pytest.FixtureRequest, arrange, wallet_checker) -> Iterator[CarriedOut]:
    """The example of the parameter, arranged once for all tests, each of which carries out the same."""
    with (
        arrange(request.param, randomness=Numbered()) as found,
        arrange(request.param, randomness=Numbered()) as twin,
    ):
        yield CarriedOut(found.example, found.caller, found.wallclock, found.url, twin.caller, {})
        assert wallet_checker.violations(found.url) == []


each_carried_out = in_each(EXAMPLES, changes_alone=True)


@each_carried_out
def test_an_answer_has_the_declared_types(carried_out):
    answer, found = carried_out.plain_answer, carried_out.example.found
    assert list(answer_type_errors(answer, found.answers)) == []
    if found.access is Access.ACCOUNT:
        newest = carried_out.caller.request(**VIEW_ACCOUNT)["event_sequence"]
        assert answer["event_sequence"] == newest
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@each_carried_out
def test_an_answer_has_exactly_the_keys_of_the_protocol(carried_out):
    expected = {"failed": False, **carried_out.example.answer}
    assert shape_errors(carried_out.plain_answer, expected) == []


@for_each({f"{example}, example {number}": example for number, example in enumerate(EXAMPLES)})
def test_the_declared_keys_are_those_of_the_protocol(example):
    declared = example.found.answers
    required = {key for key, kind in declared.items() if get_origin(kind) is not NotRequired}
    assert required <= set(example.answer) <= set(declared)


def in_envelope(caller: EngineClient, example: Example) -> dict[str, object]:
    return {
        "header": {**caller.credentials, **REQUEST_ID, "src_address": "10.0.0.1", "src_port": 1},
        "command_chain": {**SELECTORS, **example.instruction},
    }


@each_carried_out
def test_flat_and_enveloped_requests_get_the_same_answer(carried_out):
    example, twin = carried_out.example, carried_out.twin
    answer = twin.engine.answer(in_envelope(twin, example))
    if example.instruction == VIEW_METRICS:
        # They tell how long each request took.
        assert answer.keys() == carried_out.answer.keys()
    else:
        assert answer == carried_out.answer


@in_each(example for example in EXAMPLES if example.optional and not example.found.changes)
def test_an_optional_argument_of_a_view_does_not_change_the_keys_of_the_answer(arranged):
    example = arranged.example
    for option, value in example.optional.items():
        answer = arranged.caller.send(**example.instruction, **{option: value})
        assert shape_errors(answer, {"failed": False, **example.answer}) == [], option


@pytest.mark.parametrize(
    ("example", "option"),
    [
        pytest.param(example, option, id=f"{example} with {option}")
        for example in EXAMPLES
        if example.found.changes
        for option in example.optional
    ],
)
def test_an_optional_argument_of_a_change_does_not_change_the_keys_of_the_answer(at_example, example, option):
    answer = at_example.send(**example.instruction, **{option: example.optional[option]})
    assert shape_errors(answer, {"failed": False, **example.answer}) == []
