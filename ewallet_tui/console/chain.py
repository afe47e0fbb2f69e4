"""An instruction as its command chain: the selectors that pick it, then its arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from ewallet_core.instructions.registry import InstructionRegistry, Selectors
from ewallet_tui.text import one_line

DOOR = ("controller", "ctype")
LONGEST_ARGUMENT = 200


@dataclass(frozen=True)
class Chain:
    """The words of the selectors, and the arguments as they are typed: `credits=10`."""

    selectors: tuple[str, ...]
    arguments: tuple[str, ...]

    @classmethod
    def of(cls, instruction: Mapping[str, Any], known: InstructionRegistry) -> Self:
        """The chain of an instruction; of one that is not known only the first words are told apart."""
        form = form_of(instruction, known) or dict.fromkeys((*DOOR, "action"))
        selectors = tuple(one_line(instruction.get(key)) for key in form)
        return cls(selectors, tuple(_typed(*each) for each in instruction.items() if each[0] not in form))

    def __str__(self) -> str:
        """The whole chain in one line."""
        return " ".join((*self.selectors, *self.arguments))


def form_of(instruction: Mapping[str, Any], known: InstructionRegistry) -> Selectors | None:
    """The selectors by which the instruction was picked, in their order."""
    found = known.picked_by(instruction)
    if found is None:
        return None
    return max((form for form in found.forms if form.items() <= instruction.items()), key=len)


def _typed(name: str, value: Any) -> str:
    return f"{one_line(name)}={_value(value)[:LONGEST_ARGUMENT]}"


def _value(value: Any) -> str:
    if not isinstance(value, str):
        return one_line(json.dumps(value, ensure_ascii=False, default=str))
    text = one_line(value)
    return text if text and not set(text) & set(" \"'\\") else json.dumps(text, ensure_ascii=False)
