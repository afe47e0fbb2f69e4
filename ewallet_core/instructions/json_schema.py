"""Arguments and answers as JSON Schema (draft 2020-12), from their declared types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import Enum
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

import msgspec
from msgspec import NODEFAULT, Meta
from msgspec.structs import FieldInfo

Schema = dict[str, Any]

COMPONENTS = "#/components/schemas/"

_PLAIN: dict[Any, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    dict: {"type": "object"},
    list: {"type": "array", "items": {}},
    None: {"type": "null"},
    NoneType: {"type": "null"},
    Any: {},
}
_FORMATS = {"time": "date-time", "date": "date"}
"""The formats of text in answers, by its description in the reference."""
_LIMITS = {
    "gt": "exclusiveMinimum",
    "ge": "minimum",
    "lt": "exclusiveMaximum",
    "le": "maximum",
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
}

_DESCRIPTIONS = ("description", "examples", "default")


def schema_of(declared: Any) -> Schema:
    """The schema of a type; a data dict is referred to by its name, and `component_of` has its schema."""
    if is_typeddict(declared):
        return {"$ref": COMPONENTS + component_name(declared)}
    if isinstance(declared, type) and issubclass(declared, msgspec.Struct):
        return struct_schema(msgspec.structs.fields(declared), first_paragraph(declared))
    if isinstance(declared, type) and issubclass(declared, Enum):
        return {"type": "string", "enum": [member.value for member in declared]}
    if (composed := _COMPOSED.get(get_origin(declared))) is not None:
        return composed(*get_args(declared))
    return dict(_PLAIN[declared])


def component_name(data_dict: type) -> str:
    return data_dict.__name__.lstrip("_")


def component_of(data_dict: type) -> Schema:
    """The schema of a data dict in answers."""
    return answer_schema(get_type_hints(data_dict, include_extras=True), first_paragraph(data_dict))


def answer_schema(types: Mapping[str, Any], description: str) -> Schema:
    """The schema of an object with these keys; more keys may be added to it in a later release."""
    return {
        "type": "object",
        "description": description,
        "properties": {key: schema_of(declared) for key, declared in types.items()},
        "required": [key for key, declared in types.items() if get_origin(declared) is not NotRequired],
    }


def struct_schema(arguments: Iterable[FieldInfo], description: str) -> Schema:
    """The schema of an object with these arguments and no others; an optional one may be null."""
    arguments = list(arguments)
    return {
        "type": "object",
        "description": description,
        "properties": {argument.name: argument_schema(argument) for argument in arguments},
        "required": [argument.name for argument in arguments if argument.required],
        "additionalProperties": False,
    }


def argument_schema(argument: FieldInfo, *, may_be_null: bool = True) -> Schema:
    """The schema of an argument, with its default."""
    schema = schema_of(_without_null(argument.type))
    if argument.default not in (NODEFAULT, None, ""):
        schema["default"] = msgspec.to_builtins(argument.default)
    return schema if argument.required or not may_be_null else _or_null(schema)


def first_paragraph(documented: object) -> str:
    paragraph, _, _ = (getdoc(documented) or "").partition("\n\n")
    return " ".join(paragraph.split())


def _or_null(schema: Schema) -> Schema:
    described: Schema = {key: schema.pop(key) for key in _DESCRIPTIONS if key in schema}
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return {**schema, "type": [schema["type"], "null"], **described}
    return {"anyOf": [schema, {"type": "null"}], **described}


def _without_null(declared: Any) -> Any:
    """The type of an optional argument's value."""
    parts = get_args(declared) if get_origin(declared) in (Union, UnionType) else ()
    left = [part for part in parts if part is not NoneType]
    return left[0] if len(left) == 1 else declared


def _annotated(declared: Any, *notes: Any) -> Schema:
    schema = schema_of(declared)
    for note in notes:
        if isinstance(note, Meta):
            schema |= _limited(note)
        elif note in _FORMATS:
            schema["format"] = _FORMATS[note]
        else:
            schema["description"] = str(note)
    return schema


def _limited(meta: Meta) -> Schema:
    limits = {
        keyword: value for name, keyword in _LIMITS.items() if (value := getattr(meta, name)) is not None
    }
    if "pattern" in limits:
        # The end of text, in Python's way of writing it.
        limits["pattern"] = limits["pattern"].replace(r"\Z", "$")
    described = {"description": meta.description, "examples": meta.examples}
    return {**limits, **(meta.extra_json_schema or {}), **{k: v for k, v in described.items() if v}}


def _either(*parts: Any) -> Schema:
    if len(parts) == 2 and parts[1] is NoneType:
        return _or_null(schema_of(parts[0]))
    schemas = [schema_of(part) for part in parts]
    if all(list(schema) == ["type"] for schema in schemas):
        return {"type": [schema["type"] for schema in schemas]}
    return {"anyOf": schemas}


_COMPOSED: dict[Any, Callable[..., Schema]] = {
    Annotated: _annotated,
    Required: schema_of,
    NotRequired: schema_of,
    Union: _either,
    UnionType: _either,
    Literal: lambda *values: {"type": "string", "enum": list(values)},
    list: lambda part: {"type": "array", "items": schema_of(part)},
    dict: lambda _key, part: {"type": "object", "additionalProperties": schema_of(part)},
}
