"""The numbered screens of the app, and the mode that opens each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.screen import Screen


OPERATOR, AUDITOR = "operator", "auditor"
EVERYBODY = frozenset({"user", OPERATOR, AUDITOR})


@dataclass(frozen=True)
class Destination:
    """A screen that can be gone to."""

    mode: str
    title: str
    letter: str
    roles: frozenset[str] = EVERYBODY
    """Who may go there, by the role of the account."""


DESTINATIONS = (
    Destination("home", "Home", "h"),
    Destination("wallet", "Wallet", "w"),
    Destination("clock", "Clock", "c"),
    Destination("contacts", "Contacts", "p"),
    Destination("sheets", "Sheets", "s"),
    Destination("account", "Account", "a"),
    Destination("console", "Console", "k"),
    Destination("operator", "Operator", "o", frozenset({OPERATOR, AUDITOR})),
)
"""Those with a tab, whose number is its place in this order."""

SETTINGS = Destination("settings", "Settings", "comma")
ALL_DESTINATIONS = (*DESTINATIONS, SETTINGS)


def destinations_for(role: str) -> tuple[Destination, ...]:
    """The places where an account of that role may go."""
    return tuple(place for place in ALL_DESTINATIONS if role in place.roles)


LOGIN, LOCK = "login", "lock"
SCREEN_MODES = tuple(place.mode for place in ALL_DESTINATIONS)


def screen_class_of(mode: str) -> type[Screen[Any]]:
    """The screen of `mode`: the class named after it, in the module named after it."""
    module = import_module(f"ewallet_tui.screens.{mode}")
    screen_class: type[Screen[Any]] = getattr(module, f"{mode.capitalize()}Screen")
    return screen_class


def screen_of(mode: str) -> Callable[[], Screen[Any]]:
    """What makes the screen of `mode`."""
    # Not the class itself: its module is imported when it is first gone to.
    return lambda: screen_class_of(mode)()  # noqa: PLW0108
