"""The limits of each argument of each example, and the arguments that are numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from example import Example
from examples import EXAMPLES

from ewallet_core.instructions.validation import is_whole_number, meta_of


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


def _find_numbers() -> Iterator[tuple[Example, str, Any]]:
    seen = set()
    for example in EXAMPLES:
        for argument, value in {**example.optional, **example.arguments}.items():
            field_type = example.found.arguments[argument].type
            is_number = is_whole_number(field_type) or "number" in str(meta_of(field_type).description)
            is_number |= isinstance(value, int | float) and not isinstance(value, bool)
            if (is_number or argument == "cost") and (example.found.name, argument) not in seen:
                seen.add((example.found.name, argument))
                yield example, argument, value


NUMBERS = tuple(_find_numbers())
"""Each numeric argument of each instruction once, with the value of its example."""
