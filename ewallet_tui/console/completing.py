"""What can come next in a typed line: selectors, names of arguments, and the values of those with few."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any, Literal, get_args, get_origin

from ewallet_core.instructions.registry import Instruction, InstructionRegistry
from ewallet_core.instructions.validation import meta_of
from ewallet_tui.console.reading import paths, picked_by, selectors_of
from ewallet_tui.console.typed import Word, is_json, words_of

_CHOICES = re.compile(r"\^\(([\w|]+)\)\$")


def candidates(line: str, known: InstructionRegistry) -> list[str]:
    """The whole words that the end of the line may become, the likeliest first."""
    if is_json(line):
        return []
    words = words_of(line)
    begun = words.pop().text if words and words[-1].end == len(line) else ""
    listed = dict.fromkeys(_next(words, begun, known))
    return [word for word in listed if word.startswith(begun) and word != begun]


def completed(line: str, word: str) -> str:
    """The line that ends with that word, ready for what follows it."""
    words = words_of(line)
    is_begun = words and words[-1].end == len(line)
    before = line[: words[-1].start] if is_begun else line
    return f"{before}{word}" if word.endswith("=") else f"{before}{word} "


def _next(words: list[Word], begun: str, known: InstructionRegistry) -> Iterator[str]:
    selectors = selectors_of(words)
    picked = picked_by(selectors, known)
    if len(selectors) == len(words):
        yield from sorted(_selectors_after(selectors, known))
    if picked is not None and "=" in begun:
        yield from _values(begun.partition("=")[0], picked[1], known)
    elif picked is not None:
        yield from _arguments(picked[1], {word.name for word in words})


def _selectors_after(words: list[str], known: InstructionRegistry) -> set[str]:
    count = len(words)
    return {path[count] for path, _, _ in paths(known) if len(path) > count and list(path[:count]) == words}


def _arguments(found: Instruction, given: Iterable[str | None]) -> Iterator[str]:
    """Those that are needed, then those that may be left out."""
    there = set(given)
    for required in (True, False):
        for name, argument in found.arguments.items():
            if argument.required is required and name not in there:
                yield f"{name}="


def _values(name: str, found: Instruction, known: InstructionRegistry) -> Iterator[str]:
    argument = found.arguments.get(name)
    if argument is None:
        return
    if name == "instruction":
        yield from (f'{name}="{each.name}"' for each in known)
    yield from (f"{name}={value}" for value in choices_of(argument.type))


def choices_of(kind: Any) -> list[str]:
    """The few values that a field of that kind can have; nothing where there are many."""
    if isinstance(kind, type):
        return _values_of(kind)
    if get_origin(kind) is Literal:
        return [str(value) for value in get_args(kind)]
    listed = _CHOICES.fullmatch(meta_of(kind).pattern or "")
    if listed is not None:
        return listed[1].split("|")
    return [value for part in get_args(kind) for value in choices_of(part)]


def _values_of(kind: type) -> list[str]:
    if issubclass(kind, Enum):
        return [str(value.value) for value in kind]
    return ["true", "false"] if kind is bool else []
