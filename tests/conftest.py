"""Settings of the whole test run: the number of workers, and fewer garbage collections."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator

import pytest


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
