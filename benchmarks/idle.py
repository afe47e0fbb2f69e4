"""Measures the app's CPU use while its timer runs and no key is pressed, beside a Textual app with a clock.

All run at once, each in a real pseudo-terminal, so other load on the machine affects them alike.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pexpect

from ewallet_core.client import AsyncEWalletClient
from ewallet_core.data_folder import database_url

SECONDS = 30
SECONDS_ALLOWED = 30
SECONDS_TO_SETTLE = 2
LIMIT = 1.0
LOGIN = {"user_name": "ada", "user_pass": "four unrelated words"}

LABEL = """
import time
from textual.app import App
from textual.widgets import Static

class Label(App):
    def compose(self):
        yield Static("Hello there", id="time")

    def on_mount(self):
        self.set_interval(1, lambda: self.query_one("#time").update(time.strftime("%H:%M:%S")))

Label().run()
"""


@dataclass(frozen=True)
class Scene:
    """A screen of the app: the keys that open it from Home, and the terminal's size."""

    name: str
    keys: str
    columns: int
    rows: int


SCENES = (
    Scene("home", "", 120, 40),
    Scene("clock, large figures", "3", 120, 40),
    Scene("clock, compact", "3", 60, 18),
    Scene("account", "6", 80, 24),
)


async def make_wallet(folder: Path) -> None:
    """Create an account with a running timer in that folder."""
    async with AsyncEWalletClient(database_url=database_url(folder)) as client:
        for instruction in (
            {"action": "new", "new": "account", "user_email": "ada@example.org", **LOGIN},
            {"action": "login", **LOGIN},
            {"action": "supply", "supply": "credits", "credits": 100, "currency": "EUR", "cost": "1"},
            {"action": "convert", "convert": "credits2clock", "credits": 20},
            {"action": "start", "start": "clock_timer"},
        ):
            answer = await client.send(**instruction)
            if answer["failed"]:
                raise RuntimeError(answer["error"])


def spawn(command: list[str], columns: int, rows: int) -> pexpect.spawn[bytes]:
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    size = (rows, columns)
    return pexpect.spawn(command[0], command[1:], env=environment, dimensions=size)


def open_scene(scene: Scene, folder: Path) -> pexpect.spawn[bytes]:
    """Start the app on a new wallet in that folder, log in, and open the scene's screen."""
    folder.mkdir()
    asyncio.run(make_wallet(folder))
    app = str(Path(sys.executable).with_name("ewallet"))
    terminal = spawn([app, "--data-dir", str(folder)], scene.columns, scene.rows)
    for words, keys in (("embedded", ["ada", "\t", LOGIN["user_pass"], "\r"]), ("Lately", scene.keys)):
        terminal.expect_exact(words, timeout=SECONDS_ALLOWED)
        read_all([terminal], SECONDS_TO_SETTLE)
        for key in keys:
            terminal.send(key)
    read_all([terminal], SECONDS_TO_SETTLE)
    return terminal


def start_label() -> pexpect.spawn[bytes]:
    """Start the Textual app with nothing but the time in it."""
    terminal = spawn([sys.executable, "-c", LABEL], 80, 24)
    terminal.expect_exact("Hello there", timeout=SECONDS_ALLOWED)
    return terminal


def read_all(terminals: Iterable[pexpect.spawn[bytes]], seconds: float) -> None:
    """Read their output for that long, as a terminal does."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for terminal in terminals:
            try:
                terminal.read_nonblocking(65_536, timeout=0.05)
            except pexpect.TIMEOUT:
                continue


def seconds_used(terminal: pexpect.spawn[bytes]) -> float:
    """The CPU time that its program has used so far."""
    fields = Path(f"/proc/{terminal.pid}/stat").read_text().rpartition(")")[2].split()
    user, system = int(fields[11]), int(fields[12])
    return (user + system) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Print the CPU share of each, and its ratio to that of the label."""
    with tempfile.TemporaryDirectory() as name:
        terminals = [start_label(), *(open_scene(scene, Path(name) / scene.name) for scene in SCENES)]
        try:
            before = [seconds_used(terminal) for terminal in terminals]
            read_all(terminals, SECONDS)
            shares = [
                (seconds_used(terminal) - used) / SECONDS * 100
                for terminal, used in zip(terminals, before, strict=True)
            ]
        finally:
            for terminal in terminals:
                terminal.close(force=True)
    label = shares[0]
    print(f"{'Textual label, once a second':<32} {label:.2f} %")
    for scene, share in zip(SCENES, shares[1:], strict=True):
        print(f"{'ewallet: ' + scene.name:<32} {share:.2f} %  ratio {share / label:.1f}")
    print(f"(target: at most {LIMIT:.0f} %)")


if __name__ == "__main__":
    main()
