"""Settings of the whole test run: the number of workers, and what is done once instead of in each test."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import argon2
import pytest
from sqlalchemy import Dialect

from ewallet_core.security.passwords import Passwords
from ewallet_core.storage import read_only, sqlite
from ewallet_core.storage.transaction import Statements

if TYPE_CHECKING:
    from postgresql_server import PostgresqlServer

# The reason of the tests that are skipped, from which the summary tells that some were.
NO_POSTGRESQL = "there are no programs of PostgreSQL's server"
INSTALL = "apt-get install postgresql"


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One more than the number of cores, because tests of the app and of connections often wait."""
    return (yield) + 1


@pytest.fixture(autouse=True, scope="session")
def rare_garbage_collection() -> Iterator[None]:
    """Collect garbage rarely: tests create many thousands of objects, and each collection visits them all."""
    default = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    yield
    gc.set_threshold(*default)


@pytest.fixture(autouse=True, scope="session")
def compiled_modules_are_kept() -> Iterator[None]:
    """Let processes that tests start keep what they compile, because starting them takes long without it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        yield


@pytest.fixture(autouse=True, scope="session")
def cheap_password_hashes() -> Iterator[None]:
    """Hash passwords cheaply in this process: by design, a usual hash takes a fifth of a second of a core."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(Passwords.__init__, "__defaults__", (cheap,))
        yield


@pytest.fixture(scope="session", autouse=True)
def compile_once() -> Iterator[None]:
    """Compile each statement once per test run instead of once per engine."""
    statements_by_dialect: dict[tuple[str, str], Statements] = {}

    def statements(dialect: Dialect) -> Statements:
        return statements_by_dialect.setdefault((dialect.name, dialect.paramstyle), Statements(dialect))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite, "Statements", statements)
        patch.setattr(read_only, "Statements", statements)
        yield


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server for all tests of this process; each takes databases of its own."""
    # Imported here, because most test runs of a few tests need no PostgreSQL.
    from postgresql_server import PostgresqlMissingError, PostgresqlServer  # noqa: PLC0415

    try:
        server = PostgresqlServer()
    except PostgresqlMissingError:
        pytest.skip(NO_POSTGRESQL)
    yield server
    server.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one sentence if tests on PostgreSQL were skipped."""
    skipped = [
        report for report in terminalreporter.getreports("skipped") if NO_POSTGRESQL in str(report.longrepr)
    ]
    if skipped:
        terminalreporter.write_line(
            f"{len(skipped)} tests on PostgreSQL were skipped, because {NO_POSTGRESQL} here: {INSTALL}",
            yellow=True,
        )
