"""The sheets."""

from __future__ import annotations

from ewallet_tui.screens.framed import FramedScreen


class SheetsScreen(FramedScreen):
    """The sheets."""

    PLACE = "sheets"
