"""What there is to say of a line while it is typed: what it does, and what the argument there must be."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from msgspec import NODEFAULT
from msgspec.structs import FieldInfo

from ewallet_core.instructions.registry import Instruction, InstructionRegistry
from ewallet_core.instructions.validation import accepts, meta_of
from ewallet_tui.console.completing import candidates
from ewallet_tui.console.reading import Reading, Unreadable, read, value_of
from ewallet_tui.console.typed import Word, is_json, words_of

HOW_TO_BEGIN = "Type one, such as view account, or paste it as JSON."
READY = "Enter sends it."


@dataclass(frozen=True)
class Help:
    """Two lines beneath what is typed."""

    about: str
    """What the instruction does."""
    detail: str
    """What the argument at the cursor must be, what is still needed, or what is wrong."""
    is_problem: bool = False


def help_with(line: str, cursor: int, known: InstructionRegistry) -> Help:
    """The help for a line with the cursor there."""
    if not line.strip():
        return Help(HOW_TO_BEGIN, "")
    reading = read(line, known)
    found = reading.found
    # What is begun and can be completed is not wrong.
    if found is None:
        return Help("", "") if candidates(line, known) else Help("", reading.problem, is_problem=True)
    word = _word_at(cursor, line)
    argument = found.arguments.get(word.name or "") if word else None
    if word is not None and argument is not None:
        return Help(about(found), _must_be(argument), is_problem=_is_wrong(word, argument, found))
    detail, is_problem = _what_next(line, reading, found)
    is_begun = is_problem and bool(candidates(line, known))
    return Help(about(found), "" if is_begun else detail, is_problem=is_problem and not is_begun)


def about(found: Instruction) -> str:
    """What an instruction does, in a sentence."""
    return (inspect.getdoc(found.carry_out) or "").partition("\n")[0]


def _what_next(line: str, reading: Reading, found: Instruction) -> tuple[str, bool]:
    if not reading.problem:
        optional = [name for name in found.arguments if name not in reading.chain]
        return (f"{READY} It can have {', '.join(optional)}." if optional else READY), False
    given = {word.name for word in words_of(line)} | set(reading.chain)
    needed = [name for name, argument in found.arguments.items() if argument.required and name not in given]
    if needed and not is_json(line):
        return f"Still needed: {', '.join(needed)}.", False
    return reading.problem, True


def _word_at(cursor: int, line: str) -> Word | None:
    words = [] if is_json(line) else words_of(line)
    return next((word for word in words if word.start <= cursor <= word.end), None)


def _must_be(argument: FieldInfo) -> str:
    needed = "required" if argument.required else "optional"
    is_told = argument.default not in (NODEFAULT, None, "")
    default = f"; {argument.default} when absent" if is_told else ""
    return f"{argument.name}, {needed}: {meta_of(argument.type).description}{default}"


def _is_wrong(word: Word, argument: FieldInfo, found: Instruction) -> bool:
    """Whether what is typed so far can't be taken; nothing yet is not wrong."""
    try:
        return bool(word.value) and not accepts(argument.type, value_of(word, found))
    except (ValueError, Unreadable):
        return False
