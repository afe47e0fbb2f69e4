"""Every instruction with something wrong in it, where without that it would succeed: it changes nothing."""

from __future__ import annotations

import pytest
from argument_limits import NUMBERS, beyond, limits
from arranged import in_each
from example import Example
from examples import EXAMPLES
from fakes import MINUTE
from instructions import VIEW_ACCOUNT

from ewallet_core.instructions.registry import Access

in_each_example = in_each(EXAMPLES)

# None of these is a number, though Python's `int`, `float` or `Decimal` would read most of them.
ODD_SPELLINGS = (
    "1_0", "1e2", "1E2", " 12", "12 ", "12\n", "\t1", "+1", "-0", "-1.5", "--1", "\u0661\u0662", "\u00b2",
    "\uff11\uff12", "0x10", "0b1", "1,000", "1 000", "1\u00a0000", "1.", ".5", "1.2.3", "1/2", "", "nan",
    "inf", "Infinity", "NaN", "1" * 41, -0.0, 1e300,
)  # fmt: skip

# What each needs beside its arguments.
WRONG_CREDENTIALS: dict[Access, list[tuple[dict[str, str | None], str]]] = {
    Access.ACCOUNT: [({"session_token": None}, "session_unknown")],
    Access.SESSION: [
        ({"session_token": "no-such-token"}, "session_unknown"),
        ({"client_id": "no-such-client"}, "client_unknown"),
    ],
}


@in_each_example
def test_a_value_just_beyond_a_limit_is_refused(arranged):
    example = arranged.example
    for argument in (*example.arguments, *example.optional):
        for value in beyond(example, argument):
            answer = arranged.caller.expect_error("bad_value", **{**example.instruction, argument: value})
            assert answer["details"] == {"field": argument}


@in_each_example
def test_every_number_has_one_grammar(arranged):
    example = arranged.example
    for argument in [argument for other, argument, _ in NUMBERS if other is example]:
        is_signed = (limits(example, argument).ge or 0) < 0
        for odd in (*ODD_SPELLINGS, *([] if is_signed else ["-1", "-12"])):
            answer = arranged.caller.expect_error("bad_value", **{**example.instruction, argument: odd})
            assert answer["details"] == {"field": argument}


@in_each_example
def test_an_unknown_argument_is_named(arranged):
    example = arranged.example
    answer = arranged.caller.expect_error("unknown_argument", **example.instruction, colour="red")
    assert answer["details"]["field"] == "colour"
    assert set(answer["details"]["known"]) >= {*example.arguments, *example.optional}
    assert "`colour`" in answer["error"]


@in_each_example
def test_an_argument_of_a_wrong_kind_is_named(arranged):
    example = arranged.example
    for argument, valid in {**example.optional, **example.arguments}.items():
        another = "true" if isinstance(valid, bool) else True
        # Without a tag, the list of tags is empty.
        empty = {} if argument in ("tags", "tag") else []
        for value in (another, empty, {}, "\ud800", "nul\x00", float("nan")):
            answer = arranged.caller.expect_error("bad_value", **{**example.instruction, argument: value})
            assert answer["details"] == {"field": argument}
            assert answer["error"].startswith(f"`{argument}` must be ")


@in_each_example
def test_a_missing_argument_is_named(arranged):
    example = arranged.example
    for argument in example.arguments:
        if example.found.arguments[argument].required:
            rest = {name: value for name, value in example.instruction.items() if name != argument}
            answer = arranged.caller.expect_error("missing_argument", **rest)
            assert answer["details"] == {"field": argument}


@in_each_example
def test_without_its_session_an_instruction_is_refused(arranged):
    """The instructions that need no session have nothing to refuse."""
    example = arranged.example
    for wrong, code in WRONG_CREDENTIALS.get(example.access, []):
        arranged.caller.expect_error(code, **{**example.instruction, **wrong})


@in_each_example
def test_an_instruction_of_an_account_is_refused_in_an_expired_session(arranged):
    if arranged.example.access is Access.ACCOUNT:
        before = arranged.wallclock.now
        arranged.wallclock.forward(30 * MINUTE)
        arranged.caller.expect_error("session_expired", **arranged.example.instruction)
        arranged.wallclock.now = before


@pytest.mark.parametrize(
    "arranged", [Example("registered", VIEW_ACCOUNT, {})], ids=str, indirect=True, scope="module"
)
def test_an_instruction_of_an_account_needs_a_login(arranged):
    needing = [example for example in EXAMPLES if example.access is Access.ACCOUNT]
    for example in needing:
        answer = arranged.caller.expect_error("not_logged_in", **example.instruction)
        assert answer["warning"] == "Log in first."
    assert needing
