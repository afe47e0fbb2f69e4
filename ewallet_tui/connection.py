"""The connection to the engine: choosing one, opening it, and following its state."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text
from textual.timer import Timer
from textual.widgets import Input

from ewallet_core.client import ConnectionStatus, Reach, UnreachableError
from ewallet_core.protocol.address import ServerAddress

if TYPE_CHECKING:
    from ewallet_core.client import WalletClient
    from ewallet_core.client.trust import KnownServers
    from ewallet_core.protocol.address import ServerAddress
    from ewallet_tui.app import EWalletApp
    from ewallet_tui.store import AccountStore


EMBEDDED = "embedded"
"""What a client of this process says that its place is."""


@dataclass(frozen=True)
class Backends:
    """The engine of this machine, and every server."""

    client_at: Callable[[ServerAddress | None], WalletClient]
    """Makes a client, not opened yet, of the engine at that server; `None`: in this process."""
    known_servers: KnownServers
    """The certificates that servers have shown."""

    @classmethod
    def kept_in(cls, folder: Path) -> Backends:
        """The engines that somebody reaches whose wallet and known servers are kept in `folder`."""
        from ewallet_core.client import EmbeddedClient  # noqa: PLC0415
        from ewallet_core.client.trust import KnownServers  # noqa: PLC0415
        from ewallet_core.data_folder import KNOWN_SERVERS_FILE, database_url  # noqa: PLC0415

        known = KnownServers(folder / KNOWN_SERVERS_FILE)

        def client_at(place: ServerAddress | None) -> WalletClient:
            if place is None:
                return EmbeddedClient.for_user(database_url(folder))
            from ewallet_core.client.socket import RemoteClient  # noqa: PLC0415

            return RemoteClient(place, known)

        return cls(client_at, known)


NOT_TRIED_YET = ConnectionStatus(Reach.OFFLINE)


class ConnectionWatch:
    """Tells `changed` the connection before and the one now, a countdown's seconds included."""

    def __init__(
        self, app: EWalletApp, changed: Callable[[ConnectionStatus, ConnectionStatus], None]
    ) -> None:
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
        client.watch(lambda connection: self._handle(client, connection))

    def give_up(self, reason: str) -> None:
        """Take it that the engine is out of reach, whatever its client tells."""
        self._client = None
        self._take(ConnectionStatus(Reach.OFFLINE, reason=reason))

    def stop(self) -> None:
        """Watch nothing any more."""
        self._client = None
        self._stop_ticking()

    def _handle(self, client: WalletClient, connection: ConnectionStatus) -> None:
        if client is self._client:
            self._take(connection)

    def _take(self, connection: ConnectionStatus) -> None:
        self._stop_ticking()
        if connection.retry_in_seconds:
            self._ticks = self._app.set_interval(1, self._tick)
        self._show(connection)

    def _tick(self) -> None:
        left = (self.connection.retry_in_seconds or 0) - 1
        if left <= 0:
            self._stop_ticking()
        self._show(replace(self.connection, retry_in_seconds=left if left > 0 else None))

    def _show(self, connection: ConnectionStatus) -> None:
        before, self.connection = self.connection, connection
        if connection != before:
            self._changed(before, connection)

    def _stop_ticking(self) -> None:
        if self._ticks is not None:
            self._ticks.stop()
            self._ticks = None


BROKEN = "It is made again by itself. What was asked is done once; a running timer goes on."
BACK = "The connection is back."
NOT_ANSWERED = "What was asked last was not answered. Whether it was done shows when you log in again."
NOT_WAITED_FOR = "It was not waited for. Choose it again to connect."

GONE_SECONDS = 1.0
"""How long a connection is gone before that is said in more than the line that always shows it."""

CONNECTING = "connecting"
"""The group of workers that reach for an engine: another one that is chosen takes their place."""


