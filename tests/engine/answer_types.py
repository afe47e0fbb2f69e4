"""Compare an answer with the types that the registry declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

# The key of a sheet's owner depends on the sheet's kind.
OWNERS = {"ewallet", "clock", "user"}


def answer_type_errors(answer: Mapping[str, Any], keys: Mapping[str, Any]) -> Iterator[str]:
    """As `type_errors`, for a successful answer with the keys that any answer may have."""
    any_answer = {"failed": bool} | ({"event_sequence": int} if "event_sequence" in answer else {})
    return type_errors(answer, {**any_answer, **keys})


def type_errors(value: Any, declared: Any, at: str = "answer") -> Iterator[str]:
    """The differences of `value` from the declared type, down to the last key."""
    if isinstance(declared, Mapping):
        yield from _key_errors(value, declared, at)
    elif is_typeddict(declared):
        yield from _key_errors(value, get_type_hints(declared, include_extras=True), at)
    elif get_origin(declared) in (Union, UnionType):
        if all(list(type_errors(value, part, at)) for part in get_args(declared)):
            yield f"{at} is {value!r}, none of {declared}"
    elif get_origin(declared) is list:
        for index, part in enumerate(value):
            yield from type_errors(part, get_args(declared)[0], f"{at}[{index}]")
    elif get_origin(declared) is dict and isinstance(value, dict):
        for key, part in value.items():
            yield from type_errors(part, get_args(declared)[1], f"{at}.{key}")
    elif declared is not Any and type(value) is not _plain(declared):
        yield f"{at} is {value!r}, not {declared}"


def _plain(declared: Any) -> Any:
    """The type without its annotations."""
    return type(None) if declared is None else getattr(declared, "__origin__", declared)


def _key_errors(value: Any, declared: Mapping[str, Any], at: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{at} is {value!r}, not an object"
        return
    keys = set(value) - (OWNERS if "record_count" in declared else set())
    optional = {key: get_args(kind)[0] for key, kind in declared.items() if get_origin(kind) is NotRequired}
    for key in (keys ^ set(declared)) - (set(optional) - keys):
        yield f"{at} {'lacks' if key in declared else 'has too much:'} {key}"
    for key in keys & set(declared):
        yield from type_errors(value[key], optional.get(key, declared[key]), f"{at}.{key}")
