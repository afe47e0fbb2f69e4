"""The state of a client's connection, and the error of an engine that can't be reached."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum, auto
from typing import Any

from msgspec import Struct

Event = dict[str, Any]
"""An event of the account, as docs/protocol.md describes it, or `listening`."""


NOT_OPEN = "The engine is not open."


SESSION_OVER = frozenset({"client_unknown", "session_unknown", "session_expired"})
"""The error codes of a session that has ended."""
NO_ACCOUNT = SESSION_OVER | {"not_logged_in"}
"""The error codes that say that no account is logged in."""


class Reach(Enum):
    """How an engine can be reached."""

    CONNECTED = auto()
    """Requests are answered."""
    RECONNECTING = auto()
    """The connection broke; it is tried again, and requests wait for that."""
    OFFLINE = auto()
    """Nothing is tried (not opened yet, closed, or another certificate than before)."""


class ConnectionStatus(Struct, frozen=True):
    """Whether the engine can be reached now, and if not, why."""

    reach: Reach
    retry_in_seconds: int | None = None
    """The delay before the next attempt; None during one."""
    reason: str = ""
    """Why it can't be reached, in a sentence; empty while it can."""


class UnreachableError(Exception):
    """The engine can't be reached; the message says why and what to do, for the user."""


_log = logging.getLogger("ewallet_core")


class ConnectionState:
    """The state of a connection; OFFLINE to begin with."""

    def __init__(self) -> None:
        self.connection = ConnectionStatus(Reach.OFFLINE)
        self._watchers: list[Callable[[ConnectionStatus], None]] = []

    def watch(self, changed: Callable[[ConnectionStatus], None]) -> None:
        """Call `changed` with each new state."""
        self._watchers.append(changed)

    def becomes(self, reach: Reach, *, reason: str = "", retry_in_seconds: int | None = None) -> None:
        """Set the state, and call the watchers if it has changed."""
        connection = ConnectionStatus(reach, retry_in_seconds, reason)
        if connection == self.connection:
            return
        self.connection = connection
        for changed in self._watchers:
            try:
                changed(connection)
            except Exception:  # noqa: BLE001 - a failing watcher must not break the connection
                _log.exception("a watcher of the connection failed")
