"""The real app over a real engine on the day of the pictures, and what is waited for and written there."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, chdir
from dataclasses import replace
from pathlib import Path
from typing import Any

from draw import seamless
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

PATIENCE = 500
THEME = "ewallet-dark"
OWN_FOLDER = Path(".local/share/ewallet")


class Scene:
    """Somebody at the app."""

    def __init__(self, pilot: Pilot[Any], day: Day) -> None:
        self.pilot = pilot
        self.app: EWalletApp = pilot.app
        self.day = day

    async def press(self, *keys: str) -> None:
        """Press these keys."""
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.pilot.press(*("space" if letter == " " else letter for letter in text))

    async def wait_for(self, *words: str) -> None:
        """Let the app go on until all these words are on its screen."""
        for _ in range(PATIENCE):
            await self.pilot.pause(0.02)
            shown = self.text
            if all(each in shown for each in words):
                return
        raise RuntimeError(f"the app never shows {words}:\n{self.text}")

    async def settle(self) -> None:
        """Wait until nothing more comes, and nothing is shown that would be gone soon."""
        self.app.clear_notifications()
        await self.pilot.pause(0.3)

    async def log_in(self, name: str = "ada") -> None:
        """Be logged in as somebody, at home."""
        await self.type(name)
        await self.press("tab")
        await self.type(PASSWORD)
        await self.press("enter")
        await self.wait_for(f"{name} ● embedded")
        await self.settle()

    @property
    def svg(self) -> str:
        """What the screen looks like."""
        return seamless(self.app.export_screenshot(title="ewallet"))

    @property
    def text(self) -> str:
        """What can be read on the screen."""
        lines = self.app.screen._compositor.render_strips()  # noqa: SLF001 - nothing else has it as text
        return re.sub("\N{NO-BREAK SPACE}", " ", "\n".join(line.text for line in lines))


def stand_still() -> None:
    """Let everything look the same on every machine."""
    os.environ["TZ"] = "UTC"
    time.tzset()
    Input.cursor_blink._default = False  # noqa: SLF001 - it can't be chosen for all of them


@asynccontextmanager
async def opened(life: Path, size: tuple[int, int], theme: str = THEME) -> AsyncIterator[Scene]:
    """The app, just opened on a copy of that life."""
    day = Day()
    BaseScreen.today = InstructionLog.calendar = staticmethod(day.today)
    with tempfile.TemporaryDirectory() as home, chdir(home):
        # As seen from there, so that no picture shows where it was taken.
        folder = Path(shutil.copytree(life, OWN_FOLDER))
        preferences = replace(Preferences.read(folder), theme=theme)
        backends = Backends(
            lambda _: EmbeddedClient(lambda: open_engine(folder, day)), KnownServers(folder / "known")
        )
        async with EWalletApp(backends, preferences, None, day).run_test(size=size) as pilot:
            scene = Scene(pilot, day)
            await scene.wait_for("New account")
            yield scene
