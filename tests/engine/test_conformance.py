"""Every registered instruction: its arguments are accepted as described, and its ids belong to an account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from argument_limits import NUMBERS, limits
from arranged import Arranged, in_each
from database_file import Rows, significant_rows
from each import for_each
from engine_client import SELECTORS, EngineClient
from example import Example
from examples import EXAMPLES

from ewallet_core.handlers import REGISTRY
from ewallet_core.instructions.envelope import VIEW_ACTIONS
from ewallet_core.instructions.registry import Access
from ewallet_core.instructions.validation import meta_of

each_instruction = for_each({found.name: found for found in REGISTRY})
IDS = ("_id", "to_ewallet", "to_clock", "record", "contact_sheet", "contact_list")


VIEWS = [example for example in EXAMPLES if not example.found.changes]


@dataclass(frozen=True)
class WithStranger(Arranged):
    stranger: EngineClient
    """A client of another account, in another session."""
    rows_before: dict[str, Rows]


@pytest.fixture(scope="module")
def arranged(request, arrange, wallet_checker) -> Iterator[Arranged]:
    """The example of the parameter, with a stranger beside it, once for all tests, which change nothing."""
    with arrange(request.param) as found:
        stranger = EngineClient(found.caller.engine).open_session().register("bob").log_in("bob")
        yield WithStranger(
            found.example, found.caller, found.wallclock, found.url, stranger, significant_rows(found.url)
        )
        assert wallet_checker.violations(found.url) == []


def with_limits(example: Example) -> list[str]:
    """The arguments that have a smallest or a largest value."""
    metas = {name: limits(example, name) for name in (*example.arguments, *example.optional)}
    return [name for name, meta in metas.items() if (meta.ge, meta.le) != (None, None)]


def numbers(example: Example) -> list[str]:
    return [argument for other, argument, _ in NUMBERS if other is example]


def ids(example: Example) -> list[str]:
    """The arguments that are ids; the host program's instructions reach every account."""
    if example.access is not Access.ACCOUNT:
        return []
    return [name for name in (*example.arguments, *example.optional) if name.endswith(IDS)]


def in_each_change(arguments: Callable[[Example], list[str]]) -> pytest.MarkDecorator:
    """Test each of these arguments of each change in a wallet of its own."""
    changes = [example for example in EXAMPLES if example.found.changes]
    chosen = [(example, argument) for example in changes for argument in arguments(example)]
    names = [f"{example} / {argument}" for example, argument in chosen]
    return pytest.mark.parametrize(("example", "argument"), chosen, ids=names)


def check_limits(caller: EngineClient, example: Example, argument: str) -> None:
    meta = limits(example, argument)
    for value in (meta.ge, meta.le):
        if value is not None:
            answer = caller.send(**{**example.instruction, argument: value})
            assert answer.get("code") not in ("bad_value", "engine_failed", "storage_failed"), answer


@in_each(filter(with_limits, VIEWS))
def test_a_value_at_a_limit_is_accepted_by_a_view(arranged):
    for argument in with_limits(arranged.example):
        check_limits(arranged.caller, arranged.example, argument)


@in_each_change(with_limits)
def test_a_value_at_a_limit_is_accepted_by_a_change(at_example, example, argument):
    check_limits(at_example, example, argument)


def check_text(caller: EngineClient, example: Example, argument: str) -> None:
    value = {**example.optional, **example.arguments}[argument]
    as_text = caller.send(**{**example.instruction, argument: str(value)})
    assert as_text["failed"] is False, as_text
    if isinstance(value, int):
        caller.send(**{**example.instruction, argument: f"00{value}"})


@in_each(filter(numbers, VIEWS))
def test_every_number_of_a_view_may_be_text(arranged):
    for argument in numbers(arranged.example):
        check_text(arranged.caller, arranged.example, argument)


@in_each_change(numbers)
def test_every_number_of_a_change_may_be_text(at_example, example, argument):
    check_text(at_example, example, argument)


@in_each(filter(ids, EXAMPLES))
def test_an_id_of_another_account_is_answered_like_a_missing_one(arranged):
    example = arranged.example
    for argument in ids(example):
        asked = {**example.instruction, argument: {**example.instruction, **example.optional}[argument]}
        theirs = arranged.stranger.expect_error("not_found", **asked)
        nowhere = arranged.stranger.expect_error("not_found", **{**asked, argument: 999_999})
        assert theirs == nowhere, argument
        assert significant_rows(arranged.url) == arranged.rows_before, argument


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
