"""New wallets for tests, each a database of its own: a file of SQLite, or a database at PostgreSQL."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from fakes import CHEAP, IN_MEMORY, Wallclock
from postgresql_server import QUICK, PostgresqlMissingError, PostgresqlServer
from wallet_checker import WalletChecker

from ewallet_core import EWalletSessionManager
from ewallet_core.storage.database import migrate_database

SQLITE, POSTGRESQL = "sqlite", "postgresql"
SERVING_ROLE = "serving"
# Tests that ask for one of these are about files of SQLite.
OF_FILES = {"wallet_file", "new_wallet_file", "on_disk", "migrated"}

NewWallet = Callable[[], AbstractContextManager[str]]
"""The URL of a new wallet, which is removed at the end."""


def kind_of(item: pytest.Item) -> str:
    """The kind of database of a test."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    kind: str = parameters.get("database_kind", item.config.getoption("--database"))
    return kind


def can_run(item: pytest.Item) -> bool:
    """Whether the test can run on the kind of database that it has."""
    fixtures = set(getattr(item, "fixturenames", ()))
    is_of_postgresql = item.path.parent.name == POSTGRESQL
    return (
        kind_of(item) == SQLITE
        or is_of_postgresql
        or (
            "database_kind" in fixtures
            and fixtures.isdisjoint(OF_FILES)
            and item.get_closest_marker("sqlite_only") is None
        )
    )


@pytest.fixture(scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """The kind of database that a test has."""
    kind: str = getattr(request, "param", request.config.getoption("--database"))
    return kind


@pytest.fixture(scope="session")
def is_usual_run(request: pytest.FixtureRequest) -> bool:
    """Whether only a part of the tests runs on PostgreSQL, which may do little then."""
    kind: str = request.config.getoption("--database")
    return kind == SQLITE


@pytest.fixture(scope="session")
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new wallet file, which fixtures copy because creating one takes too long."""
    file = tmp_path_factory.mktemp("new") / "wallet.sqlite3"
    EWalletSessionManager(f"sqlite:///{file}", clock=Wallclock(), passwords=CHEAP).close()
    return file


@pytest.fixture(scope="session")
def new_wallet_file(template_file: Path) -> Path:
    """A new wallet file, for tests that run on SQLite only."""
    return template_file


@pytest.fixture(scope="session")
def wallet_checker(template_file: Path) -> Iterator[WalletChecker]:
    """Checks the wallets of tests, which are copies of the new one."""
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        checker = WalletChecker(template_file, Path(folder))
        yield checker
        checker.close()


@pytest.fixture(scope="session")
def postgresql_server(is_usual_run: bool) -> Iterator[PostgresqlServer]:
    """A PostgreSQL server for all tests of this process; each takes databases of its own.

    In the usual run it plans a statement once per connection instead of up to six times, which is a tenth of
    what it does: most connections of tests carry a statement out a few times only.
    """
    settings = {**QUICK, "plan_cache_mode": "force_generic_plan"} if is_usual_run else QUICK
    try:
        server = PostgresqlServer(settings)
    except PostgresqlMissingError as missing:
        pytest.skip(str(missing))
    yield server
    server.stop()


@pytest.fixture(scope="session")
def wallet_template(postgresql_server: PostgresqlServer) -> str:
    """A database at PostgreSQL with a new wallet, of which each test gets a copy.

    Engines use it as a role that owns nothing, so that each of their statements shows that it may.
    """
    name = postgresql_server.new_database()
    postgresql_server.execute(f"CREATE ROLE {SERVING_ROLE} LOGIN")
    migrate_database(postgresql_server.url(name), grant_to=SERVING_ROLE)
    url = postgresql_server.url(name, SERVING_ROLE)
    EWalletSessionManager(url, clock=Wallclock(), passwords=CHEAP).close()
    return name


@pytest.fixture(scope="session")
def new_wallet(request: pytest.FixtureRequest, database_kind: str) -> NewWallet:
    """Make a new wallet on the kind of database that the test has."""
    if database_kind == SQLITE:
        file: Path = request.getfixturevalue("template_file")
        return lambda: copy_of_file(file, IN_MEMORY)
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    template: str = request.getfixturevalue("wallet_template")
    return lambda: copy_of_database(server, template)


@contextlib.contextmanager
def copy_of_file(file: Path, folder_of_copy: Path | None) -> Iterator[str]:
    """The URL of a copy of the wallet file, in a folder of its own."""
    with tempfile.TemporaryDirectory(dir=folder_of_copy) as folder:
        yield f"sqlite:///{shutil.copy(file, Path(folder) / 'wallet.sqlite3')}"


@contextlib.contextmanager
def copy_of_database(server: PostgresqlServer, template: str) -> Iterator[str]:
    """The URL of a copy of the database."""
    name = server.new_database(template)
    try:
        # On a busy machine, a server may take longer to answer than one should wait for it elsewhere.
        yield server.url(name, SERVING_ROLE, connect_timeout="60")
    finally:
        server.drop_database(name)


@pytest.fixture
def first_file(template_file: Path) -> Path:
    """The wallet file of which a test gets a copy; the conftest of a folder may have others."""
    return template_file


@pytest.fixture
def wallet_url(request: pytest.FixtureRequest, database_kind: str, new_wallet: NewWallet) -> Iterator[str]:
    """The URL of a new wallet; a wallet file is in memory unless the test requests `on_disk`."""
    if database_kind == SQLITE:
        folder = None if "on_disk" in request.fixturenames else IN_MEMORY
        made = copy_of_file(request.getfixturevalue("first_file"), folder)
    else:
        made = new_wallet()
    with made as url:
        yield url


@pytest.fixture
def wallet_file(wallet_url: str) -> Path:
    """The file of the new wallet: tests that request it run on SQLite only."""
    return Path(wallet_url.removeprefix("sqlite:///"))


@pytest.fixture
def on_disk() -> None:
    """Requested by tests that need a wallet file on a real disk."""
