"""Engines on real files, with a clock that tests move and hashes that cost nothing."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zxcvbn
from database_file import faults_in, what_matters
from engine_client import EngineClient
from fakes import CHEAP, IN_MEMORY, FakeListener, Wallclock
from instructions import START, supply, to_clock
from sqlalchemy import Dialect, Engine, create_engine

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.storage import sqlite
from ewallet_core.storage.database import open_database
from ewallet_core.storage.sqlite import SqliteDatabase
from ewallet_core.storage.transaction import Statements

OpenEngine = Callable[..., EWalletSessionManager]


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Each statement is compiled by the first engine that runs it, and not by every test's anew."""
    known: dict[tuple[str, str], Statements] = {}

    def statements(dialect: Dialect) -> Statements:
        return known.setdefault((dialect.name, dialect.paramstyle), Statements(dialect))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "Statements", statements)
        yield


@pytest.fixture(scope="session", autouse=True)
def scored_once() -> Iterator[None]:
    """How good a password is, is found once for each."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zxcvbn, "zxcvbn", functools.cache(zxcvbn.zxcvbn))
        yield


@pytest.fixture(scope="session")
def new_wallet_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as it is when it has just been made; making one anew for each test takes too long."""
    file = tmp_path_factory.mktemp("new") / "wallet.sqlite3"
    EWalletSessionManager(f"sqlite:///{file}", clock=Wallclock(), passwords=CHEAP).close()
    return file


@pytest.fixture
def on_disk() -> None:
    """Asked for by tests of what a disk, or a process that is killed, may do to a wallet file."""


@pytest.fixture
def wallet_file(request: pytest.FixtureRequest, new_wallet_file: Path) -> Iterator[Path]:
    """A new wallet, in memory unless the test is about the disk."""
    place = None if "on_disk" in request.fixturenames else IN_MEMORY
    with tempfile.TemporaryDirectory(dir=place) as folder:
        yield Path(shutil.copy(new_wallet_file, folder))


@pytest.fixture
def wallclock() -> Wallclock:
    return Wallclock()


@pytest.fixture
def open_engine(wallet_file: Path, wallclock: Wallclock) -> Iterator[OpenEngine]:
    """Opens the wallet file, as often as a test likes."""
    opened: list[EWalletSessionManager] = []

    def opens(**choices: Any) -> EWalletSessionManager:
        engine = EWalletSessionManager(
            **{
                "database_url": f"sqlite:///{wallet_file}",
                "clock": wallclock,
                "passwords": CHEAP,
                **choices,
            }
        )
        engine.listen_through(FakeListener())
        opened.append(engine)
        return engine

    yield opens
    for engine in opened:
        engine.close()


@pytest.fixture
def config() -> EngineConfig:
    """What whoever runs the engine has chosen; a file of tests may choose otherwise."""
    return EngineConfig()


@pytest.fixture
def engine(
    open_engine: OpenEngine, wallet_file: Path, config: EngineConfig
) -> Iterator[EWalletSessionManager]:
    """An engine whose ledger is in order when the test is over, whatever the test has done."""
    yield open_engine(config=config)
    assert faults_in(wallet_file) == []


@pytest.fixture
def nobody(engine: EWalletSessionManager) -> EngineClient:
    """Somebody without a client id."""
    return EngineClient(engine)


@pytest.fixture
def visitor(engine: EWalletSessionManager) -> EngineClient:
    """Somebody with a session, to which nobody is logged in."""
    return EngineClient(engine).opens_a_session()


@pytest.fixture
def registered(visitor: EngineClient) -> EngineClient:
    """A visitor who has made the account `ada`, and has not logged in."""
    return visitor.registers()


@pytest.fixture
def ada(registered: EngineClient) -> EngineClient:
    """Logged in, with an empty wallet."""
    return registered.logs_in()


@pytest.fixture
def bob(engine: EWalletSessionManager) -> EngineClient:
    """Another person, logged in at another client."""
    return EngineClient(engine).opens_a_session().registers("bob").logs_in("bob")


@pytest.fixture
def supplied(ada: EngineClient) -> EngineClient:
    """Ada with 100 credits."""
    ada.asks_ok(**supply(100))
    return ada


@pytest.fixture
def converted(supplied: EngineClient) -> EngineClient:
    """Ada with 80 credits and 20 minutes."""
    supplied.asks_ok(**to_clock(20))
    return supplied


@pytest.fixture
def running(converted: EngineClient) -> EngineClient:
    """Ada with 80 credits, and 20 minutes that are running since noon."""
    converted.asks_ok(**START)
    return converted


@pytest.fixture
def nothing_changes(wallet_file: Path, engine: EWalletSessionManager) -> Iterator[Callable[[], None]]:
    """Call it when all is arranged: what is kept then must be what is kept when the test is over."""
    marked: list[object] = []
    yield lambda: marked.append(what_matters(wallet_file))
    assert what_matters(wallet_file) == marked[0]


@pytest.fixture
def database(wallet_file: Path) -> Iterator[SqliteDatabase]:
    database = open_database(f"sqlite:///{wallet_file}")
    yield database
    database.close()


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Engine]:
    """A new database, as the migrations make it."""
    file = tmp_path / "migrated.sqlite3"
    EWalletSessionManager(f"sqlite:///{file}").close()
    engine = create_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()
