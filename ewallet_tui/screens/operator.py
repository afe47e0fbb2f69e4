"""What operators see."""

from __future__ import annotations

from ewallet_tui.screens.framed import FramedScreen


class OperatorScreen(FramedScreen):
    """What operators see."""

    PLACE = "operator"
