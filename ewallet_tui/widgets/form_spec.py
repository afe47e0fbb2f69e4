"""A form as data: its fields, its texts, and how its values are validated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ewallet_tui.widgets.form_field import Field

Answer = dict[str, Any]
Values = Mapping[str, Any]


def no_preview(_: Values) -> str:
    return ""


def as_it_is(error: Answer) -> Answer:
    return error


def no_problems(_: Values) -> Mapping[str, str]:
    return {}


def no_confirmation(_: Values) -> str:
    return ""


@dataclass(frozen=True)
class FormSpec:
    """A form."""

    title: str
    verb: str
    """What its button does, as a verb."""
    fields: tuple[Field, ...]
    note: str = ""
    """What a person should know before they begin."""
    preview: Callable[[Values], str] = no_preview
    """A sentence about what will have happened, from the values that can be taken so far; or nothing."""
    validate: Callable[[Values], Mapping[str, str]] = no_problems
    """What is wrong, by field, with values that are each right by themselves."""
    reworded: Callable[[Answer], Answer] = as_it_is
    """A refusal in the words that say most to who fills in this form."""
    leave: str = "Cancel"
    """What the other button does, as a verb."""
    confirmation: Callable[[Values], str] = no_confirmation
    """What a person is asked once more before the values are sent; nothing: they meant it."""
