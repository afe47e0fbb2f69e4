"""Which screen each mode of the app opens, imported when it is first gone to."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ewallet_tui.places import ALL_PLACES

if TYPE_CHECKING:
    from textual.screen import Screen

LOGIN, LOCK = "login", "lock"
PLACE_MODES = tuple(place.mode for place in ALL_PLACES)


def screen_class_of(mode: str) -> type[Screen[Any]]:
    """The screen of `mode`: the class named after it, in the module named after it."""
    module = import_module(f"ewallet_tui.screens.{mode}")
    screen_class: type[Screen[Any]] = getattr(module, f"{mode.capitalize()}Screen")
    return screen_class


def screen_of(mode: str) -> Callable[[], Screen[Any]]:
    """What makes the screen of `mode`."""
    # Not the class itself: its module is imported when it is first gone to.
    return lambda: screen_class_of(mode)()  # noqa: PLW0108
