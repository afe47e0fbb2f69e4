"""Instructions as typed words: the paths of their selectors, and the values of arguments from text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from ewallet_core.instructions.registry import Instruction, InstructionRegistry, Selectors
from ewallet_core.instructions.validation import accepts, is_whole_number, meta_of

LEFT_OUT = ("client", "action")
"""The first two words of a path, which need not be typed."""

_CHOICES = re.compile(r"\^\(([\w|]+)\)\$")


def paths(known: InstructionRegistry) -> Iterator[tuple[tuple[str, ...], Selectors, Instruction]]:
    """Every sequence of words that picks an instruction, also without the first two."""
    for found in known:
        for form in found.forms:
            words = tuple(form.values())
            yield words, form, found
            if words[:2] == LEFT_OUT:
                yield words[2:], form, found


def picked_by(words: Sequence[str], known: InstructionRegistry) -> tuple[Selectors, Instruction] | None:
    """The instruction that these words pick, and its selectors."""
    return next(((form, found) for path, form, found in paths(known) if path == tuple(words)), None)


def value_in(text: str, field_type: Any) -> Any:
    """The typed value in the type that its field has; the text itself if it can't have that type."""
    if accepts(field_type, text) and not is_whole_number(field_type):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if accepts(field_type, value) else text


def choices_of(field_type: Any) -> list[str]:
    """The values that a field of this type accepts, if they are few."""
    if isinstance(field_type, type):
        if issubclass(field_type, Enum):
            return [str(value.value) for value in field_type]
        return ["true", "false"] if field_type is bool else []
    if get_origin(field_type) is Literal:
        return [str(value) for value in get_args(field_type)]
    listed = _CHOICES.fullmatch(meta_of(field_type).pattern or "")
    if listed is not None:
        return listed[1].split("|")
    return [value for part in get_args(field_type) for value in choices_of(part)]
