"""The printed reference: what there is to say of each instruction, read from its declaration."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Any

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import FieldInfo

from ewallet_core.instructions import fields
from ewallet_core.instructions.catalogue import Access, Catalogue, Instruction, read_request
from ewallet_core.instructions.words_of_types import data_dicts_in, in_words, keys_of, meaning_of
from ewallet_core.refusals.refusal import Refusal
from ewallet_core.roles import PEOPLE

MOST_OPTIONS_SHOWN = 3

_MUST_HAVE = {
    Access.ANYBODY: "anybody",
    Access.CLIENT: "whoever has a client id",
    Access.SESSION: "whoever has a session (client id and session token)",
    Access.ACCOUNT: "an account that is logged in",
    Access.SYSTEM: "the program that runs the engine, or an account that is logged in",
}


class Argument(msgspec.Struct, frozen=True):
    """An argument: `must_be` completes the sentence "`name` must be …"."""

    name: str
    required: bool
    must_be: str
    default: Any = None


class Entry(msgspec.Struct, frozen=True):
    """An instruction as the reference shows it; `remembered` makes it safe to repeat under one request id."""

    path: str
    subject: str
    summary: str
    notes: str
    selectors: list[dict[str, str]]
    arguments: list[Argument]
    answer: dict[str, str]
    data: list[str]
    who: str
    changes: bool
    remembered: bool
    example: dict[str, Any]

    @property
    def takes(self) -> str:
        """The arguments' names in parentheses, optional ones in brackets; nothing where it takes none."""
        names = [argument.name if argument.required else f"[{argument.name}]" for argument in self.arguments]
        return f"({', '.join(names)})" if names else ""


class DataDict(msgspec.Struct, frozen=True):
    """What a dict in an answer is made of, by key."""

    meaning: str
    keys: dict[str, str]


class Subject(msgspec.Struct, frozen=True):
    """The instructions of one module."""

    title: str
    about: str
    entries: list[Entry]


def subjects_of(catalogue: Iterable[Instruction]) -> list[Subject]:
    """The whole reference, by subject, in the catalogue's order."""
    by_module: dict[str, list[Instruction]] = {}
    for found in catalogue:
        by_module.setdefault(found.carry_out.__module__, []).append(found)
    return [
        Subject(_title(found[0]), _about(found[0]), [entry_of(each) for each in found])
        for found in by_module.values()
    ]


def entry_of(found: Instruction) -> Entry:
    """What there is to say of one instruction."""
    summary, _, notes = (inspect.getdoc(found.carry_out) or "").partition("\n")
    return Entry(
        path=found.name,
        subject=_title(found),
        summary=summary,
        notes=" ".join(notes.split()),
        selectors=[dict(form) for form in found.forms],
        arguments=[_argument(argument) for argument in found.arguments.values()],
        answer={key: in_words(declared) for key, declared in found.answers.items()},
        data=list(data_dicts_in([found.answers])),
        who=_who(found),
        changes=found.changes,
        remembered=found.remembered,
        example={**found.forms[0], **_example(found)},
    )


def data_of(catalogue: Iterable[Instruction]) -> dict[str, DataDict]:
    """The data dicts of all answers, each once, by name and in that order."""
    found = data_dicts_in(each.answers for each in catalogue)
    return {name: DataDict(meaning_of(found[name]), keys_of(found[name])) for name in sorted(found)}


def named(catalogue: Catalogue, words: str) -> list[Instruction]:
    """The instruction whose path these words are, else every one in whose path they come in that order."""
    asked = words.split()
    paths = [(found, form) for found in catalogue for form in found.forms]
    exact = [found for found, form in paths if asked == list(form.values())]
    fitting = exact or [found for found, form in paths if _come_in_order(asked, form.values())]
    return list({found.name: found for found in fitting}.values())


def nearest(catalogue: Catalogue, words: str) -> list[str]:
    """The paths that are most like these words."""
    controllers = {form["controller"] for found in catalogue for form in found.forms}
    is_whole = words.partition(" ")[0] in controllers
    return catalogue.nearest(words if is_whole else f"client action {words}")


def _come_in_order(asked: Iterable[str], path: Iterable[str]) -> bool:
    left = iter(path)
    return all(word in left for word in asked)


def _title(found: Instruction) -> str:
    return found.carry_out.__module__.rpartition(".")[2].replace("_", " ").capitalize()


def _about(found: Instruction) -> str:
    module = inspect.getmodule(found.carry_out)
    return (inspect.getdoc(module) or "").partition("\n")[0] if module else ""


def _argument(argument: FieldInfo) -> Argument:
    # What is absent, or empty, is nothing that a reader must know of.
    default = None if argument.default in (NODEFAULT, "") else argument.default
    must_be = str(fields.meta_of(argument.type).description)
    return Argument(argument.name, argument.required, must_be, msgspec.to_builtins(default))


def _who(found: Instruction) -> str:
    must_have = _MUST_HAVE[found.access]
    if not found.is_on_permission_sheet:
        return must_have
    roles = [role for role in PEOPLE if role in found.roles]
    listed = " or ".join(part for part in (", ".join(roles[:-1]), *roles[-1:]) if part)
    return f"{must_have}, of role {listed}" if roles else f"{must_have} and that the permission sheet lets"


def _example(found: Instruction) -> dict[str, Any]:
    """Arguments that the instruction takes, as few as say something; raises `LookupError` where none do."""
    for arguments in _candidates(found):
        try:
            read_request(found, arguments)
        except Refusal:
            continue
        return arguments
    raise LookupError(f"no example of {found.name}")


def _candidates(found: Instruction) -> Iterator[dict[str, Any]]:
    required = [name for name, argument in found.arguments.items() if argument.required]
    optional = [name for name in found.arguments if name not in required]
    # A change that takes only options does nothing without one.
    fewest = 1 if found.changes and optional and not required else 0
    for size in (*range(fewest, MOST_OPTIONS_SHOWN + 1), 0):
        for chosen in combinations(optional, size):
            yield _shown(found.arguments, (*required, *chosen))


def _shown(arguments: Mapping[str, FieldInfo], names: Iterable[str]) -> dict[str, Any]:
    return {name: _example_value(name, arguments[name]) for name in names}


def _example_value(name: str, argument: FieldInfo) -> Any:
    examples = fields.meta_of(argument.type).examples
    if not examples:
        raise LookupError(f"the field of {name} has no example")
    return examples[0]
