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


def screen_of(mode: str) -> Callable[[], Screen[Any]]:
    """What makes the screen of `mode`: the class named after it, in the module named after it."""

    def make() -> Screen[Any]:
        screen_class = getattr(import_module(f"ewallet_tui.screens.{mode}"), f"{mode.capitalize()}Screen")
        screen: Screen[Any] = screen_class()
        return screen

    return make
