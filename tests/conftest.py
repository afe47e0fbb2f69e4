"""Settings of the whole test run: the number of workers, and what is done once instead of in each test."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import argon2
import new_wallets
import pytest
from hypothesis import HealthCheck, settings
from new_wallets import POSTGRESQL, SQLITE
from postgresql_server import NO_POSTGRESQL
from shared_statements import SharedStatements

from ewallet_core.security.passwords import Passwords

INSTALL = "apt-get install postgresql"
ON_POSTGRESQL_TOO = "on_postgresql_too"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database",
        choices=[SQLITE, POSTGRESQL],
        default=SQLITE,
        help="The kind of database of the tests of the engine and the server. On postgresql, only those tests"
        " run that need a database and are not about files of SQLite.",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Tests make many thousands of objects, and a collection of garbage visits all that are new.
    gc.set_threshold(100_000, 50, 100)
    config.pluginmanager.register(new_wallets)
    # A busy machine takes long for a random example, too.
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")
    for marker in (
        "on_postgresql_too(every=1): in the usual test run, each so-many-th test of the file runs on both"
        " kinds of databases, the others on SQLite only.",
        "sqlite_only(why): the test is about SQLite, or what it does to a wallet can be done there only.",
    ):
        config.addinivalue_line("markers", marker)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if (
        metafunc.config.getoption("--database") == SQLITE
        and "database_kind" in metafunc.fixturenames
        and metafunc.definition.get_closest_marker(ON_POSTGRESQL_TOO) is not None
    ):
        metafunc.parametrize("database_kind", [SQLITE, POSTGRESQL], indirect=True, scope="session")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage among modules and tests, which stay until the end: neither here nor later."""
    gc.disable()
    collected = yield
    gc.enable()
    gc.freeze()
    return collected


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """Collect all garbage in two collections, so that the five of pytest have nothing to visit."""
    gc.collect()
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests that can't run on PostgreSQL, or would do the same there, and part of the others."""
    run, left, seen = [], [], Counter[Path]()
    for item in items:
        marker = item.get_closest_marker(ON_POSTGRESQL_TOO)
        is_chosen = new_wallets.can_run(item)
        if is_chosen and marker is not None and new_wallets.kind_of(item) != config.getoption("--database"):
            is_chosen = seen[item.path] % marker.kwargs.get("every", 1) == 0
            seen[item.path] += 1
        (run if is_chosen else left).append(item)
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = run


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """Two more than the number of cores, because tests of the app and of connections often wait."""
    return (yield) + 2


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
    with pytest.MonkeyPatch.context() as patch:
        SharedStatements().replace(patch.setattr)
        yield


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