class Connecting:
    """Knows at which server the app's engine is, and goes over to others."""

    def __init__(self, app: EWalletApp, server: ServerAddress | None) -> None:
        self.server = server
        """The server whose engine the app uses; `None`: the engine is in this process."""
        self._app = app
        self._gone: Timer | None = None

    async def begin(self) -> None:
        """Reach the engine that the app starts with; where it is a server's, another one may be chosen."""
        try:
            await self._open(self._app.store, self.server)
        except asyncio.CancelledError:
            self._app.store.give_up(NOT_WAITED_FOR)
            self._app.connection_watch.give_up(NOT_WAITED_FOR)
            raise
        except UnreachableError as reason:
            self._say_out_of_reach(str(reason))
        else:
            self._arrive()

    async def go_over_to(self, server: ServerAddress | None) -> None:
        """Use the engine there from now on, and keep nothing of the one before.

        Raises `UnreachableError` in words, and then the app uses the engine that it used.
        """
        store = self._app.store_at(server)
        async with AsyncExitStack() as undo:
            undo.push_async_callback(store.close)
            await self._open(store, server)
            undo.pop_all()
        before, self.server = self._app.store, server
        await self._app.converse(store)
        self._app.run_worker(before.close())
        self._arrive()

    def handle(self, before: ConnectionStatus, now: ConnectionStatus) -> None:
        """Say what has become of the connection, and have the screen be true again when it is back."""
        app = self._app
        app.connection_changed.publish(now)
        if before.reach is Reach.CONNECTED and now.reach is Reach.RECONNECTING:
            self._say_gone_soon()
        elif before.reach is Reach.RECONNECTING and now.reach is Reach.CONNECTED:
            self._say_back()
            app.run_worker(app.store.refresh(), group="refresh", exclusive=True)
        elif before.reach is not Reach.OFFLINE and now.reach is Reach.OFFLINE and now.reason:
            unanswered = f" {NOT_ANSWERED}" if app.store.client.unanswered else ""
            app.run_worker(self._lose_engine(f"{now.reason}{unanswered}"), group="lost", exclusive=True)

    def choose(self, reason: str = "") -> None:
        """Open the screen on which another engine is chosen, with why that is needed."""
        from ewallet_tui.screens.connection import ConnectionScreen  # noqa: PLC0415

        if isinstance(self._app.screen, ConnectionScreen):
            self._app.screen.say_out_of_reach(reason)
        else:
            self._app.push_screen(ConnectionScreen(reason))

    def _say_gone_soon(self) -> None:
        # One that comes and goes is not to cover the screen with words about it.
        self._gone = self._app.set_timer(GONE_SECONDS, self._say_gone)

    def _say_gone(self) -> None:
        self._gone = None
        if self._app.connection.reach is Reach.RECONNECTING:
            self._say_in_view(BROKEN, title="The connection is gone.", severity="warning")

    def _say_back(self) -> None:
        if self._gone is None:
            self._say_in_view(BACK)
        else:
            self._gone.stop()
            self._gone = None

    def _say_in_view(self, words: str, **how: Any) -> None:
        # At the login and the lock the line that is there says it all.
        if self._app.is_in_view:
            self._app.say(words, **how)

    async def _lose_engine(self, reason: str) -> None:
        self._app.store.give_up(reason)
        await self._app.leave()
        self.choose(reason)

    def _say_out_of_reach(self, reason: str) -> None:
        if self.server is None:
            self._app.exit(return_code=1, message=Text(reason))
            return
        self._app.connection_watch.give_up(reason)
        if any(field.value for field in self._app.screen.query(Input)):
            # Whoever types their password is not to find another screen beneath their fingers.
            self._app.say(reason, title="The server is out of reach.", severity="warning")
        else:
            self.choose(reason)

    def _arrive(self) -> None:
        self._app.keep(self._app.preferences.with_server_used(self.server))

    async def _open(self, store: AccountStore, server: ServerAddress | None) -> None:
        async def admit() -> None:
            client = store.client
            if server is not None and client.fingerprint is not None and client.newly_pinned:
                await self._must_be_trusted(server, client)

        await store.open(admit)

    async def _must_be_trusted(self, server: ServerAddress, client: WalletClient) -> None:
        """Show a certificate that was never seen before; raises `UnreachableError` where it is not trusted.

        That server is then left, and nothing is known of it.
        """
        from ewallet_tui.screens.connection import TRUST, first_certificate  # noqa: PLC0415

        confirmation = first_certificate(server.name, str(client.fingerprint))
        answer = None
        try:
            answer = await self._app.push_screen_wait(confirmation)
        finally:
            # Whoever quits has not trusted it either.
            if answer != TRUST:
                self._app.backends.known_servers.forget(server.name)
        if answer == TRUST:
            return
        await client.close()
        raise UnreachableError(f"{server.name} was left. Choose where to go on.")

    def forget(self, server: ServerAddress) -> None:
        """Offer that server no more; a certificate that it showed stays known."""
        self._app.keep(self._app.preferences.without_server(server))
