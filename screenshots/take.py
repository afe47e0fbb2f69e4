"""Takes the pictures in this folder: the real app over a real engine, with a little history in its wallet.

SVG always; PNG as well where Chromium is installed.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from ewallet_core import EWalletSessionManager
from ewallet_core.client import EmbeddedClient
from ewallet_core.data_folder import database_url
from ewallet_core.sessions.manager import system_clock
from ewallet_tui.app import EWalletApp
from ewallet_tui.engines import Engines
from ewallet_tui.preferences import Preferences

HERE = Path(__file__).parent
SIZE = (100, 30)
PASSWORD = "four unrelated words"
MINUTE_MS = 60_000
PATIENCE = 500

# What Ada did, and how many minutes ago.
HISTORY: tuple[tuple[int, dict[str, Any]], ...] = (
    (1_500, {"action": "supply", "supply": "credits", "credits": 100, "currency": "EUR", "cost": "12.50"}),
    (1_490, {"action": "convert", "convert": "credits2clock", "credits": 45}),
    (1_480, {"action": "start", "start": "clock_timer"}),
    (1_462, {"action": "stop", "stop": "clock_timer"}),
    (190, {"action": "supply", "supply": "credits", "credits": 250, "currency": "EUR", "cost": "30"}),
    (180, {"action": "start", "start": "clock_timer"}),
    (176, {"action": "pause", "pause": "clock_timer"}),
    (171, {"action": "resume", "resume": "clock_timer"}),
    (168, {"action": "stop", "stop": "clock_timer"}),
    (20, {"action": "convert", "convert": "credits2clock", "credits": 5}),
    (9, {"action": "start", "start": "clock_timer"}),
    (4, {"action": "pause", "pause": "clock_timer"}),
    (3, {"action": "resume", "resume": "clock_timer"}),
)

Shot = Callable[[Pilot[Any]], Awaitable[None]]


class PastClock:
    """The machine's clock, as many minutes ago as it is set back."""

    def __init__(self, minutes_ago: int) -> None:
        self.minutes_ago = minutes_ago

    def __call__(self) -> int:
        return system_clock() - self.minutes_ago * MINUTE_MS


async def live(folder: Path) -> None:
    """Give the wallet its history, each thing done at its own time."""
    clock = PastClock(1_510)
    client = EmbeddedClient(lambda: EWalletSessionManager(database_url(folder), clock=clock))
    await client.open()
    account = {"user_name": "ada", "user_email": "ada@example.org", "user_phone": "+44 20 7946 0018"}
    await act(client, action="new", new="account", user_pass=PASSWORD, **account)
    for minutes_ago, instruction in HISTORY:
        clock.minutes_ago = minutes_ago
        # A session does not live as long as this history: it is opened anew for what comes next.
        await client.open()
        await act(client, action="login", user_name="ada", user_pass=PASSWORD)
        await act(client, **instruction)
    await client.close()


async def act(client: EmbeddedClient, **instruction: Any) -> None:
    """Have an instruction carried out."""
    answer = await client.send(controller="client", ctype="action", **instruction)
    if answer["failed"]:
        raise RuntimeError(answer["error"])


async def wait_for(pilot: Pilot[Any], words: str) -> None:
    """Let the app go on until these words are on its screen."""
    for _ in range(PATIENCE):
        await pilot.pause(0.02)
        if words in _text(pilot.app.export_screenshot()):
            return
    raise RuntimeError(f"the app never shows {words!r}")


async def log_in(pilot: Pilot[Any]) -> None:
    """Log Ada in."""
    await pilot.press(
        *"ada", "tab", *(("space" if letter == " " else letter) for letter in PASSWORD), "enter"
    )
    await wait_for(pilot, "running")


async def take(name: str, folder: Path, shot: Shot) -> None:
    """Open the app, bring it to where the picture is to be taken, and take it."""
    app = EWalletApp(Engines.kept_in(folder), Preferences.read(folder))
    async with app.run_test(size=SIZE) as pilot:
        await wait_for(pilot, "New account")
        await shot(pilot)
        await pilot.pause(0.2)
        app.save_screenshot(f"{name}.svg", str(HERE))
    print(HERE / f"{name}.svg")


async def wallet(pilot: Pilot[Any]) -> None:
    """The wallet with its movements."""
    await log_in(pilot)
    await pilot.press("1")
    await wait_for(pilot, "Lately")


async def supply(pilot: Pilot[Any]) -> None:
    """A form with its preview."""
    await wallet(pilot)
    await pilot.press("c")
    await wait_for(pilot, "Notes")
    await pilot.press(*"30")
    await wait_for(pilot, "30:00")


async def clock(pilot: Pilot[Any]) -> None:
    """The clock with its timer running."""
    await log_in(pilot)
    await pilot.press("2")
    await wait_for(pilot, "yesterday")


async def account(pilot: Pilot[Any]) -> None:
    """The account."""
    await log_in(pilot)
    await pilot.press("3")
    await wait_for(pilot, "ada@example.org")


async def login(_pilot: Pilot[Any]) -> None:
    """The login."""


SHOTS: dict[str, Shot] = {
    "login": login,
    "wallet": wallet,
    "convert": supply,
    "clock": clock,
    "account": account,
}


def draw_png(svg: Path, chromium: str) -> None:
    """Have Chromium draw the picture: other converters drop spaces or move borders."""
    box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text())
    if box is None:
        raise ValueError(f"{svg} is not a picture of the app")
    width, height = (int(float(side)) + 1 for side in box.groups())
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    subprocess.run(
        [
            chromium,
            *options,
            f"--window-size={width},{height}",
            "--force-device-scale-factor=1.5",
            "--default-background-color=00000000",
            f"--screenshot={svg.with_suffix('.png')}",
            svg.as_uri(),
        ],
        check=True,
        capture_output=True,
    )


def _text(svg: str) -> str:
    return re.sub(r"<[^>]+>", "", svg).replace("&#160;", " ")


def main() -> None:
    """Take every picture."""
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(live(Path(name)))
        for shot, bring in SHOTS.items():
            asyncio.run(take(shot, Path(name), bring))
    if chromium := shutil.which("chromium") or shutil.which("google-chrome"):
        for svg in sorted(HERE.glob("*.svg")):
            draw_png(svg, chromium)


if __name__ == "__main__":
    main()
