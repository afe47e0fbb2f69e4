"""Settings of the whole test run: the number of workers, and what is done once instead of in each test."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator

import argon2
import pytest
from sqlalchemy import Dialect

from ewallet_core.security.passwords import Passwords
from ewallet_core.storage import read_only, sqlite
from ewallet_core.storage.transaction import Statements


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
