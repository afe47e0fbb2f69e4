"""An app over the real engine, in a folder of its own, at an instant that only the test moves."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest
from backends import Backend, OpenEngine, started
from instant import CHEAP, Instant
from msgspec.structs import replace
from person import Person
from pytest_textual_snapshot import SVGImageExtension
from quick_textual import forget_rendered, make_quick, render
from syrupy.assertion import SnapshotAssertion
from textual.widgets import Input

from ewallet_core import EWalletSessionManager
from ewallet_core.data_folder import FOLDER_VARIABLE, database_url
from ewallet_core.operations.context import EngineConfig
from ewallet_tui.app import EWalletApp
from ewallet_tui.config.preferences import Preferences

LooksAsKept = Callable[[Person, str], Awaitable[bool]]
MakeApp = Callable[..., EWalletApp]
OpenApp = Callable[..., AbstractAsyncContextManager[Person]]


@pytest.fixture(autouse=True)
def still_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """No cursor blinks, and every moment is written in one zone."""
    blink = Input.cursor_blink
    monkeypatch.setattr(blink, "_default", False)
    monkeypatch.setenv("TZ", "UTC")
    # Nothing reaches the clipboard of a developer's desktop.
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("SSH_TTY", "/dev/pts/0")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    time.tzset()


@pytest.fixture(autouse=True, scope="session")
def quickly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        make_quick(patch)
        yield


@pytest.fixture
def lasting_toasts(monkeypatch: pytest.MonkeyPatch) -> None:
    """No toast is gone before it is looked for, which takes long on a busy machine."""
    monkeypatch.setattr(EWalletApp, "NOTIFICATION_TIMEOUT", 600)


@pytest.fixture
def looks_as_kept(snapshot: SnapshotAssertion) -> LooksAsKept:
    """Whether what a person sees now is as it was kept under that name; a test may come by many."""
    pictures = snapshot.use_extension(SVGImageExtension)

    async def compare(person: Person, name: str) -> bool:
        person.app.clear_notifications()
        await person.pilot.pause()
        forget_rendered(person.app)
        return bool(pictures(name=name) == person.app.export_screenshot())

    return compare


@pytest.fixture(scope="session")
def new_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder as it is when it has just been made; making one anew for each test takes too long."""
    made = tmp_path_factory.mktemp("new")
    EWalletSessionManager(database_url(made), clock=Instant().wall, passwords=CHEAP).close()
    return made


@pytest.fixture
def folder(tmp_path: Path, new_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    chosen = Path(shutil.copytree(new_folder, tmp_path / "wallet"))
    monkeypatch.setenv(FOLDER_VARIABLE, str(chosen))
    return chosen


@pytest.fixture
def instant() -> Instant:
    return Instant()


@pytest.fixture
def kind_of_backend() -> str:
    """How the apps of a test reach their engine: in this process, unless the test is for both ways."""
    return "embedded"


@pytest.fixture
def open_engine(folder: Path, instant: Instant) -> OpenEngine:
    """Opens an engine on the folder, also where another has it open."""

    def open_one() -> EWalletSessionManager:
        config = EngineConfig(self_supply=True)
        return EWalletSessionManager(database_url(folder), clock=instant.wall, config=config, passwords=CHEAP)

    return open_one


@pytest.fixture
def backend(kind_of_backend: str, open_engine: OpenEngine, folder: Path) -> Iterator[Backend]:
    with started(kind_of_backend, open_engine, folder) as made:
        yield made


@pytest.fixture
def another_engine(folder, instant) -> Iterator[EWalletSessionManager]:
    with EWalletSessionManager(database_url(folder), clock=instant.wall, passwords=CHEAP) as engine:
        yield engine


@pytest.fixture
def make_app(folder: Path, instant: Instant, backend: Backend) -> MakeApp:
    """Makes an app on the folder; all of them see the same wallet."""

    def make(**choices: int | str) -> EWalletApp:
        preferences = replace(Preferences.read(folder), **choices)
        return EWalletApp(
            lambda: backend.backends, preferences, backend.server, instant, instant.wall_seconds
        )

    return make


@pytest.fixture
def opened(make_app: MakeApp) -> OpenApp:
    """Opens an app, and gives a person who sits at it."""

    @asynccontextmanager
    async def open_one(size: tuple[int, int] = (80, 24), **choices: int | str) -> AsyncIterator[Person]:
        app = make_app(**choices)
        async with app.run_test(size=size, notifications=True, tooltips=True) as pilot:
            person = Person(app, pilot)
            await person.wait_until(lambda: app.screen.query("#login Input"))
            yield person
            render(app)

    return open_one
