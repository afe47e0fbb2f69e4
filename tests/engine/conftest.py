"""Engines on real databases, with a clock that tests move and cheap password hashes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from arranged import Arranged
from database_file import significant_rows
from engine_client import EngineClient
from example import STAGES, Example, enter
from fakes import CHEAP, IN_MEMORY, FakeListener, Wallclock
from instructions import START, supply, to_clock
from migrated_file import run_migrations
from new_wallets import SQLITE, NewWallet, copy_of_file
from prepared_wallets import PreparedWallet, PreparedWallets, Step
from sqlalchemy import Engine, create_engine
from wallet_checker import WalletChecker

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.context import EngineConfig
from ewallet_core.storage.database import Database, open_database

OpenEngine = Callable[..., EWalletSessionManager]
Arrange = Callable[..., contextlib.AbstractContextManager[Arranged]]

STEPS_OF_ADA: dict[str, Step] = {
    "visitor": lambda client, _: client.open_session(),
    "registered": lambda client, _: client.register(),
    "ada": lambda client, _: client.log_in(),
    "supplied": lambda client, _: client.request(**supply(100)),
    "converted": lambda client, _: client.request(**to_clock(20)),
    "running": lambda client, _: client.request(**START),
}
"""What each of these fixtures does; it needs those before it."""
STEPS_OF_EXAMPLES: dict[str, Step] = {stage: partial(enter, stage) for stage in STAGES}


def take_step(
    step: str, client: EngineClient, prepared: PreparedWallet, wallclock: Wallclock
) -> EngineClient:
    """Let the client take that step, unless it is already done in the wallet."""
    if step not in prepared.done:
        STEPS_OF_ADA[step](client, wallclock)
    return client


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


@pytest.fixture(scope="session")
def wallets_of_ada(template_file: Path, tmp_path_factory: pytest.TempPathFactory) -> PreparedWallets:
    """A wallet file for each of the fixtures `visitor` to `running`."""
    return PreparedWallets(template_file, tmp_path_factory.mktemp("ada"), STEPS_OF_ADA)


@pytest.fixture(scope="session")
def wallets_of_examples(template_file: Path, tmp_path_factory: pytest.TempPathFactory) -> PreparedWallets:
    """A wallet file for each stage of an example."""
    return PreparedWallets(template_file, tmp_path_factory.mktemp("examples"), STEPS_OF_EXAMPLES)


@pytest.fixture
def prepared(
    request: pytest.FixtureRequest,
    database_kind: str,
    wallets_of_ada: PreparedWallets,
    wallets_of_examples: PreparedWallets,
) -> PreparedWallet:
    """What the test begins with: in a wallet file, what its fixtures need is already done."""
    needed = [step for step in STEPS_OF_ADA if step in request.fixturenames]
    is_usual = "config" not in request.fixturenames or request.getfixturevalue("config") == EngineConfig()
    if database_kind == SQLITE and is_usual:
        if "at_example" in request.fixturenames:
            return wallets_of_examples.after(request.getfixturevalue("example").stage)
        if needed:
            return wallets_of_ada.after(needed[-1])
    return wallets_of_ada.new


@pytest.fixture
def first_file(prepared: PreparedWallet) -> Path:
    return prepared.file


@pytest.fixture
def visitor(engine: EWalletSessionManager, prepared: PreparedWallet, wallclock: Wallclock) -> EngineClient:
    """A client with a session, not logged in."""
    return take_step("visitor", EngineClient(engine, dict(prepared.credentials)), prepared, wallclock)


@pytest.fixture
def registered(visitor: EngineClient, prepared: PreparedWallet, wallclock: Wallclock) -> EngineClient:
    """A visitor that has created the account `ada`, not logged in."""
    return take_step("registered", visitor, prepared, wallclock)


@pytest.fixture
def ada(registered: EngineClient, prepared: PreparedWallet, wallclock: Wallclock) -> EngineClient:
    """Ada, logged in, with an empty wallet."""
    return take_step("ada", registered, prepared, wallclock)


@pytest.fixture
def bob(engine: EWalletSessionManager) -> EngineClient:
    """Another user, logged in to another session."""
    return EngineClient(engine).open_session().register("bob").log_in("bob")


@pytest.fixture
def supplied(ada: EngineClient, prepared: PreparedWallet, wallclock: Wallclock) -> EngineClient:
    """Ada with 100 credits."""
    return take_step("supplied", ada, prepared, wallclock)


@pytest.fixture
def converted(supplied: EngineClient, prepared: PreparedWallet, wallclock: Wallclock) -> EngineClient:
    """Ada with 80 credits and 20 minutes."""
    return take_step("converted", supplied, prepared, wallclock)


@pytest.fixture
def running(converted: EngineClient, prepared: PreparedWallet, wallclock: Wallclock) -> EngineClient:
    """Ada with 80 credits, and 20 minutes on a timer that runs since noon."""
    return take_step("running", converted, prepared, wallclock)


@pytest.fixture
def at_example(
    anonymous: EngineClient, prepared: PreparedWallet, wallclock: Wallclock, example: Example
) -> EngineClient:
    """A client at the point where the example of the test succeeds."""
    anonymous.credentials |= prepared.credentials
    wallclock.now = prepared.now
    return example.arrange(anonymous, wallclock, after=prepared.done)


@pytest.fixture
def nothing_changes(wallet_url: str, engine: EWalletSessionManager) -> Iterator[Callable[[], None]]:
    """Call it before the action: the stored rows must then be the same at the end of the test."""
    before: list[object] = []
    yield lambda: before.append(significant_rows(wallet_url))
    assert significant_rows(wallet_url) == before[0]


@pytest.fixture(scope="session")
def arrange(database_kind: str, new_wallet: NewWallet, wallets_of_examples: PreparedWallets) -> Arrange:
    """Arrange an example in a wallet of its own, on an engine with these choices."""

    @contextlib.contextmanager
    def arrange_one(example: Example, **choices: Any) -> Iterator[Arranged]:
        prepared = wallets_of_examples.new
        made = new_wallet
        if database_kind == SQLITE:
            prepared = wallets_of_examples.after(example.stage)
            made = partial(copy_of_file, prepared.file, IN_MEMORY)
        wallclock = Wallclock(prepared.now)
        with made() as url, contextlib.closing(open_on(url, wallclock, **choices)) as engine:
            caller = EngineClient(engine, dict(prepared.credentials))
            yield Arranged(example, example.arrange(caller, wallclock, prepared.done), wallclock, url)

    return arrange_one


@pytest.fixture(scope="module")
def arranged(
    request: pytest.FixtureRequest, arrange: Arrange, wallet_checker: WalletChecker
) -> Iterator[Arranged]:
    """The example of the parameter, arranged once for all tests of the module, which may change nothing."""
    with arrange(request.param) as found:
        before = significant_rows(found.url)
        yield found
        assert significant_rows(found.url) == before
        assert wallet_checker.violations(found.url) == []


@pytest.fixture
def database(wallet_url: str) -> Iterator[Database]:
    database = open_database(wallet_url)
    yield database
    database.close()


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Engine]:
    """A new database, created by the migrations."""
    run_migrations(file := tmp_path / "migrated.sqlite3")
    engine = create_engine(f"sqlite:///{file}")
    yield engine
    engine.dispose()
