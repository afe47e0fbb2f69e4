"""What the catalogue declares of an answer, and where an answer is not so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

# A sheet's owner is named for what it is: one of these, by the sheet's kind.
OWNERS = {"ewallet", "clock", "user"}


def departures_of_answer(answer: Mapping[str, Any], keys: Mapping[str, Any]) -> Iterator[str]:
    """Where a successful answer is not what is declared, with the keys that any answer may have."""
    any_answer = {"failed": bool} | ({"event_sequence": int} if "event_sequence" in answer else {})
    return departures(answer, {**any_answer, **keys})


def departures(value: Any, declared: Any, at: str = "answer") -> Iterator[str]:
    """Where `value` is not of the declared type, down to the last key."""
    if isinstance(declared, Mapping):
        yield from _departures_of_keys(value, declared, at)
    elif is_typeddict(declared):
        yield from _departures_of_keys(value, get_type_hints(declared), at)
    elif get_origin(declared) in (Union, UnionType):
        if all(list(departures(value, part, at)) for part in get_args(declared)):
            yield f"{at} is {value!r}, none of {declared}"
    elif get_origin(declared) is list:
        for place, part in enumerate(value):
            yield from departures(part, get_args(declared)[0], f"{at}[{place}]")
    elif get_origin(declared) is dict:
        for key, part in value.items():
            yield from departures(part, get_args(declared)[1], f"{at}.{key}")
    elif declared is not Any and type(value) is not _plain(declared):
        yield f"{at} is {value!r}, not {declared}"


def _plain(declared: Any) -> Any:
    """The type itself, without the words that it is annotated with."""
    return type(None) if declared is None else getattr(declared, "__origin__", declared)


def _departures_of_keys(value: Any, declared: Mapping[str, Any], at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at} is {value!r}, not an object"
        return
    keys = set(value) - (OWNERS if "record_count" in declared else set())
    for key in keys ^ set(declared):
        yield f"{at} {'lacks' if key in declared else 'has too much:'} {key}"
    for key in keys & set(declared):
        yield from departures(value[key], declared[key], f"{at}.{key}")
