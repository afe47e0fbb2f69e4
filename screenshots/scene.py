"""The real app on a real engine at a fixed time, driven by keys."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, chdir
from pathlib import Path
from typing import Any

import msgspec
from draw import remove_gaps
from life import PASSWORD, Day, open_engine
from textual.pilot import Pilot
from textual.widgets import Input

from ewallet_core.client import EmbeddedClient
from ewallet_core.client.trust import KnownServers
from ewallet_tui.app import EWalletApp
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.connection import Backends
from ewallet_tui.instruction_log import InstructionLog
from ewallet_tui.screens.base import BaseScreen

MOST_PAUSES = 500
THEME = "ewallet-dark"
OWN_FOLDER = Path(".local/share/ewallet")


class Scene:
    """The running app and its clock."""

    def __init__(self, pilot: Pilot[Any], day: Day) -> None:
        self.pilot = pilot
        self.app: EWalletApp = pilot.app
        self.day = day

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        await self.pilot.press(*("space" if letter == " " else letter for letter in text))

    async def wait_for(self, *words: str) -> None:
        """Wait until all these words are on the screen."""
        for _ in range(MOST_PAUSES):
            await self.pilot.pause(0.02)
            shown = self.text
            if all(each in shown for each in words):
                return
        raise RuntimeError(f"the app never shows {words}:\n{self.text}")

    async def settle(self) -> None:
        """Wait until the screen is stable, without notifications."""
        self.app.clear_notifications()
        await self.pilot.pause(0.3)

    async def log_in(self, name: str = "ada") -> None:
        """Log in, and wait for Home."""
        await self.type(name)
        await self.press("tab")
        await self.type(PASSWORD)
        await self.press("enter")
        await self.wait_for(f"{name} ● this computer")
        await self.settle()

    @property
    def svg(self) -> str:
        return remove_gaps(self.app.export_screenshot(title="ewallet"))

    @property
    def text(self) -> str:
        lines = self.app.screen._compositor.render_strips()  # noqa: SLF001 - no public API returns the screen as text
        return re.sub("\N{NO-BREAK SPACE}", " ", "\n".join(line.text for line in lines))


def fix_environment() -> None:
    """Make the app look the same on every machine."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    Input.cursor_blink._default = False  # noqa: SLF001 - there is no public default


@asynccontextmanager
async def open_app(wallets: Path, size: tuple[int, int], theme: str = THEME) -> AsyncIterator[Scene]:
    """The app, just opened on a copy of the wallets in that folder."""
    day = Day()
    BaseScreen.today = InstructionLog.calendar = staticmethod(day.today)
    with tempfile.TemporaryDirectory() as home, chdir(home):
        # A relative path, so that no picture shows a path of this machine.
        folder = Path(shutil.copytree(wallets, OWN_FOLDER))
        preferences = msgspec.structs.replace(Preferences.read(folder), theme=theme)
        backends = Backends(
            lambda _: EmbeddedClient(lambda: open_engine(folder, day)), KnownServers(folder / "known")
        )
        async with EWalletApp(lambda: backends, preferences, None, day).run_test(size=size) as pilot:
            scene = Scene(pilot, day)
            await scene.wait_for("New account")
            yield scene
