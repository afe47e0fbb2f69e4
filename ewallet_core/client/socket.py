"""The engine of a server, reached over its two sockets."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from typing import Any

from ewallet_core.client.channel import RequestChannel
from ewallet_core.client.connect import LONGEST_ANSWER, LONGEST_EVENT, Dialler, LineStream, greeted
from ewallet_core.client.connection import ConnectionState, ConnectionStatus, Event, Reach, UnreachableError
from ewallet_core.client.events import ActiveAccount, Beginnings, EventQueue, EventReader, nothing
from ewallet_core.client.requests import moves_the_account
from ewallet_core.client.session import ClientSession
from ewallet_core.client.trust import Identity, KnownServers
from ewallet_core.instructions.envelope import Answer
from ewallet_core.protocol.address import OUT_PORT, ServerAddress

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 20.0


class RemoteClient:
    """A client of the server at `place`, whose certificate is looked for, and kept, in `known_servers`.

    `patience_seconds` is how long `send` waits for an answer before it raises `UnreachableError`; None waits for
    ever. A connection on which an answer is due and nothing comes for `answer_seconds` counts as dead, and
    one that does not come about within `connect_seconds` is given up. `randomness` brings numbers from 0
    to 1.
    """

    keeps_passwords_alone = False

    def __init__(
        self,
        place: ServerAddress,
        known_servers: KnownServers,
        *,
        patience_seconds: float | None = None,
        answer_seconds: float = ANSWER_SECONDS,
        connect_seconds: float = CONNECT_SECONDS,
        randomness: Callable[[], float] = random.random,
    ) -> None:
        self._server = place
        self._patience_seconds = patience_seconds
        self._connect_seconds = connect_seconds
        self._randomness = randomness
        self._identity = Identity(place.name, known_servers)
        self._dialler = Dialler(place, self._identity, connect_seconds)
        self._out_port = place.out_port
        self._active = ActiveAccount()
        self._state = ConnectionState()
        self._link = RequestChannel(self._dial_in, self._state, randomness, answer_seconds)
        self._session = ClientSession(self._link.ask, self._active.forget)
        self._beginnings = Beginnings(self._dial_out, self._credentials)
        self._readers: list[tuple[EventReader, EventQueue]] = []
        self._is_open = False
        self._opening = asyncio.Lock()
        self._turn = asyncio.Lock()

    @property
    def place(self) -> str:
        """As `WalletClient.place`."""
        return self._server.name

    @property
    def fingerprint(self) -> str | None:
        """As `WalletClient.fingerprint`."""
        return self._identity.fingerprint

    @property
    def newly_pinned(self) -> bool:
        """As `WalletClient.newly_pinned`."""
        return self._identity.newly_pinned

    @property
    def connection(self) -> ConnectionStatus:
        """As `WalletClient.connection`."""
        return self._state.connection

    @property
    def unanswered(self) -> int:
        """As `WalletClient.unanswered`."""
        return self._session.unanswered

    def watch(self, changed: Callable[[ConnectionStatus], None]) -> None:
        """As `WalletClient.watch`."""
        self._state.watch(changed)

    async def open(self) -> None:
        """As `WalletClient.open`."""
        async with self._opening:
            if self._is_open and self.connection.reach is not Reach.OFFLINE:
                return
            await self._link.open()
            try:
                await self._open_session()
            except BaseException:
                await self._link.close()
                raise
            self._is_open = True

    async def send(self, **instruction: Any) -> Answer:
        """As `WalletClient.send`; raises `UnreachableError` too when its patience is over."""
        try:
            async with asyncio.timeout(self._patience_seconds):
                return await self._send(instruction)
        except TimeoutError:
            raise UnreachableError(
                f"{self.place} has not answered within {self._patience_seconds:g} seconds, so it is not "
                "known whether that was done. Ask it again under the same request id, and it is done once."
            ) from None

    def events(self, since: int | None = None) -> AsyncIterator[Event]:
        """As `WalletClient.events`."""
        if not self._is_open:
            return nothing()
        listening = EventReader(self._dial_out, self._credentials, self._active, self._randomness, since)
        if since is None and self._active.is_there:
            listening.begins(self._active.number, self._beginnings.ask())
        feed = EventQueue(listening.events)
        self._readers = [*self._reading(), (listening, feed)]
        return feed.events()

    async def close(self) -> None:
        """As `WalletClient.close`."""
        self._is_open = False
        await self._beginnings.stop()
        for _, feed in self._readers:
            await feed.stop()
        async with self._turn:
            # Whoever has waited for that has sent by now what they had to.
            pass
        await self._link.close()
        self._active.forget()

    async def _open_session(self) -> None:
        self._active.forget()
        try:
            async with asyncio.timeout(self._patience_seconds):
                await self._session.open()
        except TimeoutError:
            raise UnreachableError(f"{self.place} gives no answer. Try again later.") from None

    async def _send(self, instruction: dict[str, Any]) -> Answer:
        # Whoever wants to be told what happens from now on is told of this too, and nothing overtakes it.
        async with self._turn:
            await self._beginnings.all_known()
        if not moves_the_account(instruction):
            return await self._session.send(instruction)
        with self._active.moving():
            answer = await self._session.send(instruction)
            self._learn(answer)
            return answer

    def _learn(self, answer: Answer) -> None:
        """Take from it whose the session is, and have those who listen hear of another one from now on."""
        before = self._active.number
        self._active.learn(answer)
        readers = self._reading()
        if readers and self._active.is_there and self._active.number != before:
            beginning = self._beginnings.ask()
            for listening, _ in readers:
                listening.begins(self._active.number, beginning)

    def _credentials(self) -> dict[str, str]:
        return self._session.credentials

    def _reading(self) -> list[tuple[EventReader, EventQueue]]:
        return [(listening, feed) for listening, feed in self._readers if not feed.is_over]

    async def _dial_in(self) -> LineStream:
        lines = await self._dialler.dial(self._server.in_port, LONGEST_ANSWER)
        try:
            out_port = await greeted(lines, self._connect_seconds)
        except BaseException:
            await lines.close()
            raise
        self._out_port = self._server.out_port or out_port or self._out_port
        return lines

    async def _dial_out(self) -> LineStream:
        return await self._dialler.dial(self._out_port or OUT_PORT, LONGEST_EVENT)
