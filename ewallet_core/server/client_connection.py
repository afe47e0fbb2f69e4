"""What the connections of all ports share: the roster that keeps them, and a timer for their limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from ewallet_core.errors.base import WalletError

CLOSE_SECONDS = 1.0
"""How long a client has to close its end, once everything is sent."""


class Roster(Protocol):
    """Keeps the open connections."""

    def admit(self, connection: ClientConnection) -> None:
        """Add a new connection; raises the error with which it must be closed."""

    def discard(self, connection: ClientConnection) -> None:
        """Remove a connection that is closed and has nothing under way."""


class ClientConnection(asyncio.Protocol):
    """What a listener needs of the protocol of an accepted connection, whatever it speaks."""

    __slots__ = ()

    address: str
    """The client's host, without the port: limits per address are limits per machine."""

    def end(self, reason: WalletError | None) -> None:
        """Take no more requests; close with that reason once the answers that are due have been sent."""
        raise NotImplementedError

    def abort(self) -> None:
        """Close at once and discard what is waiting to be sent."""
        raise NotImplementedError


TimeLimit = tuple[float, Callable[[], None]]
"""When the limit is exceeded, by the loop's time, and what to do then."""


class LimitTimer:
    """One timer for all time limits of a connection: `next_limit` returns the earliest of them now."""

    __slots__ = ("_handle", "_loop", "_next_limit")

    def __init__(self, loop: asyncio.AbstractEventLoop, next_limit: Callable[[], TimeLimit | None]) -> None:
        self._loop = loop
        self._next_limit = next_limit
        self._handle: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Set the timer to the next time limit, unless it fires before that."""
        if (limit := self._next_limit()) is None:
            return
        due_at, _ = limit
        if self._handle is not None:
            if self._handle.when() <= due_at:
                return
            self._handle.cancel()
        self._handle = self._loop.call_at(due_at, self._check)

    def cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _check(self) -> None:
        self._handle = None
        if (limit := self._next_limit()) is not None:
            due_at, exceeded = limit
            if due_at <= self._loop.time():
                exceeded()
        self.watch()
