"""The limits and words of a field of an instruction, and whether a value keeps them."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
from msgspec import Meta
from msgspec.structs import FieldInfo

from ewallet_core.instructions.values import Check, is_storable


def arguments_in(field_type: Any) -> dict[str, FieldInfo]:
    """What a field that is an object is made of, by name; nothing where it is none."""
    parts = (field_type, *get_args(field_type))
    objects = [part for part in parts if isinstance(part, type) and issubclass(part, msgspec.Struct)]
    return {argument.name: argument for made_of in objects for argument in msgspec.structs.fields(made_of)}


def meta_of(field_type: Any) -> Meta:
    """The limits and words of a field, also where it is optional."""
    if metas := [part for part in getattr(field_type, "__metadata__", ()) if isinstance(part, Meta)]:
        return metas[0]
    found = [meta_of(part) for part in get_args(field_type) if part is not type(None)]
    return found[0] if found else Meta()


def is_secret(field_type: Any) -> bool:
    """Whether the field's value must never be shown, logged or remembered."""
    return bool((meta_of(field_type).extra or {}).get("secret"))


def passes(field_type: Any, value: Any) -> bool:
    """Whether `value`, already of the right type, keeps the rules that its type alone can't say."""
    if isinstance(value, str) and not is_storable(value):
        return False
    check: Check | None = (meta_of(field_type).extra or {}).get("check")
    return value is None or check is None or check(value)


def accepts(field_type: Any, value: Any) -> bool:
    """Whether `value` may stand in this field of an instruction."""
    try:
        return passes(field_type, msgspec.convert(value, field_type))
    except (msgspec.ValidationError, UnicodeError):
        return False
