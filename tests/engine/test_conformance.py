"""Every registered instruction: its arguments are accepted as described, and its ids belong to an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from argument_limits import NUMBERS, limits
from each import for_each
from engine_client import SELECTORS, EngineClient
from examples import EXAMPLES

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.envelope import VIEW_ACTIONS
from ewallet_core.instructions.registry import Access
from ewallet_core.instructions.validation import meta_of

each_instruction = for_each({found.name: found for found in REGISTRY})
IDS = ("_id", "to_ewallet", "to_clock", "record", "contact_sheet", "contact_list")


def with_limits() -> Iterator[Any]:
    """The arguments that have a smallest or a largest value."""
    for example in EXAMPLES:
        for argument in (*example.arguments, *example.optional):
            meta = limits(example, argument)
            if (meta.ge, meta.le) != (None, None):
                yield pytest.param(example, argument, id=f"{example} / {argument}")


def with_ids() -> Iterator[Any]:
    for example in EXAMPLES:
        ids = [name for name in (*example.arguments, *example.optional) if name.endswith(IDS)]
        # The host program's instructions reach every account.
        if ids and example.access is Access.ACCOUNT:
            for name in ids:
                yield pytest.param(example, name, id=f"{example} / {name}")


@pytest.mark.parametrize(("example", "argument"), with_limits())
def test_a_value_at_a_limit_is_accepted(at_example, example, argument):
    meta = limits(example, argument)
    for value in (meta.ge, meta.le):
        if value is not None:
            answer = at_example.send(**{**example.instruction, argument: value})
            assert answer.get("code") not in ("bad_value", "engine_failed", "storage_failed"), answer


@pytest.mark.parametrize(("example", "argument", "value"), NUMBERS, ids=str)
def test_every_number_may_be_text(at_example, example, argument, value):
    as_text = at_example.send(**{**example.instruction, argument: str(value)})
    assert as_text["failed"] is False, as_text
    if isinstance(value, int):
        at_example.send(**{**example.instruction, argument: f"00{value}"})


@pytest.mark.parametrize(("example", "argument"), with_ids())
def test_an_id_of_another_account_is_answered_like_a_missing_one(
    at_example, nothing_changes, example, argument
):
    stranger = EngineClient(at_example.engine).open_session().register("bob").log_in("bob")
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


@each_instruction
def test_an_instruction_has_a_summary_of_one_sentence(instruction):
    said = instruction.carry_out.__doc__ or ""
    assert said.partition("\n")[0].endswith(".")


@each_instruction
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
