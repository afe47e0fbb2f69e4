"""Passwords whose hashes wait, so that a test can look at what others do meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fakes import CHEAP
from socket_wire import PATIENCE_SECONDS

from ewallet_core.security.passwords import Passwords


class BlockedPasswords(Passwords):
    """Real, cheap hashes behind a gate, which is open unless a test shuts it."""

    def __init__(self) -> None:
        super().__init__(CHEAP._hasher)
        self._open = threading.Event()
        self._open.set()
        self._came = threading.Semaphore(0)

    def hash(self, password: str) -> str:
        self._pass()
        return super().hash(password)

    def matches(self, password: str, hashed: str | None) -> bool:
        self._pass()
        return super().matches(password, hashed)

    @contextmanager
    def shut(self) -> Iterator[None]:
        """Let no hash be made within."""
        self._came = threading.Semaphore(0)
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def wait_for_somebody(self) -> None:
        """Wait until one more stands at the gate."""
        assert self._came.acquire(timeout=PATIENCE_SECONDS)

    def _pass(self) -> None:
        self._came.release()
        assert self._open.wait(PATIENCE_SECONDS)
