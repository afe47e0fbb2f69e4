"""How all tests are run: by how many workers, and with how little of their time spent on memory."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests of the app, and of connections, wait for a part of their time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True, scope="session")
def seldom_collected() -> Iterator[None]:
    """Apps and engines leave many thousands of objects, and looking through them all each time takes long."""
    often = gc.get_threshold()
    gc.set_threshold(100_000, 50, 100)
    yield
    gc.set_threshold(*often)
