"""The connection to the engine: choosing one, opening it, and following its state."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from ewallet_core import client
from ewallet_core.client import ConnectionStatus, Reach, UnreachableError
from ewallet_core.data_folder import KNOWN_SERVERS_FILE, database_url
from ewallet_tui.status import is_connected
from ewallet_tui.store import Backend

if TYPE_CHECKING:
    from textual.timer import Timer

    from ewallet_core.client import KnownServers, WalletClient
    from ewallet_core.protocol.address import Servers
    from ewallet_tui.store import AccountStore
    from ewallet_tui.work import Notify, SetTimer, Workers


class Backends(Struct, frozen=True):
    client_at: Callable[[Servers | None], WalletClient]
    """Makes a client, not opened yet, of the engine at that server; `None`: in this process."""
    known_servers: KnownServers

    @classmethod
    def kept_in(cls, folder: Path) -> Backends:
        known = client.KnownServers(folder / KNOWN_SERVERS_FILE)

        def client_at(server: Servers | None) -> WalletClient:
            if server is None:
                return client.EmbeddedClient.for_user(database_url(folder))
            return client.RemoteClient(server, known)

        return cls(client_at, known)


class ConnectionWatch:
    """Follows the state of the connection, and counts the seconds down to the next try."""

    def __init__(
        self,
        place: str,
        now: Callable[[], float],
        set_interval: SetTimer,
        changed: Callable[[ConnectionStatus, ConnectionStatus], None],
    ) -> None:
        """`changed` is called with the state before and the state now."""
        self._now = now
        self._retry_at = 0.0
        self.status = ConnectionStatus(Reach.OFFLINE)
        self.place = place
        """The name of the engine's location, for the screen."""
        self._set_interval = set_interval
        self._changed = changed
        self._client: WalletClient | None = None
        self._ticks: Timer | None = None

    @property
    def is_connected(self) -> bool:
        return is_connected(self.status, self.place)

    def follow(self, client: WalletClient) -> None:
        self._client = client
        self._stop_ticking()
        self.status, self.place = client.connection, client.place
        # Published even if it equals the status before: it is about another engine.
        self._changed(self.status, self.status)

        def take(connection: ConnectionStatus) -> None:
            if client is self._client:
                # Another server may be in use now.
                self.place = client.place
                self._take(connection)

        client.watch(take)

    def give_up(self, reason: str) -> None:
        """Show the engine as offline, whatever its client says."""
        self._client = None
        self._take(ConnectionStatus(Reach.OFFLINE, reason=reason))

    def stop(self) -> None:
        self._client = None
        self._stop_ticking()

    def _take(self, connection: ConnectionStatus) -> None:
        self._stop_ticking()
        if connection.retry_in_seconds:
            self._retry_at = self._now() + connection.retry_in_seconds
            self._ticks = self._set_interval(1, self._tick)
        self._show(connection)

    def _tick(self) -> None:
        left = math.ceil(self._retry_at - self._now())
        if left <= 0:
            self._stop_ticking()
        self._show(replace(self.status, retry_in_seconds=left if left > 0 else None))

    def _show(self, connection: ConnectionStatus) -> None:
        before, self.status = self.status, connection
        if connection != before:
            self._changed(before, connection)

    def _stop_ticking(self) -> None:
        if self._ticks is not None:
            self._ticks.stop()
            self._ticks = None


BROKEN = "Reconnecting … Anything you sent will happen exactly once. A running timer goes on."
BACK = "You are connected again."
ELSEWHERE = "You are now connected to {place}."
"""When the server before could not be reached."""
NOT_ANSWERED = "There was no answer to what you sent last. Log in again to see whether it was done."
NOT_WAITED_FOR = "You stopped waiting for it. Choose it again to connect."

GONE_SECONDS = 1.0
"""How long a connection is lost before a toast says so."""

CONNECTING, REFRESH = "connecting", "refresh"
"""The groups of workers that connect to an engine, and that read the account again: one at a time each."""


