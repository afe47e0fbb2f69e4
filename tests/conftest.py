"""How all tests are run: by how many workers, unless somebody says so, and how seldom memory is tidied."""

from __future__ import annotations

import gc
from collections.abc import Generator, Iterator

import pytest


@pytest.hookimpl(wrapper=True, optionalhook=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """One more than there would be: tests of the app, and of connections, wait for a part of their time."""
    return (yield) + 1


@pytest.fixture(autouse=True, scope="session")
def seldom_collected() -> Iterator[None]:
    """Apps and engines leave many thousands of objects, and looking through them all each time takes long."""
    often = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    yield
    gc.set_threshold(*often)
