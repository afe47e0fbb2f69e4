"""Entity tags: with one, a client reads a view again only if it has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

from ewallet_core.instructions.reference import data_dicts_in
from ewallet_core.instructions.registry import Access, Instruction
from ewallet_core.operations.answer_data import TimerData

_MOVING = frozenset(
    {
        "client action view limit",
        "client action view sessions",
        "client action view summary",
        "system action interogate session",
        "system action interogate workers",
        "system action view metrics",
    }
)
"""Views that change by time alone, beside those that answer a timer."""
_TAG_BYTES = 16


def has_entity_tag(found: Instruction) -> bool:
    """Whether it is a view that changes only if something is changed."""
    if found.changes or found.access not in (Access.ACCOUNT, Access.SYSTEM) or found.name in _MOVING:
        return False
    timed = TimerData.__annotations__.keys()
    return not any(timed <= each.__annotations__.keys() for each in data_dicts_in([found.answers]).values())


def entity_tag(answer: Mapping[str, Any]) -> str:
    """The tag of an answer. It is weak: what other changes of the account count makes no difference."""
    content = {key: value for key, value in answer.items() if key != "event_sequence"}
    digest = hashlib.sha256(msgspec.json.encode(content)).digest()[:_TAG_BYTES]
    return f'W/"{digest.hex()}"'


def is_named(tag: str, if_none_match: str | None) -> bool:
    """Whether the client has the answer already, by the tags that it sent."""
    if if_none_match is None:
        return False
    named = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return "*" in named or tag.removeprefix("W/") in named
