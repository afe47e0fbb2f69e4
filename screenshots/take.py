"""Takes the screenshots in this folder from the real app: SVG, and with Chromium also PNG and the demo."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from demo import play
from draw import chromium, draw_animation, draw_png
from life import create_wallets
from scene import THEME, Scene, fix_environment, open_app

HERE = Path(__file__).parent
USUAL, WIDE, SMALL = (100, 30), (120, 28), (60, 20)
DEMO, DEMO_SIZE = "demo", (80, 24)


class Shot(NamedTuple):
    """A screenshot; `prepare` brings the app to it."""

    prepare: Callable[[Scene], Awaitable[None]]
    size: tuple[int, int] = USUAL
    theme: str = THEME


async def login(scene: Scene) -> None:
    await scene.type("ada")


async def home(scene: Scene) -> None:
    await scene.log_in()
    await scene.wait_for("● running", "today 11:05")


async def empty_home(scene: Scene) -> None:
    await scene.log_in("newton")
    await scene.wait_for("Supply credits")


async def pay(scene: Scene) -> None:
    await scene.log_in()
    await scene.press("p")
    await scene.wait_for("Notes")
    await scene.type("25")
    await scene.press("tab")
    await scene.type("gra")
    await scene.wait_for("→ Grace")
    await scene.press("right", "tab")
    await scene.type("the talk in Paris")
    await scene.wait_for("You pay Grace", "509 left.", "the talk in Paris")


async def console(scene: Scene) -> None:
    await scene.log_in()
    for key, amount, to, words in (
        ("c", "20", "", "✓ 20 credits"),
        ("p", "25", "grace", "✓ Paid"),
        ("t", "5", "bob", "✓ Transferred"),
    ):
        await scene.press(key)
        await scene.wait_for("Notes")
        await scene.type(amount)
        await scene.press("enter")
        if to:
            await scene.type(to)
            await scene.press("enter")
        await scene.wait_for(words)
    await scene.press("space")
    await scene.wait_for("‖ paused")
    await scene.press("7", "v")
    await scene.wait_for("Only changes")
    await scene.press("s")
    await scene.type("transfer credits credits=10 transfer_to=")


def screen(key: str, *words: str, then: tuple[str, ...] = (), name: str = "ada") -> Shot:
    """A screen that a key opens, after some more keys."""

    async def prepare(scene: Scene) -> None:
        await scene.log_in(name)
        await scene.press(key)
        await scene.settle()
        await scene.press(*then)
        await scene.wait_for(*words)

    return Shot(prepare)


SHOTS = {
    "login": Shot(login),
    "home": Shot(home),
    "home-light": Shot(home, theme="ewallet-light"),
    "home-compact": Shot(home, SMALL),
    "home-empty": Shot(empty_home),
    "pay": Shot(pay),
    "wallet": screen("2", "Statement"),
    "clock": screen("3", "today"),
    "contacts": screen("4", "Payments with", then=("down",))._replace(size=WIDE),
    "transfers": screen("5", "17 Nov 09:12   ", "Journal", then=("down", "down"))._replace(size=WIDE),
    "invoices": screen("5", "Invoice 15", "Journal", then=("I",))._replace(size=WIDE),
    "account": screen("6", "ada@example.org", "Security"),
    "console": Shot(console),
    "settings": screen("comma", "Theme"),
    "operator": screen("8", "frozen", name="olga"),
    "permissions": screen("8", "✓ may", then=("P",), name="olga"),
}


async def take(name: str, shot: Shot, wallets: Path) -> None:
    async with open_app(wallets, shot.size, shot.theme) as scene:
        await shot.prepare(scene)
        await scene.settle()
        (HERE / f"{name}.svg").write_text(scene.svg, encoding="utf-8")


async def take_demo(wallets: Path, browser: str) -> None:
    async with open_app(wallets, DEMO_SIZE) as scene:
        draw_animation(await play(scene), HERE / f"{DEMO}.webp", browser)


async def main(wanted: list[str]) -> None:
    """Take the screenshots of these names; without names, all of them and the demo."""
    fix_environment()
    browser = chromium()
    with tempfile.TemporaryDirectory() as folder:
        wallets = Path(folder)
        await create_wallets(wallets)
        for name in wanted or (*SHOTS, DEMO):
            if name in SHOTS:
                await take(name, SHOTS[name], wallets)
            if browser and name in SHOTS:
                draw_png(HERE / f"{name}.svg", browser)
            elif browser:
                await take_demo(wallets, browser)
            print(name)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
