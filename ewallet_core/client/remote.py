"""The engine of a server, reached over its two sockets or over HTTP."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import ewallet_core
from ewallet_core.client.channel import RequestChannel
from ewallet_core.client.connect import Connector, Waits
from ewallet_core.client.connection import Event, Reach, UnreachableError
from ewallet_core.client.events import EventQueue, EventReader, no_events
from ewallet_core.client.failover import Candidate, Endpoint, FailoverEndpoint
from ewallet_core.client.requests import Request
from ewallet_core.client.session import WalletClient
from ewallet_core.client.sockets import SocketEndpoint
from ewallet_core.client.trust import Identity, KnownServers
from ewallet_core.instructions.envelope import Answer
from ewallet_core.protocol.address import ServerAddress, Servers

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0


def endpoint_of(server: ServerAddress, connector: Connector, within: float, waits: Waits) -> Endpoint:
    if not server.http:
        return SocketEndpoint(server, connector, within, waits)
    # By the package's lazy name: a client of the sockets needs no HTTP library.
    endpoint: Endpoint = ewallet_core.client.HttpEndpoint(server, connector, within, waits)
    return endpoint


class RemoteClient(WalletClient):
    """A client of one of the servers, whose certificates are pinned in `known_servers`.

    It goes on at the next one when the one in use fails, as `FailoverEndpoint` says, in the same session.

    `patience_seconds` is how long `send` waits for an answer before it raises `UnreachableError`; None waits
    forever. A connection counts as dead if an answer is due and nothing arrives for `answer_seconds`. An
    attempt to connect ends after `connect_seconds`. `randomness` returns numbers from 0 to 1.
    """

    keeps_passwords_alone = False

    def __init__(
        self,
        servers: Servers,
        known_servers: KnownServers,
        *,
        patience_seconds: float | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        randomness: Callable[[], float] = random.random,
    ) -> None:
        super().__init__()
        self._servers = servers
        self._patience_seconds = patience_seconds
        self._randomness = randomness
        self._waits = Waits()

        def candidate_at(server: ServerAddress) -> Candidate:
            identity = Identity(server.name, known_servers)
            connector = Connector(server, identity, connect_seconds, self._waits)
            return Candidate(server, identity, endpoint_of(server, connector, connect_seconds, self._waits))

        self._endpoint = FailoverEndpoint([candidate_at(server) for server in servers.addresses])
        self._channel = RequestChannel(
            self._endpoint,
            self._state,
            randomness,
            answer_seconds,
            self._waits,
        )
        self._queues: list[EventQueue] = []
        self._is_open = False
        self._opening = asyncio.Lock()

    @property
    def place(self) -> str:
        return self._endpoint.in_use.server.name

    @property
    def fingerprint(self) -> str | None:
        return self._endpoint.in_use.identity.fingerprint

    @property
    def newly_pinned(self) -> bool:
        return self._endpoint.in_use.identity.newly_pinned

    @property
    def pinned(self) -> dict[str, str]:
        return self._endpoint.pinned

    async def identify_all(self) -> None:
        await self._endpoint.identify_all()

    async def open(self) -> None:
        async with self._opening:
            if self._is_open and self.connection.reach is not Reach.OFFLINE:
                return
            await self._channel.open()
            try:
                await self._open_first_session()
            except BaseException:
                await self._channel.close()
                raise
            self._is_open = True

    async def send(self, /, **instruction: Any) -> Answer:
        """As `WalletClient.send`; raises `UnreachableError` also after `patience_seconds`."""
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await super().send(**instruction)
        except TimeoutError:
            raise UnreachableError(
                f"{self._servers.shown}: no answer within {self._patience_seconds:g} seconds, so it is not "
                "known whether that was done. Send it again under the same request id: it is done once."
            ) from None

    def events(self, since: int | None = None) -> AsyncIterator[Event]:
        if not self._is_open:
            return no_events()
        reader = EventReader(
            self._endpoint,
            lambda: self._credentials,
            self._active,
            self._randomness,
            since,
            self._waits,
            follows_logins=not self._is_given,
        )
        queue = EventQueue(reader.events)
        self._queues = [*(queue for queue in self._queues if not queue.is_over), queue]
        return queue.events()

    def age(self, seconds: float) -> None:
        self._waits.age(seconds)
        self._channel.age(seconds)

    async def close(self) -> None:
        self._is_open = False
        for queue in self._queues:
            await queue.stop()
        async with self._no_login():
            await self._channel.close()
        self._active.forget()

    @asynccontextmanager
    async def _no_login(self) -> AsyncIterator[None]:
        """Let what waits for a login be sent first, unless the connection breaks."""
        turn = asyncio.create_task(self._login.acquire())
        broken = asyncio.create_task(self._channel.disconnected())
        try:
            await asyncio.wait([turn, broken], return_when=asyncio.FIRST_COMPLETED)
            broken.cancel()
            yield
        finally:
            broken.cancel()
            if not turn.cancel():
                self._login.release()

    async def _ask(self, request: Request) -> Answer:
        return await self._channel.ask(request)

    async def _open_first_session(self) -> None:
        self._active.forget()
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._begin_session()
        except TimeoutError:
            raise UnreachableError(f"{self._servers.shown}: no answer. Try again later.") from None
