"""A setting: its name in the file, what it means, and what it can be."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ewallet_core.protocol.address import ServerAddress

Value = Any
"""A text, a whole number, true or false, or texts in a list: what TOML and Python have in common."""
MOST_NAMED = 6
"""How many possible values a sentence can name."""


@dataclass(frozen=True)
class Setting:
    """One line of the settings file."""

    name: str
    explained: str
    """What it does, in a sentence or two: the comment in the file, and the help on the screen."""
    usual: Value
    """What holds where nothing is chosen."""
    problem_with: Callable[[str, object], str]
    """What is wrong with a value that the file has for the setting of that name; or nothing."""
    label: str = ""
    """Its name on the screen; nothing: it isn't chosen there."""
    offered: tuple[Value, ...] = ()
    """What the screen offers, in this order."""
    shown: Callable[[Value], str] = str
    """A value in words."""


def one_of(values: Sequence[Value]) -> Callable[[str, object], str]:
    """Takes one of these values."""

    def problem_with(name: str, value: object) -> str:
        # To Python, true is a 1.
        if any(value == possible and type(value) is type(possible) for possible in values):
            return ""
        if len(values) > MOST_NAMED:
            return f"{name} can't be {written(value)}.{meant(value, values)}"
        return f"{name} must be {_alternatives(values)}."

    return problem_with


def whole_number(name: str, value: object) -> str:
    """Takes a whole number from 0."""
    is_taken = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if is_taken else f"{name} must be a whole number from 0."


def place_of_server(name: str, value: object) -> str:
    """Takes the place of a server, or nothing."""
    if isinstance(value, str) and (not value or _is_place(value)):
        return ""
    return f'{name} must be a server such as "wallet.example.org:8080", or "".'


def places_of_servers(name: str, value: object) -> str:
    """Takes a list of the places of servers."""
    if isinstance(value, list) and all(isinstance(place, str) and _is_place(place) for place in value):
        return ""
    return f'{name} must be a list of servers, such as ["wallet.example.org:8080"].'


def names_by_place(name: str, value: object) -> str:
    """Takes a table with a list of names for each place."""
    lists = value.values() if isinstance(value, dict) else [None]
    if all(isinstance(names, list) and all(isinstance(one, str) for one in names) for names in lists):
        return ""
    return f'[{name}] must have lists of names, such as embedded = ["ada"].'


def keys_by_action(name: str, value: object) -> str:
    """Takes a table; what is in it is looked at by who knows the actions."""
    return "" if isinstance(value, dict) else f'[{name}] must be a table with lines such as pay = "p".'


def meant(value: object, values: Sequence[Value]) -> str:
    """The question, after a sentence, whether the nearest of `values` is meant; or nothing."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    nearest = get_close_matches(str(value), [str(possible) for possible in values], 1)
    return f" Is {written(nearest[0])} meant?" if nearest else ""


def written(value: object) -> str:
    """A value as it stands in the file."""
    # Of texts, numbers, true, false and lists of texts, JSON is what TOML is.
    return json.dumps(value, ensure_ascii=False, default=str)


def _alternatives(values: Sequence[Value]) -> str:
    *others, last = map(written, values)
    return f"{', '.join(others)} or {last}"


def _is_place(text: str) -> bool:
    try:
        ServerAddress.read(text)
    except ValueError:
        return False
    return True
