"""Engines on real databases, with a clock that tests move and cheap password hashes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from database_file import significant_rows
from engine_client import EngineClient
from example import Example
from fakes import CHEAP, FakeListener, Wallclock
from instructions import START, supply, to_clock
from new_wallets import NewWallet
from sqlalchemy import Engine, create_engine
from wallet_checker import WalletChecker

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.storage.database import Database, open_database

OpenEngine = Callable[..., EWalletSessionManager]


@pytest.fixture
def wallclock() -> Wallclock:
    return Wallclock()


def open_on(url: str, wallclock: Wallclock, **choices: Any) -> EWalletSessionManager:
    usual = {"database_url": url, "clock": wallclock, "passwords": CHEAP}
    engine = EWalletSessionManager(**{**usual, **choices})
    engine.listen_through(FakeListener())
    return engine


@pytest.fixture
def open_engine(wallet_url: str, wallclock: Wallclock) -> Iterator[OpenEngine]:
    """Open an engine on the wallet; several at a time are possible."""
    opened: list[EWalletSessionManager] = []

    def open_one(**choices: Any) -> EWalletSessionManager:
        opened.append(open_on(wallet_url, wallclock, **choices))
        return opened[-1]

    yield open_one
    for engine in opened:
        engine.close()


@pytest.fixture
def config() -> EngineConfig:
    """The configuration of the engine; test modules may override it."""
    return EngineConfig()


@pytest.fixture
def engine(
    open_engine: OpenEngine, wallet_url: str, config: EngineConfig, wallet_checker: WalletChecker
) -> Iterator[EWalletSessionManager]:
    """An engine whose ledger must verify after the test."""
    yield open_engine(config=config)
    assert wallet_checker.violations(wallet_url) == []


@pytest.fixture
def anonymous(engine: EWalletSessionManager) -> EngineClient:
    """A client without a client id, in the process of the engine."""
    return EngineClient(engine)


@pytest.fixture
def visitor(engine: EWalletSessionManager) -> EngineClient:
    """A client with a session, not logged in."""
    return EngineClient(engine).open_session()


@pytest.fixture
def registered(visitor: EngineClient) -> EngineClient:
    """A visitor that has created the account `ada`, not logged in."""
    return visitor.register()


@pytest.fixture
def ada(registered: EngineClient) -> EngineClient:
    """Ada, logged in, with an empty wallet."""
    return registered.log_in()


@pytest.fixture
def bob(engine: EWalletSessionManager) -> EngineClient:
    """Another user, logged in to another session."""
    return EngineClient(engine).open_session().register("bob").log_in("bob")


@pytest.fixture
def supplied(ada: EngineClient) -> EngineClient:
    """Ada with 100 credits."""
    ada.request(**supply(100))
    return ada


@pytest.fixture
def converted(supplied: EngineClient) -> EngineClient:
    """Ada with 80 credits and 20 minutes."""
    supplied.request(**to_clock(20))
    return supplied


@pytest.fixture
def running(converted: EngineClient) -> EngineClient:
    """Ada with 80 credits, and 20 minutes on a timer that runs since noon."""
    converted.request(**START)
    return converted


@pytest.fixture
def nothing_changes(wallet_url: str, engine: EWalletSessionManager) -> Iterator[Callable[[], None]]:
    """Call it before the action: the stored rows must then be the same at the end of the test."""
    before: list[object] = []
    yield lambda: before.append(significant_rows(wallet_url))
    assert significant_rows(wallet_url) == before[0]


@dataclass(frozen=True)
class Arranged:
    """An example, and a client at the point where it succeeds."""

    example: Example
    caller: EngineClient
    wallclock: Wallclock


@pytest.fixture(scope="module")
def arranged(
    request: pytest.FixtureRequest, new_wallet: NewWallet, wallet_checker: WalletChecker
) -> Iterator[Arranged]:
    """The example of the parameter, arranged once for all tests of the module, which may change nothing."""
    wallclock = Wallclock()
    with new_wallet() as url, contextlib.closing(open_on(url, wallclock)) as engine:
        caller = request.param.arrange(EngineClient(engine), wallclock)
        before = significant_rows(url)
        yield Arranged(request.param, caller, wallclock)
        assert significant_rows(url) == before
        assert wallet_checker.violations(url) == []


@pytest.fixture
def database(wallet_url: str) -> Iterator[Database]:
    database = open_database(wallet_url)
    yield database
    database.close()


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Engine]:
    """A new database, created by the migrations."""
    file = tmp_path / "migrated.sqlite3"
    EWalletSessionManager(f"sqlite:///{file}").close()
    engine = create_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()
