"""A day that stands still for the screens: today is what the engine's clock says."""

from datetime import UTC, datetime

import pytest

from ewallet_tui.screens.base import BaseScreen


@pytest.fixture(autouse=True)
def still_day(monkeypatch, instant):
    today = staticmethod(lambda: datetime.fromtimestamp(instant.wall() / 1_000, UTC))
    monkeypatch.setattr(BaseScreen, "today", today)
