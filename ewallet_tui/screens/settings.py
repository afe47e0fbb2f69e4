"""The settings."""

from __future__ import annotations

from ewallet_tui.screens.framed import FramedScreen


class SettingsScreen(FramedScreen):
    """The settings."""

    PLACE = "settings"
