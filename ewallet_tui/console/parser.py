"""Parsing a typed line into an instruction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ewallet_core.client.validation import ValidationError, chain_in, check
from ewallet_core.instructions.registry import Instruction, InstructionRegistry
from ewallet_core.instructions.words import LEFT_OUT, paths, picked_by, value_in
from ewallet_tui.console.line import Word, hidden, is_json, words_of
from ewallet_tui.store import CLIENT_ACTION

OPEN_QUOTE = "A quote is not closed. Close it."
NEEDS_QUOTES = 'Each argument is name=value. Put a text with spaces in quotes: notes="for lunch".'


class ParseError(Exception):
    """The line is not an instruction; the message says why."""


@dataclass(frozen=True)
class Reading:
    found: Instruction | None = None
    chain: Mapping[str, Any] = field(default_factory=dict)
    problem: str = ""
    """Why it can't be sent; empty if it can."""


def read(line: str, known: InstructionRegistry) -> Reading:
    words = words_of(line)
    picked = None if is_json(line) else picked_by(selectors_of(words), known)
    found, chain = picked and picked[1], {}
    try:
        chain = _from_json(line) if is_json(line) else _from_words(words, known)
        found = known.picked_by(chain)
        check(chain, known)
    except (ParseError, ValidationError) as reason:
        return Reading(found, chain, str(reason))
    return Reading(found, chain)


def selectors_of(words: Sequence[Word]) -> list[str]:
    named = (index for index, word in enumerate(words) if word.name is not None)
    return [word.text for word in words[: next(named, len(words))]]


def value_of(word: Word, found: Instruction) -> Any:
    """The value of the argument in the type that its field has."""
    try:
        typed = word.value
    except ValueError:
        raise ParseError(OPEN_QUOTE) from None
    argument = found.arguments.get(word.name or "")
    return typed if argument is None else value_in(typed, argument.type)


def _from_words(words: Sequence[Word], known: InstructionRegistry) -> dict[str, Any]:
    selectors = selectors_of(words)
    picked = picked_by(selectors, known)
    if picked is None:
        raise ParseError(_unknown(hidden(" ".join(selectors)).split(), known))
    form, found = picked
    chain: dict[str, Any] = dict(form)
    for word in words[len(selectors) :]:
        if word.name is None:
            raise ParseError(NEEDS_QUOTES)
        if word.name in chain:
            raise ParseError(f"{word.name} is given twice. Give it once.")
        chain[word.name] = value_of(word, found)
    return chain


def _unknown(words: Sequence[str], known: InstructionRegistry) -> str:
    if not words:
        return "An instruction begins with its selectors, such as view account."
    if any(path[: len(words)] == tuple(words) for path, _, _ in paths(known)):
        return f"There is more than one {' '.join(words)}. Go on with the next word."
    first_words = {path[0] for path, _, _ in paths(known)}
    whole = words if words[0] in first_words else (*LEFT_OUT, *words)
    nearest = "; ".join(
        name.removeprefix(f"{' '.join(LEFT_OUT)} ") for name in known.nearest(" ".join(whole))
    )
    return f"There is no instruction {' '.join(words)}. The nearest known: {nearest}."


def _from_json(line: str) -> dict[str, Any]:
    try:
        request = json.loads(line)
    except ValueError as reason:
        place = getattr(reason, "pos", 0) + 1
        raise ParseError(f"Invalid JSON at character {place}.") from None
    except RecursionError:
        raise ParseError("This is nested too deeply. Remove some levels.") from None
    return {**CLIENT_ACTION, **chain_in(request)}
