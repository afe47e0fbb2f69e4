"""Password hashes that a test can block."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fakes import CHEAP
from socket_wire import TIMEOUT_SECONDS

from ewallet_core.security.passwords import Passwords


class BlockedPasswords(Passwords):
    """Real, cheap hashes that wait while the test blocks them."""

    def __init__(self) -> None:
        super().__init__(CHEAP._hasher)
        self._open = threading.Event()
        self._open.set()
        self._came = threading.Semaphore(0)
        self.begun: list[str] = []
        """The passwords in the order in which the work on them began."""

    def hash(self, password: str) -> str:
        self._pass(password)
        return super().hash(password)

    def matches(self, password: str, hashed: str | None) -> bool:
        self._pass(password)
        return super().matches(password, hashed)

    @contextmanager
    def blocked(self) -> Iterator[None]:
        """Block all hashes within the context."""
        self._came = threading.Semaphore(0)
        self._open.clear()
        try:
            yield
        finally:
            self._open.set()

    def wait_for_hash(self) -> None:
        """Wait until one more hash is blocked."""
        assert self._came.acquire(timeout=TIMEOUT_SECONDS)

    def _pass(self, password: str) -> None:
        self.begun.append(password)
        self._came.release()
        assert self._open.wait(TIMEOUT_SECONDS)
