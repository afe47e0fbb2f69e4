"""The types of answers in words: of a declared key, and of the data dicts that keys are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import getdoc
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
    """What a value of that type is; a data dict goes by its name."""
    if is_typeddict(declared):
        return name_of(declared)
    composed = _COMPOSED.get(get_origin(declared))
    if composed is not None:
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
    """The name of a data dict as answers have it: `SheetData` is `sheet_data`."""
    name = data_dict.__name__
    return "".join(f"_{part.lower()}" if part.isupper() else part for part in name).strip("_")


def keys_of(data_dict: type) -> dict[str, str]:
    """The data dict's keys and what each is."""
    return {key: in_words(declared) for key, declared in _hints(data_dict).items()}


def meaning_of(data_dict: type) -> str:
    """The sentence that says what the data dict is."""
    return (getdoc(data_dict) or "").partition("\n")[0]


def data_dicts_in(answers: Iterable[Mapping[str, Any]]) -> dict[str, type]:
    """Every data dict that these answers are made of, down to the last, by name."""
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
