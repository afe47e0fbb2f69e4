"""The reference of all instructions, read from the registry: arguments, answers, data dicts and errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from inspect import getdoc
from itertools import combinations, groupby
from operator import attrgetter
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import msgspec
from msgspec import NODEFAULT

from ewallet_core.errors import accounts, credits, http, requests, server
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.registry import (
    MOST_NEAREST,
    Access,
    Instruction,
    InstructionRegistry,
    closest_to,
    read_request,
)
from ewallet_core.instructions.validation import description_of, is_unused, meta_of
from ewallet_core.types import PEOPLE

MOST_OPTIONS_SHOWN = 3
_ERROR_MODULES = (requests, accounts, credits, http, server)

_MUST_HAVE = {
    Access.ANYBODY: "everyone",
    Access.CLIENT: "a caller with a client id",
    Access.SESSION: "a caller with a session (client id and session token)",
    Access.ACCOUNT: "an account that is logged in",
    Access.SYSTEM: "the program that runs the engine, or an account that is logged in",
}

_LIVE = "the program that holds the live object"

_PLAIN = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    dict: "object",
    list: "list",
    None: "null",
    NoneType: "null",
    Any: "anything",
}


def in_words(declared: Any) -> str:
    """A type in words; a data dict is called by its name."""
    if is_typeddict(declared):
        return name_of(declared)
    if (composed := _COMPOSED.get(get_origin(declared))) is not None:
        return composed(*get_args(declared))
    return _PLAIN.get(declared) or str(getattr(declared, "__name__", declared))


def _either(*parts: Any) -> str:
    return " or ".join(map(in_words, parts))


_COMPOSED: dict[Any, Callable[..., str]] = {
    Annotated: lambda _, words: str(words),
    Required: in_words,
    NotRequired: in_words,
    Union: _either,
    UnionType: _either,
    Literal: lambda *values: " or ".join(map(repr, values)),
    list: lambda part: f"list of {in_words(part)}",
    dict: lambda key, part: "object" if part is Any else f"object of {in_words(part)} by {in_words(key)}",
}


def name_of(data_dict: type) -> str:
    """The name of a data dict in answers: `SheetData` is `sheet_data`."""
    name = data_dict.__name__
    return "".join(f"_{part.lower()}" if part.isupper() else part for part in name).strip("_")


def data_dicts_in(answers: Iterable[Mapping[str, Any]]) -> dict[str, type]:
    """Every data dict in these answers, nested ones included, by name."""
    found: dict[str, type] = {}
    waiting = [declared for answer in answers for declared in answer.values()]
    while waiting:
        for data_dict in _data_dicts_of(waiting.pop(0)):
            if name_of(data_dict) not in found:
                found[name_of(data_dict)] = data_dict
                waiting += _hints(data_dict).values()
    return found


def _data_dicts_of(declared: Any) -> Iterator[type]:
    if is_typeddict(declared):
        yield declared
    for part in get_args(declared):
        yield from _data_dicts_of(part)


def _hints(data_dict: type) -> dict[str, Any]:
    return get_type_hints(data_dict, include_extras=True)


@dataclass(frozen=True)
class RegistrySection:
    """A subject of the reference: some instructions of a registry, under a title.

    `is_live` instructions are sent to a live object in the engine's own process.
    """

    title: str
    about: str
    registry: InstructionRegistry
    instructions: tuple[Instruction, ...]
    is_live: bool = False


@dataclass(frozen=True)
class Documented:
    section: RegistrySection
    found: Instruction


class Argument(msgspec.Struct, frozen=True):
    """An argument: `must_be` completes the sentence "`name` must be …"."""

    name: str
    required: bool
    must_be: str
    default: Any = None


class InstructionEntry(msgspec.Struct, frozen=True):
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
        """The arguments' names in parentheses, optional ones in brackets; empty if there are none."""
        names = [argument.name if argument.required else f"[{argument.name}]" for argument in self.arguments]
        return f"({', '.join(names)})" if names else ""


class DataDict(msgspec.Struct, frozen=True):
    """The meaning of a dict in answers, and the type of each key in words."""

    meaning: str
    keys: dict[str, str]


class ErrorEntry(msgspec.Struct, frozen=True):
    """An error's code, category and meaning, and those of its two sentences that are always the same."""

    code: str
    category: str
    meaning: str
    error: str | None
    warning: str | None


class Subject(msgspec.Struct, frozen=True):
    title: str
    about: str
    entries: list[InstructionEntry]


def everything(sections: Iterable[RegistrySection]) -> list[Documented]:
    return [Documented(section, found) for section in sections for found in section.instructions]


def subjects_of(documented: Iterable[Documented]) -> list[Subject]:
    return [
        Subject(section.title, section.about, [entry_of(each) for each in listed])
        for section, listed in groupby(documented, attrgetter("section"))
    ]


