"""Follows the connection of the app's client: counts down to its next try, and tells what becomes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.timer import Timer

from ewallet_core.client import Connection, Reach

if TYPE_CHECKING:
    from ewallet_core.client import WalletClient
    from ewallet_tui.app import EWalletApp

NOT_TRIED_YET = Connection(Reach.OFFLINE)


class ConnectionWatch:
    """Tells `changed` the connection before and the one now, a countdown's seconds included."""

    def __init__(self, app: EWalletApp, changed: Callable[[Connection, Connection], None]) -> None:
        self.connection = NOT_TRIED_YET
        """How the engine can be reached just now."""
        self._app = app
        self._changed = changed
        self._client: WalletClient | None = None
        self._ticks: Timer | None = None

    def follow(self, client: WalletClient) -> None:
        """Watch `client` from now on, and no other any more."""
        self._client = client
        self._stop_ticking()
        self.connection = client.connection
        # Even where it is as the connection before was, it leads to another place.
        self._changed(self.connection, self.connection)
        client.watch(lambda connection: self._heed(client, connection))

    def give_up(self, reason: str) -> None:
        """Take it that the engine is out of reach, whatever its client tells."""
        self._client = None
        self._take(Connection(Reach.OFFLINE, reason=reason))

    def stop(self) -> None:
        """Watch nothing any more."""
        self._client = None
        self._stop_ticking()

    def _heed(self, client: WalletClient, connection: Connection) -> None:
        if client is self._client:
            self._take(connection)

    def _take(self, connection: Connection) -> None:
        self._stop_ticking()
        if connection.retry_in_seconds:
            self._ticks = self._app.set_interval(1, self._tick)
        self._show(connection)

    def _tick(self) -> None:
        left = (self.connection.retry_in_seconds or 0) - 1
        if left <= 0:
            self._stop_ticking()
        self._show(replace(self.connection, retry_in_seconds=left if left > 0 else None))

    def _show(self, connection: Connection) -> None:
        before, self.connection = self.connection, connection
        if connection != before:
            self._changed(before, connection)

    def _stop_ticking(self) -> None:
        if self._ticks is not None:
            self._ticks.stop()
            self._ticks = None
