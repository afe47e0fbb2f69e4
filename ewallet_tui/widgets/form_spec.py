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


def unchanged(error: Answer) -> Answer:
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
    """The label of the button that sends it."""
    fields: tuple[Field, ...]
    note: str = ""
    """A text above the fields."""
    preview: Callable[[Values], str] = no_preview
    """A sentence about the outcome, from the valid values so far; may be empty."""
    validate: Callable[[Values], Mapping[str, str]] = no_problems
    """The problems, by field, of values that are valid one by one."""
    reworded: Callable[[Answer], Answer] = unchanged
    """Rewords an error for this form."""
    leave: str = "Cancel"
    """The label of the other button."""
    confirmation: Callable[[Values], str] = no_confirmation
    """The question to confirm before the values are sent; empty: none."""