def entry_of(documented: Documented) -> InstructionEntry:
    found = documented.found
    summary, _, notes = (getdoc(found.carry_out) or "").partition("\n")
    return InstructionEntry(
        path=found.name,
        subject=documented.section.title,
        summary=summary,
        notes=" ".join(notes.split()),
        selectors=[dict(form) for form in found.forms],
        arguments=[
            Argument(
                argument.name,
                argument.required,
                description_of(argument.type),
                # A default of None or empty text is not shown.
                None if argument.default in (NODEFAULT, "") else msgspec.to_builtins(argument.default),
            )
            for argument in found.arguments.values()
        ],
        answer=_in_words(found.answers),
        data=list(data_dicts_in([found.answers])),
        who=_who(documented),
        changes=found.changes,
        remembered=found.remembered,
        example={**found.forms[0], **_example(found)},
    )


def data_of(documented: Iterable[Documented]) -> dict[str, DataDict]:
    found = data_dicts_in(each.found.answers for each in documented)
    return {
        name: DataDict(first_line(data_dict), _in_words(_hints(data_dict)))
        for name, data_dict in sorted(found.items())
    }


def described(documented: Iterable[Documented]) -> dict[str, Any]:
    """Instructions for a program: they, the data dicts of their answers, and all errors."""
    found = list(documented)
    return {
        "instructions": [entry_of(each) for each in found],
        "data": data_of(found),
        "refusals": errors(),
    }


def _in_words(types: Mapping[str, Any]) -> dict[str, str]:
    return {key: in_words(declared) for key, declared in types.items()}


def error_types() -> list[type[WalletError]]:
    found = (value for module in _ERROR_MODULES for value in vars(module).values())
    types = [each for each in found if isinstance(each, type) and issubclass(each, WalletError)]
    return sorted((each for each in types if each is not WalletError), key=attrgetter("code"))


def errors() -> list[ErrorEntry]:
    return [
        ErrorEntry(
            each.code,
            str(each.category),
            first_line(each),
            _usual(each, each.error_text),
            _usual(each, each.warning_text),
        )
        for each in error_types()
    ]


def _usual(error: type[WalletError], sentence: str) -> str | None:
    """The sentence with the usual words of the error, or None if some differ each time."""
    try:
        return sentence.format_map(vars(error)) or None
    except KeyError:
        return None


def first_line(documented: object) -> str:
    return (getdoc(documented) or "").partition("\n")[0]


def named(documented: Iterable[Documented], words: str) -> list[Documented]:
    """The instruction whose path is these words, or else every one whose path has them in that order."""
    searched = words.split()
    paths = [(each, list(form.values())) for each in documented for form in each.found.forms]

    def come_in_order(path: list[str]) -> bool:
        left = iter(path)
        return all(word in left for word in searched)

    exact = [each for each, path in paths if path == searched]
    matching = exact or [each for each, path in paths if come_in_order(path)]
    return list({(each.section.title, each.found.name): each for each in matching}.values())


def nearest(documented: Iterable[Documented], words: str) -> list[str]:
    """The paths most like these words, the likeliest first."""
    names = [each.found.name for each in documented]
    is_whole = words.partition(" ")[0] in {name.partition(" ")[0] for name in names}
    path = words if is_whole else f"client action {words}"
    return list(closest_to(tuple(dict.fromkeys(names)), path, MOST_NEAREST))


def _who(documented: Documented) -> str:
    found = documented.found
    if not documented.section.is_live:
        return _MUST_HAVE[found.access] + (_roles(found) if found.is_on_permission_sheet else "")
    if found.access is not Access.ACCOUNT:
        return _LIVE
    return f"{_LIVE}, for {_MUST_HAVE[found.access]}{_roles(found.permitted_as or found)}"


def _roles(found: Instruction) -> str:
    roles = [role for role in PEOPLE if role in found.roles]
    listed = " or ".join(part for part in (", ".join(roles[:-1]), *roles[-1:]) if part)
    return f", of role {listed}" if roles else " and that the permission sheet allows"


def _example(found: Instruction) -> dict[str, Any]:
    """The fewest arguments that make a valid example; raises `LookupError` if none do."""
    used = {name: each for name, each in found.arguments.items() if not is_unused(each.type)}
    examples = {name: (meta_of(argument.type).examples or [None])[0] for name, argument in used.items()}
    required = [name for name, argument in used.items() if argument.required]
    optional = [name for name in used if name not in required]
    # A change with only optional arguments does nothing without one.
    fewest = 1 if found.changes and optional and not required else 0
    for size in (*range(fewest, MOST_OPTIONS_SHOWN + 1), 0):
        for chosen in combinations(optional, size):
            arguments = {name: examples[name] for name in (*required, *chosen)}
            with suppress(WalletError):
                read_request(found, arguments)
                return arguments
    raise LookupError(f"no example of {found.name}")
