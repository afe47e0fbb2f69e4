"""Every registered instruction: answers have the declared types, and values beyond the limits are refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NotRequired, get_origin

import pytest
from answer_types import answer_type_errors
from engine_client import SELECTORS, EngineClient
from example import Example
from examples import EXAMPLES
from instructions import VIEW_ACCOUNT

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.envelope import VIEW_ACTIONS
from ewallet_core.instructions.registry import Access
from ewallet_core.instructions.validation import is_whole_number, meta_of

each_example = pytest.mark.parametrize("example", EXAMPLES, ids=str)
IDS = ("_id", "to_ewallet", "to_clock", "record", "contact_sheet", "contact_list")


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


# None of these is a number, though Python's `int`, `float` or `Decimal` would read most of them.
ODD_SPELLINGS = (
    "1_0", "1e2", "1E2", " 12", "12 ", "12\n", "\t1", "+1", "-0", "-1.5", "--1", "\u0661\u0662", "\u00b2",
    "\uff11\uff12", "0x10", "0b1", "1,000", "1 000", "1\u00a0000", "1.", ".5", "1.2.3", "1/2", "", "nan",
    "inf", "Infinity", "NaN", "1" * 41, -0.0, 1e300,
)  # fmt: skip


def find_numbers() -> Iterator[tuple[Example, str, Any]]:
    """Each numeric argument of each instruction once, with the value of its example."""
    seen = set()
    for example in EXAMPLES:
        for argument, value in {**example.optional, **example.arguments}.items():
            field_type = example.found.arguments[argument].type
            is_number = is_whole_number(field_type) or "number" in str(meta_of(field_type).description)
            is_number |= isinstance(value, int | float) and not isinstance(value, bool)
            if (is_number or argument == "cost") and (example.found.name, argument) not in seen:
                seen.add((example.found.name, argument))
                yield example, argument, value


NUMBERS = tuple(find_numbers())


def with_ids() -> Iterator[Any]:
    for example in EXAMPLES:
        ids = [name for name in (*example.arguments, *example.optional) if name.endswith(IDS)]
        # The host program's instructions reach every account.
        if ids and example.access is Access.ACCOUNT:
            for name in ids:
                yield pytest.param(example, name, id=f"{example} / {name}")


@pytest.mark.on_postgresql_too(every=16)
@each_example
def test_an_answer_has_the_declared_types(anonymous, wallclock, example):
    caller = example.arrange(anonymous, wallclock)
    answer = caller.request(**example.instruction)
    assert list(answer_type_errors(answer, example.found.answers)) == []
    if example.found.access is Access.ACCOUNT:
        assert answer["event_sequence"] == caller.request(**VIEW_ACCOUNT)["event_sequence"]
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@each_example
def test_the_declared_keys_are_those_of_the_protocol(example):
    declared = example.found.answers
    required = {key for key, kind in declared.items() if get_origin(kind) is not NotRequired}
    assert required <= set(example.answer) <= set(declared)


# Their requests are refused, and so change nothing for the next.
each_arranged = pytest.mark.parametrize("arranged", EXAMPLES, ids=str, indirect=True, scope="module")


@each_arranged
def test_a_value_just_beyond_a_limit_is_refused(arranged):
    example = arranged.example
    for argument in (*example.arguments, *example.optional):
        for value in beyond(example, argument):
            answer = arranged.caller.expect_error("bad_value", **{**example.instruction, argument: value})
            assert answer["details"] == {"field": argument}


@each_arranged
def test_every_number_has_one_grammar(arranged):
    example = arranged.example
    for argument in [argument for other, argument, _ in NUMBERS if other is example]:
        is_signed = (limits(example, argument).ge or 0) < 0
        for odd in (*ODD_SPELLINGS, *([] if is_signed else ["-1", "-12"])):
            answer = arranged.caller.expect_error("bad_value", **{**example.instruction, argument: odd})
            assert answer["details"] == {"field": argument}


@pytest.mark.parametrize(("example", "argument"), every_argument())
def test_a_value_at_a_limit_is_accepted(anonymous, wallclock, example, argument):
    caller = example.arrange(anonymous, wallclock)
    meta = limits(example, argument)
    for value in (meta.ge, meta.le):
        if value is not None:
            answer = caller.send(**{**example.instruction, argument: value})
            assert answer.get("code") not in ("bad_value", "engine_failed", "storage_failed"), answer


@pytest.mark.parametrize(("example", "argument", "value"), NUMBERS, ids=str)
def test_every_number_may_be_text(anonymous, wallclock, example, argument, value):
    caller = example.arrange(anonymous, wallclock)
    as_text = caller.send(**{**example.instruction, argument: str(value)})
    assert as_text["failed"] is False, as_text
    if isinstance(value, int):
        caller.send(**{**example.instruction, argument: f"00{value}"})


@pytest.mark.parametrize(("example", "argument"), with_ids())
def test_an_id_of_another_account_is_answered_like_a_missing_one(
    anonymous, wallclock, nothing_changes, example, argument
):
    owner = example.arrange(anonymous, wallclock)
    stranger = EngineClient(owner.engine).open_session().register("bob").log_in("bob")
    asked = {**example.instruction, argument: {**example.instruction, **example.optional}[argument]}
    nothing_changes()
    theirs = stranger.expect_error("not_found", **asked)
    nowhere = stranger.expect_error("not_found", **{**asked, argument: 999_999})
    assert theirs == nowhere


def test_the_actions_that_change_nothing_are_those_of_the_registry():
    views = {form["action"] for found in REGISTRY if not found.changes for form in found.forms}
    changes = {form["action"] for found in REGISTRY if found.changes for form in found.forms}
    assert views == VIEW_ACTIONS
    assert not views & changes


@pytest.mark.parametrize("instruction", list(REGISTRY), ids=lambda found: found.name)
def test_an_instruction_has_a_summary_of_one_sentence(instruction):
    said = instruction.carry_out.__doc__ or ""
    assert said.partition("\n")[0].endswith(".")


@pytest.mark.parametrize("instruction", list(REGISTRY), ids=lambda found: found.name)
def test_every_argument_has_a_description_and_a_valid_example(instruction):
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
