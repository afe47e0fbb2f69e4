"""Completion and help for a typed line."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

from msgspec import NODEFAULT
from msgspec.structs import FieldInfo

from ewallet_core.instructions.registry import Instruction, InstructionRegistry
from ewallet_core.instructions.validation import accepts, meta_of
from ewallet_core.instructions.words import choices_of, paths, picked_by
from ewallet_tui.console.line import Word, is_json, words_of
from ewallet_tui.console.parser import ParseError, Reading, read, selectors_of, value_of


def candidates(line: str, known: InstructionRegistry) -> list[str]:
    """The whole words that the last word may become, the likeliest first."""
    if is_json(line):
        return []
    words = words_of(line)
    begun = words.pop().text if words and words[-1].end == len(line) else ""
    listed = dict.fromkeys(_next(words, begun, known))
    return [word for word in listed if word.startswith(begun) and word != begun]


def completed(line: str, word: str) -> str:
    """The line with its last word replaced by `word`, ready for the next one."""
    words = words_of(line)
    is_begun = words and words[-1].end == len(line)
    before = line[: words[-1].start] if is_begun else line
    return f"{before}{word}" if word.endswith("=") else f"{before}{word} "


def _next(words: list[Word], begun: str, known: InstructionRegistry) -> Iterator[str]:
    selectors = selectors_of(words)
    picked = picked_by(selectors, known)
    if len(selectors) == len(words):
        count = len(selectors)
        matching = [path for path, _, _ in paths(known) if list(path[:count]) == selectors]
        yield from sorted({path[count] for path in matching if len(path) > count})
    if picked is not None and "=" in begun:
        yield from _values(begun.partition("=")[0], picked[1], known)
    elif picked is not None:
        given = {word.name for word in words}
        absent = [argument for name, argument in picked[1].arguments.items() if name not in given]
        # The required ones first.
        for argument in sorted(absent, key=lambda argument: not argument.required):
            yield f"{argument.name}="


def _values(name: str, found: Instruction, known: InstructionRegistry) -> Iterator[str]:
    argument = found.arguments.get(name)
    if argument is None:
        return
    if name == "instruction":
        yield from (f'{name}="{each.name}"' for each in known)
    yield from (f"{name}={value}" for value in choices_of(argument.type))


HOW_TO_BEGIN = "Type an instruction, such as view account, or paste one as JSON."
READY = "Enter sends it."


@dataclass(frozen=True)
class Help:
    """Two lines below the prompt."""

    about: str
    detail: str
    """What the argument at the cursor must be, what is still needed, or what is wrong."""
    is_problem: bool = False


def help_with(line: str, cursor: int, known: InstructionRegistry) -> Help:
    if not line.strip():
        return Help(HOW_TO_BEGIN, "")
    reading = read(line, known)
    found = reading.found
    # A beginning that can be completed is not an error.
    if found is None:
        return Help("", "") if candidates(line, known) else Help("", reading.problem, is_problem=True)
    words = [] if is_json(line) else words_of(line)
    word = next((word for word in words if word.start <= cursor <= word.end), None)
    argument = found.arguments.get(word.name or "") if word else None
    if word is not None and argument is not None:
        return Help(about(found), _must_be(argument), is_problem=_is_wrong(word, argument, found))
    detail, is_problem = _what_next(line, reading, found)
    is_begun = is_problem and bool(candidates(line, known))
    return Help(about(found), "" if is_begun else detail, is_problem=is_problem and not is_begun)


def about(found: Instruction) -> str:
    return (inspect.getdoc(found.carry_out) or "").partition("\n")[0]


def _what_next(line: str, reading: Reading, found: Instruction) -> tuple[str, bool]:
    if not reading.problem:
        optional = [name for name in found.arguments if name not in reading.chain]
        return (f"{READY} Optional: {', '.join(optional)}." if optional else READY), False
    given = {word.name for word in words_of(line)} | set(reading.chain)
    needed = [name for name, argument in found.arguments.items() if argument.required and name not in given]
    if needed and not is_json(line):
        return f"Still needed: {', '.join(needed)}.", False
    return reading.problem, True


def _must_be(argument: FieldInfo) -> str:
    needed = "required" if argument.required else "optional"
    has_default = argument.default not in (NODEFAULT, None, "")
    default = f"; {argument.default} when absent" if has_default else ""
    return f"{argument.name}, {needed}: {meta_of(argument.type).description}{default}"


def _is_wrong(word: Word, argument: FieldInfo, found: Instruction) -> bool:
    """Whether the value typed so far is invalid; an empty one is not."""
    try:
        return bool(word.value) and not accepts(argument.type, value_of(word, found))
    except (ValueError, ParseError):
        return False
