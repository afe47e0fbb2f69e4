"""The catalogue walked from end to end: what it declares is what is answered, and no more is let in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from answer_types import departures_of_answer
from engine_client import SELECTORS, EngineClient
from example import Example
from examples import EXAMPLES

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.registry import Access
from ewallet_core.instructions.validation import meta_of

each_example = pytest.mark.parametrize("example", EXAMPLES, ids=str)
IDS = ("_id", "record", "contact_sheet", "contact_list")


def limits(example: Example, argument: str) -> Any:
    return meta_of(example.found.arguments[argument].type)


def beyond(example: Example, argument: str) -> Iterator[Any]:
    """Values just outside the argument's limits."""
    meta = limits(example, argument)
    if meta.ge is not None:
        yield meta.ge - 1
    if meta.le is not None:
        yield meta.le + 1
    if meta.min_length:
        yield "x" * (meta.min_length - 1)
    if meta.max_length is not None:
        yield "x" * (meta.max_length + 1)
    if meta.pattern is not None:
        yield "\n"


def every_argument() -> Iterator[Any]:
    for example in EXAMPLES:
        for argument in (*example.arguments, *example.optional):
            if list(beyond(example, argument)):
                yield pytest.param(example, argument, id=f"{example} / {argument}")


def with_ids() -> Iterator[Any]:
    for example in EXAMPLES:
        ids = [name for name in (*example.arguments, *example.optional) if name.endswith(IDS)]
        # What the program itself asks is about everybody.
        if ids and example.access is Access.ACCOUNT:
            for name in ids:
                yield pytest.param(example, name, id=f"{example} / {name}")


@each_example
def test_the_answer_is_what_the_catalogue_declares(nobody, wallclock, example):
    answer = example.arrange(nobody, wallclock).asks_ok(**example.instruction)
    assert list(departures_of_answer(answer, example.found.answers)) == []


@each_example
def test_what_is_declared_is_what_the_documents_say(example):
    assert set(example.found.answers) == set(example.answer)


@pytest.mark.parametrize(("example", "argument"), every_argument())
def test_a_value_just_beyond_a_limit_is_refused(nobody, wallclock, nothing_changes, example, argument):
    caller = example.arrange(nobody, wallclock)
    nothing_changes()
    for value in beyond(example, argument):
        answer = caller.is_refused("bad_value", **{**example.instruction, argument: value})
        assert answer["details"] == {"field": argument}


@pytest.mark.parametrize(("example", "argument"), every_argument())
def test_a_value_at_a_limit_is_not_refused_for_it(nobody, wallclock, example, argument):
    caller = example.arrange(nobody, wallclock)
    meta = limits(example, argument)
    for value in (meta.ge, meta.le):
        if value is not None:
            answer = caller.ask(**{**example.instruction, argument: value})
            assert answer.get("code") not in ("bad_value", "engine_failed", "storage_failed"), answer


@pytest.mark.parametrize(("example", "argument"), with_ids())
def test_what_is_somebody_elses_is_answered_as_what_is_not_there(
    nobody, wallclock, nothing_changes, example, argument
):
    owner = example.arrange(nobody, wallclock)
    stranger = EngineClient(owner.engine).opens_a_session().registers("bob").logs_in("bob")
    asked = {**example.instruction, argument: {**example.instruction, **example.optional}[argument]}
    nothing_changes()
    theirs = stranger.is_refused("not_found", **asked)
    nowhere = stranger.is_refused("not_found", **{**asked, argument: 999_999})
    assert theirs == nowhere


@each_example
def test_an_answer_is_json_and_reads_back_the_same(nobody, wallclock, example):
    answer = example.arrange(nobody, wallclock).asks_ok(**example.instruction)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@pytest.mark.parametrize("instruction", list(REGISTRY), ids=lambda found: found.name)
def test_an_instruction_says_what_it_does_in_a_sentence(instruction):
    said = instruction.carry_out.__doc__ or ""
    assert said.partition("\n")[0].endswith(".")


@pytest.mark.parametrize("instruction", list(REGISTRY), ids=lambda found: found.name)
def test_every_argument_has_words_and_an_example_that_is_accepted(instruction):
    shown = {}
    for name, argument in instruction.arguments.items():
        meta = meta_of(argument.type)
        assert meta.description, name
        assert meta.examples, name
        if argument.required:
            shown[name] = meta.examples[0]
    found, arguments = REGISTRY.find(SELECTORS | dict(instruction.forms[0]) | shown)
    assert found is instruction
    assert arguments == shown
