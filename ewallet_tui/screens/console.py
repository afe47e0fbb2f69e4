"""The console."""

from __future__ import annotations

from ewallet_tui.screens.framed import FramedScreen


class ConsoleScreen(FramedScreen):
    """The console."""

    PLACE = "console"
