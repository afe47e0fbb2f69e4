"""How an engine can be reached just now, and those who want to know when that changes."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ewallet_core.client.protocol import Connection, Reach

_log = logging.getLogger("ewallet_core")


class Reachability:
    """The state of a connection; OFFLINE to begin with."""

    def __init__(self) -> None:
        self.connection = Connection(Reach.OFFLINE)
        self._watchers: list[Callable[[Connection], None]] = []

    def watch(self, changed: Callable[[Connection], None]) -> None:
        """Call `changed` with each new state."""
        self._watchers.append(changed)

    def becomes(self, reach: Reach, *, reason: str = "", retry_in_seconds: int | None = None) -> None:
        """Take that state, and tell it where it is another one."""
        connection = Connection(reach, retry_in_seconds, reason)
        if connection == self.connection:
            return
        self.connection = connection
        for changed in self._watchers:
            try:
                changed(connection)
            except Exception:  # noqa: BLE001 - the connection must be kept, whatever is made of its state
                _log.exception("a watcher of the connection failed")
