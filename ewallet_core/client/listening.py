"""Following an account's events over one connection after another, with none lost and none told twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any

from ewallet_core.client.active_account import ActiveAccount
from ewallet_core.client.backoff import delays
from ewallet_core.client.beginnings import Beginning
from ewallet_core.client.known_servers import NotTrusted
from ewallet_core.client.lines import Lines
from ewallet_core.client.messages import LISTENING, Told, read_as, reason_of
from ewallet_core.client.protocol import Event, Unreachable
from ewallet_core.wire.frames import encode

SESSION_ABOUT_TO_END = "session_about_to_end"
SILENT_SECONDS = 60.0
"""After how long without so much as a heartbeat a connection counts as dead."""
LOGIN_SECONDS = 30.0
"""After how long it is tried again where the server knows nobody, and no login was seen since."""

_NOBODY = frozenset({"client_unknown", "session_unknown", "session_expired", "not_logged_in"})


class Listening:
    """Listens for one reader, and knows for which login it does and how far it has come.

    `dial` connects to where the server tells events, `credentials` are those of the session just then,
    `randomness` brings numbers from 0 to 1. Of the first login it tells what came after the event `since`,
    where there is one.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[Lines]],
        credentials: Callable[[], Mapping[str, str]],
        active: ActiveAccount,
        randomness: Callable[[], float],
        since: int | None,
    ) -> None:
        self._dial = dial
        self._credentials = credentials
        self._active = active
        self._randomness = randomness
        self._waits = delays(randomness)
        self._since = since
        self._beginnings: dict[int, Beginning] = {}
        self._login: int | None = None
        self._sequence = 0
        self._warning: dict[str, Any] | None = None

    def begins(self, login: int, beginning: Beginning) -> None:
        """Of that login tell what comes after that."""
        self._beginnings = {login: beginning}

    async def events(self) -> AsyncGenerator[Event, None]:
        """All events, without end; raises `NotTrusted` where it is not sure any more which server it is."""
        while True:
            login = await self._active.somebody()
            try:
                async with self._connected(login) as lines, aclosing(self._heard_from(lines, login)) as heard:
                    async for event in heard:
                        yield event
            except NotTrusted:
                raise
            except (EOFError, OSError, TimeoutError, Unreachable):
                if self._active.number == login:
                    await asyncio.sleep(next(self._waits))

    @asynccontextmanager
    async def _connected(self, login: int) -> AsyncIterator[Lines]:
        """A connection that ends when that login does: of the next one nothing is told on it."""
        lines = await self._dial()
        leaving = asyncio.create_task(self._leave(lines, login))
        try:
            yield lines
        finally:
            leaving.cancel()
            await lines.close()

    async def _leave(self, lines: Lines, login: int) -> None:
        await self._active.moved_from(login)
        await lines.close()

    async def _heard_from(self, lines: Lines, login: int) -> AsyncGenerator[Event, None]:
        """What is told on one connection, until there is nobody any more for whom to listen on it."""
        if not self._active.is_settled or self._active.number != login:
            return
        since = await self._told_until(login)
        if self._active.number != login:
            return
        lines.write(encode({**self._credentials(), **({} if since is None else {"since": since})}))
        while True:
            async with asyncio.timeout(SILENT_SECONDS):
                message = await lines.read()
            if message is None:
                continue
            if message.get("failed"):
                await self._refused(message, login)
                return
            told = read_as(Told, message)
            if told.event == LISTENING:
                await self._active.settled()
                if self._active.number != login:
                    # For whom it is listened is not sure: this may have been said before that login or after.
                    return
                is_resumed = self._login == login and told.sequence == self._sequence
                self._begin(told, login)
                if is_resumed:
                    continue
            elif not self._is_news(told):
                continue
            yield message

    async def _told_until(self, login: int) -> int | None:
        """The event after which more is to be told; None where it is not known."""
        if self._login == login:
            return self._sequence
        if self._since is None and login in self._beginnings:
            return await asyncio.shield(self._beginnings[login])
        return self._since

    def _begin(self, listening: Told, login: int) -> None:
        self._since = None
        self._login, self._sequence = login, listening.sequence
        self._waits = delays(self._randomness)

    def _is_news(self, told: Told) -> bool:
        """Whether it was not told before, on this connection or on the one that broke."""
        if told.event == SESSION_ABOUT_TO_END:
            known, self._warning = self._warning, told.data
            return known != self._warning
        known_to, self._sequence = self._sequence, max(self._sequence, told.sequence)
        return bool(self._sequence > known_to)

    async def _refused(self, notice: dict[str, Any], login: int) -> None:
        """Wait for another login where there is none; raises `Unreachable` with any other reason."""
        if notice.get("code") not in _NOBODY:
            raise Unreachable(reason_of(notice))
        with suppress(TimeoutError):
            async with asyncio.timeout(LOGIN_SECONDS):
                await self._active.somebody(but=login)
