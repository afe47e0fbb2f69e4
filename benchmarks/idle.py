"""The app's CPU use while its timer runs and no key is pressed, beside a Textual app with a clock.

All run at once, each in a real pseudo-terminal, so other load on the machine affects them alike.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pexpect
from accounts import PASSWORD, open_engine, open_person
from limits import LABEL
from processes import EWALLET, cpu_seconds, read_all, spawn
from table import Measurement, Row, in_pairs

from ewallet_core.data_folder import database_url

SECONDS_TO_SETTLE = 2
OWNER = "ada"


@dataclass(frozen=True)
class Scene:
    """A screen of the app: the key that opens it, and the terminal's size."""

    name: str
    key: str
    columns: int
    rows: int


SCENES = (Scene("home", "1", 120, 40), Scene("clock", "3", 120, 40))


def idle_rows(folder: Path, seconds: float) -> Iterator[Row]:
    """A row of each scene, in percent of a core over so many seconds."""
    terminals = [_start_label(), *(_open_scene(scene, folder) for scene in SCENES)]
    try:
        read_all(terminals, SECONDS_TO_SETTLE)
        before = [cpu_seconds(terminal.pid) for terminal in terminals]
        read_all(terminals, seconds)
        label, *shares = (
            Measurement((cpu_seconds(terminal.pid) - used) / seconds * 100)
            for terminal, used in zip(terminals, before, strict=True)
        )
    finally:
        for terminal in terminals:
            terminal.close(force=True)
    for scene, share in zip(SCENES, shares, strict=True):
        yield in_pairs(
            f"idle CPU, {scene.name}, timer running", "%", "Textual label, once a second", [label], [share]
        )


def _start_label() -> pexpect.spawn[str]:
    terminal = spawn([sys.executable, "-c", LABEL])
    terminal.expect_exact("Hello there")
    return terminal


def _open_scene(scene: Scene, folder: Path) -> pexpect.spawn[str]:
    """Start the app on a new wallet, log in, and open the scene's screen."""
    data = folder / scene.name
    data.mkdir()
    _make_wallet(data)
    terminal = spawn([EWALLET, "--data-dir", str(data)], scene.columns, scene.rows)
    terminal.expect_exact("this computer")
    read_all([terminal], SECONDS_TO_SETTLE)
    terminal.send(f"{OWNER}\t{PASSWORD}\r")
    terminal.expect_exact("Recent activity")
    terminal.send(scene.key)
    return terminal


def _make_wallet(folder: Path) -> None:
    """An account whose timer runs."""
    with open_engine(database_url(folder)) as engine:
        person = open_person(engine, OWNER, 100)
        person.send(engine, action="convert", convert="credits2clock", credits=20)
        person.send(engine, action="start", start="clock_timer")
