"""Events of an account over one connection after another, none lost and none repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from typing import Any

from ewallet_core.client.connect import LineStream, delays
from ewallet_core.client.connection import Event, UnreachableError
from ewallet_core.client.messages import LISTENING, NO_SERVER, Told, read_as, reason_of
from ewallet_core.client.trust import NotTrustedError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.protocol.frames import encode


class ActiveAccount:
    """The account whose events there are to be told, and a number that is another for each login."""

    def __init__(self) -> None:
        self.number = 0
        self._account: object = None
        self._moving = 0
        self._changed = asyncio.Event()

    @property
    def is_settled(self) -> bool:
        """Whether no instruction is under way that may make another account the active one."""
        return self._moving == 0

    @property
    def is_there(self) -> bool:
        """Whether somebody is logged in."""
        return self._account is not None

    def learn(self, answer: Answer) -> None:
        """Take from the answer of such an instruction whose the session is now."""
        if "session_data" in answer:
            self._becomes(answer["session_data"]["session_user_account"])

    def forget(self) -> None:
        """The session has ended."""
        self._becomes(None)

    @contextmanager
    def moving(self) -> Iterator[None]:
        """While such an instruction is under way."""
        self._moving += 1
        try:
            yield
        except BaseException:
            # What it came to is not known, so whoever listens has to ask anew for whom that is.
            self._becomes(object())
            raise
        finally:
            self._moving -= 1
            self._tell()

    async def settled(self) -> None:
        """Wait until it is known whose the session is."""
        while not self.is_settled:
            await self._changed.wait()

    async def moved_from(self, number: int) -> None:
        """Wait until that login is not the one there is any more."""
        while self.number == number:
            await self._changed.wait()

    async def somebody(self, but: int | None = None) -> int:
        """The number of the login that there is, once there is one, and it is another one than `but`."""
        while not (self.is_settled and self.is_there and self.number != but):
            await self._changed.wait()
        return self.number

    def _becomes(self, account: object) -> None:
        if account != self._account:
            self._account = account
            self.number += 1
            self._tell()

    def _tell(self) -> None:
        """Wake whoever waits, each with a look of its own at what has become of it."""
        self._changed.set()
        self._changed = asyncio.Event()


ASKED_WITHIN_SECONDS = 5.0
"""For how long nothing else is asked at most; whoever listens then is told what happens after that."""

Beginning = asyncio.Task[int | None]
"""The sequence after which events are told, once it is known; None where it could not be had."""


class Beginnings:
    """Asks where the events of the active account stand.

    `dial` connects to where the server tells events, `credentials` are those of the session just then.
    """

    def __init__(
        self, dial: Callable[[], Awaitable[LineStream]], credentials: Callable[[], Mapping[str, str]]
    ) -> None:
        self._dial = dial
        self._credentials = credentials
        self._asked: set[Beginning] = set()

    def ask(self) -> Beginning:
        """Where they stand now."""
        beginning = asyncio.create_task(self._ask())
        self._asked.add(beginning)
        beginning.add_done_callback(self._asked.discard)
        return beginning

    async def all_known(self) -> None:
        """Wait until nothing is being asked, so that what is done next comes after all of it."""
        while self._asked:
            await asyncio.wait(self._asked)

    async def stop(self) -> None:
        """Ask no more."""
        for beginning in self._asked:
            beginning.cancel()
        await self.all_known()

    async def _ask(self) -> int | None:
        try:
            async with asyncio.timeout(ASKED_WITHIN_SECONDS):
                return await self._stands_at(await self._dial())
        except (EOFError, OSError, TimeoutError, UnreachableError):
            return None

    async def _stands_at(self, lines: LineStream) -> int:
        try:
            lines.write(encode(self._credentials()))
            while (message := await lines.read()) is None:
                pass
        finally:
            await lines.close()
        if message.get("failed"):
            raise UnreachableError(reason_of(message))
        told = read_as(Told, message)
        if told.event != LISTENING:
            raise UnreachableError(NO_SERVER)
        return told.sequence


async def nothing() -> AsyncIterator[Event]:
    """The events of a client that is not open."""
    return
    yield


class EventQueue:
    """Gathers events from when it is made, and hands them on one by one.

    Where `gather` raises, whoever reads is told, after the events before it.
    """

    def __init__(self, gather: Callable[[], AsyncGenerator[Event, None]]) -> None:
        self._gather = gather
        # Who reads slowly leaves the rest on the wire, where it is kept until they have caught up.
        self._room: asyncio.Queue[Event] = asyncio.Queue(1)
        self._task = asyncio.create_task(self._run())

    @property
    def is_over(self) -> bool:
        """Whether it gathers no more."""
        return self._task.done()

    async def events(self) -> AsyncIterator[Event]:
        """The events, until the feed is stopped."""
        try:
            while (event := await self._next()) is not None:
                yield event
        finally:
            await self.stop()

    async def stop(self) -> None:
        """Gather no more."""
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _next(self) -> Event | None:
        taking = asyncio.create_task(self._room.get())
        try:
            await asyncio.wait([taking, self._task], return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                return taking.result()
        finally:
            taking.cancel()
        return None if self._task.cancelled() else self._task.result()

    async def _run(self) -> None:
        async with aclosing(self._gather()) as gathered:
            async for event in gathered:
                await self._room.put(event)


SESSION_ABOUT_TO_END = "session_about_to_end"
SILENT_SECONDS = 60.0
"""After how long without so much as a heartbeat a connection counts as dead."""
LOGIN_SECONDS = 30.0
"""After how long it is tried again where the server knows nobody, and no login was seen since."""

_NOBODY = frozenset({"client_unknown", "session_unknown", "session_expired", "not_logged_in"})


class EventReader:
    """Listens for one reader, and knows for which login it does and how far it has come.

    `dial` connects to where the server tells events, `credentials` are those of the session just then,
    `randomness` brings numbers from 0 to 1. Of the first login it tells what came after the event `since`,
    where there is one.
    """

    def __init__(
        self,
        dial: Callable[[], Awaitable[LineStream]],
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
        """All events, without end; raises `NotTrustedError` where it is not sure any more which server it is."""
        while True:
            login = await self._active.somebody()
            try:
                async with self._connected(login) as lines, aclosing(self._heard_from(lines, login)) as heard:
                    async for event in heard:
                        yield event
            except NotTrustedError:
                raise
            except (EOFError, OSError, TimeoutError, UnreachableError):
                if self._active.number == login:
                    await asyncio.sleep(next(self._waits))

    @asynccontextmanager
    async def _connected(self, login: int) -> AsyncIterator[LineStream]:
        """A connection that ends when that login does: of the next one nothing is told on it."""
        lines = await self._dial()
        leaving = asyncio.create_task(self._leave(lines, login))
        try:
            yield lines
        finally:
            leaving.cancel()
            await lines.close()

    async def _leave(self, lines: LineStream, login: int) -> None:
        await self._active.moved_from(login)
        await lines.close()

    async def _heard_from(self, lines: LineStream, login: int) -> AsyncGenerator[Event, None]:
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
        """Wait for another login where there is none; raises `UnreachableError` with any other reason."""
        if notice.get("code") not in _NOBODY:
            raise UnreachableError(reason_of(notice))
        with suppress(TimeoutError):
            async with asyncio.timeout(LOGIN_SECONDS):
                await self._active.somebody(but=login)