class Connecting(Struct, kw_only=True, eq=False):
    """Connects to the engine in use, and switches to others."""

    server: Servers | None
    """The server whose engine the app uses, or several; `None`: the engine is in this process."""
    backends: Backends
    store: AccountStore
    watch: ConnectionWatch
    workers: Workers
    set_timer: SetTimer
    notify: Notify
    is_in_view: Callable[[], bool]
    """Whether an account is logged in and the screen is not locked."""
    is_typing: Callable[[], bool]
    trusts: Callable[[str, str], Awaitable[bool]]
    choose: Callable[[str], None]
    """Opens the screen on which another engine is chosen, with the reason."""
    leave: Callable[[], Awaitable[None]]
    start_over: Callable[[], Awaitable[None]]
    used: Callable[[Servers | None], None]
    exit_because: Callable[[str], None]
    _gone: Timer | None = None
    _place: str = ""
    """The server that was in use before the connection broke."""

    async def begin(self) -> None:
        """Connect to the first engine; if that server can't be reached, let the user choose another."""
        try:
            await self._open(self.store.backend, self.server)
        except asyncio.CancelledError:
            self.store.backend.give_up(NOT_WAITED_FOR)
            self.watch.give_up(NOT_WAITED_FOR)
            raise
        except UnreachableError as reason:
            self._say_out_of_reach(str(reason))
        else:
            self.used(self.server)

    async def go_over_to(self, server: Servers | None) -> None:
        """Use the engine there from now on, and drop everything about the one before.

        Raises `UnreachableError`; then nothing has changed.
        """
        backend = Backend(self.backends.client_at(server))
        async with AsyncExitStack() as undo:
            undo.push_async_callback(backend.close)
            await self._open(backend, server)
            undo.pop_all()
        await self.leave()
        before, self.server = self.store.backend, server
        self.store.use(backend)
        self.watch.follow(backend.client)
        # The typed text was meant for the engine before.
        await self.start_over()
        self.workers.run(before.close)
        self.used(server)

    def handle(self, before: ConnectionStatus, now: ConnectionStatus) -> None:
        """Show a toast about a lost or restored connection, and read the account again when it is back."""
        store = self.store
        if before.reach is Reach.CONNECTED and now.reach is Reach.RECONNECTING:
            self._place = self.watch.place
            # A connection that comes back at once is not worth a toast.
            self._gone = self.set_timer(GONE_SECONDS, self._say_gone)
        elif before.reach is Reach.RECONNECTING and now.reach is Reach.CONNECTED:
            self._say_back()
            self.workers.run(store.refresh, REFRESH, exclusive=True)
        elif before.reach is not Reach.OFFLINE and now.reach is Reach.OFFLINE and now.reason:
            unanswered = f" {NOT_ANSWERED}" if store.client.unanswered else ""
            lose = partial(self._lose_engine, f"{now.reason}{unanswered}")
            self.workers.run(lose, "lost", exclusive=True)

    def _say_gone(self) -> None:
        self._gone = None
        if self.watch.status.reach is Reach.RECONNECTING and self.is_in_view():
            self.notify(BROKEN, title="Connection lost.", severity="warning")

    def _say_back(self) -> None:
        is_elsewhere = self.watch.place != self._place
        was_short = self._gone is not None
        if self._gone is not None:
            self._gone.stop()
            self._gone = None
        if self.is_in_view() and (is_elsewhere or not was_short):
            self.notify(ELSEWHERE.format(place=self.watch.place) if is_elsewhere else BACK)

    async def _lose_engine(self, reason: str) -> None:
        self.store.backend.give_up(reason)
        await self.leave()
        self.choose(reason)

    def _say_out_of_reach(self, reason: str) -> None:
        if self.server is None:
            self.exit_because(reason)
            return
        self.watch.give_up(reason)
        if self.is_typing():
            # Another screen would receive the keys that are meant for the password.
            self.notify(reason, title="The server can't be reached.", severity="warning")
        else:
            self.choose(reason)

    async def _open(self, backend: Backend, server: Servers | None) -> None:
        async def admit() -> None:
            client = backend.client
            if server is not None:
                await client.identify_all()
                await self._demand_trust(client)

        await backend.open(admit)

    async def _demand_trust(self, client: WalletClient) -> None:
        """Ask about each new certificate; if one isn't trusted, forget it and raise `UnreachableError`."""
        untrusted = dict(client.pinned)
        try:
            for server, fingerprint in client.pinned.items():
                if not await self.trusts(server, fingerprint):
                    break
                del untrusted[server]
        finally:
            # Quitting instead of answering is not trust either.
            for server in untrusted:
                self.backends.known_servers.forget(server)
        if untrusted:
            await client.close()
            raise UnreachableError(f"{next(iter(untrusted))} was not trusted. Choose a server.")
