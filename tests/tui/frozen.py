"""A day that stands still, for the app and its engine at once, so that a screen always looks the same."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from backends import Backend, started
from fakes import IN_MEMORY
from instant import CHEAP, Instant
from new_wallets import copy_of_file
from person import Person
from quick_textual import render
from textual.widgets import Input

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import DATABASE_FILE
from ewallet_core.operations.context import EngineConfig
from ewallet_tui.app import EWalletApp
from ewallet_tui.config.preferences import Preferences
from ewallet_tui.screens.base import BaseScreen
from ewallet_tui.screens.form_screen import FormScreen

NARROW, USUAL, WIDE = (60, 20), (80, 24), (120, 40)
READING = {"records", "detail", "pages"}
"""The workers that bring to a screen what it shows of the engine."""


class Day(Instant):
    """A day on which one person keeps one wallet, at `url`."""

    url: str

    def today(self) -> datetime:
        return datetime.fromtimestamp(self.wall() // 1_000, UTC)

    backend: Backend
    stops_in_the_past = True

    def make_app(self) -> EWalletApp:
        return EWalletApp(
            lambda: self.backend.backends, Preferences(), self.backend.server, self, self.wall_seconds
        )

    def open_engine(self) -> EWalletSessionManager:
        # The day may pass in leaps longer than a session lives.
        config = EngineConfig(
            session_lifetime_ms=10**12, self_supply=True, stop_in_the_past=self.stops_in_the_past
        )
        return EWalletSessionManager(self.url, clock=self.wall, config=config, passwords=CHEAP)


def standing_still(monkeypatch, kind_of_backend, folder, new_folder):
    """What a fixture yields from: a day, and until its end the zone in which it is told.

    Its wallet is a copy of the one in `new_folder`, in memory.
    """
    frozen = Day()
    monkeypatch.setattr(BaseScreen, "today", staticmethod(frozen.today))
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    with (
        copy_of_file(new_folder / DATABASE_FILE, IN_MEMORY) as frozen.url,
        started(kind_of_backend, frozen.open_engine, folder) as frozen.backend,
    ):
        yield frozen
    monkeypatch.undo()
    time.tzset()


@asynccontextmanager
async def person_on(day: Day, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Person]:
    """A person before whom an app has just been opened, on that day."""
    async with day.make_app().run_test(size=size, notifications=True) as pilot:
        person = Person(pilot.app, pilot)
        await person.wait_until(lambda: pilot.app.screen.query("#login Input"))
        yield person
        render(person.app)


async def form_opened(person: Person) -> None:
    """Wait until a form can be typed into."""
    await person.wait_until(
        lambda: isinstance(person.app.screen, FormScreen) and person.app.screen.query(Input)
    )


async def form_gone(person: Person) -> None:
    """Wait until the form is done, and the screen beneath shows what came of it."""
    await person.wait_until(lambda: not isinstance(person.app.screen, FormScreen))
    await settled(person)


async def settled(person: Person) -> None:
    """Wait until the picture and the records on the screen are those of the engine."""
    await person.app.context.store.refresh()
    await person.pilot.pause()
    await read(person)


async def read(person: Person) -> None:
    """Wait until what the screen reads of the engine has been read."""
    workers = person.app.workers
    await person.wait_until(lambda: all(w.is_finished for w in workers if w.group in READING))


async def at_sizes(person: Person, *sizes: tuple[int, int]) -> AsyncIterator[str]:
    """Give the terminal each of the sizes, and the name of that size."""
    for width, height in sizes:
        await person.resize(width, height)
        await read(person)
        yield f"{width}x{height}"


async def picture_ready(person: Person) -> None:
    """As `settled`, with nothing on the screen that would be gone a few seconds later."""
    await settled(person)
    person.app.clear_notifications()
    await person.pilot.pause()
