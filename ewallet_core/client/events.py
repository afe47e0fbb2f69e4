"""Events of the active account: a reader gets each once, over as many connections as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from typing import Any

from ewallet_core.client.connect import Waits, delays
from ewallet_core.client.connection import NO_ACCOUNT, Event, UnreachableError
from ewallet_core.client.failover import FailoverEndpoint
from ewallet_core.client.messages import EventLine, MessageStream, read_as, reason_of
from ewallet_core.client.requests import Request, may_change_account
from ewallet_core.client.trust import NotTrustedError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.protocol.frames import FIRST_EVENT, encode


class ActiveAccount:
    """The account that is active in the session and its newest event, according to the answers.

    Each login has a number; `started_at` is the event sequence at which it started, None if it is not known.
    """

    def __init__(self) -> None:
        self.login = 0
        self.started_at: int | None = None
        self.sequence: int | None = None
        """The sequence of the newest event according to the answers."""
        self._email: object = None
        self._pending_changes = 0
        self._changed = asyncio.Event()

    @property
    def is_settled(self) -> bool:
        """Whether no instruction that may change the account is waiting for its answer."""
        return self._pending_changes == 0

    @property
    def is_logged_in(self) -> bool:
        return self._email is not None

    @contextmanager
    def asking(self, request: Request) -> Iterator[None]:
        """Note that this request is waiting for its answer, if it may change the account."""
        if not may_change_account(request):
            yield
            return
        self._pending_changes += 1
        try:
            yield
        except BaseException:
            self.may_be_another()
            raise
        finally:
            self._pending_changes -= 1
            self._notify()

    def learn(self, request: Request, answer: Answer) -> None:
        """Take the active account and its newest event from the answer to that request."""
        sequence = answer.get("event_sequence")
        # Other answers with `session_data` are about another session, such as one that an operator views.
        if "session_data" in answer and may_change_account(request):
            self._become(answer["session_data"]["session_user_account"], sequence)
        elif "edit" in answer and self.is_logged_in:
            # The same account, perhaps under a new email address.
            self._email = answer["account"]
        if sequence is not None:
            self.sequence = max(sequence, self.sequence or 0)

    def may_be_another(self) -> None:
        """Note that it is not known which account is active, so that readers ask the engine."""
        self._become(object(), None)

    def forget(self) -> None:
        """Note that the session has ended."""
        self._become(None, None)

    async def settled(self) -> None:
        """Wait until it is known which account is active."""
        while not self.is_settled:
            await self._changed.wait()

    async def login_after(self, login: int | None = None) -> int:
        """Wait until an account is logged in, with another login than that one; returns its number."""
        while not (self.is_settled and self.is_logged_in and self.login != login):
            await self._changed.wait()
        return self.login

    async def left(self, login: int) -> None:
        """Wait until that login has ended or another account has become active."""
        while self.login == login:
            await self._changed.wait()

    def _become(self, email: object, sequence: int | None) -> None:
        if email != self._email:
            self._email = email
            self.login += 1
            self.started_at = self.sequence = sequence
            self._notify()

    def _notify(self) -> None:
        """Wake all waiting tasks, so that each checks its condition again."""
        self._changed.set()
        self._changed = asyncio.Event()


class ReadPosition:
    """The position of one reader: the login that it follows, and the newest event that it got.

    A new reader starts after the event `since` of its first login. Without it, it starts after the newest
    event according to the answers, or with the login if that comes later.
    """

    def __init__(self, active: ActiveAccount, since: int | None) -> None:
        self.login: int | None = None
        self.sequence = 0
        self._active = active
        self._since = since
        self._first = (active.login, active.sequence) if active.is_logged_in else None

    def start_of(self, login: int) -> int | None:
        """The event after which the reader goes on in that login; None if it is not known."""
        if self.login == login:
            return self.sequence
        if self._since is not None:
            return self._since
        if self._first is not None and self._first[0] == login:
            return self._first[1]
        return self._active.started_at

    def follow(self, login: int, sequence: int) -> None:
        """Follow that login from that event on."""
        self.login, self.sequence, self._since = login, sequence, None


async def no_events() -> AsyncIterator[Event]:
    return
    yield


class EventQueue:
    """Gathers events from its creation on, and yields them one by one.

    An error of `gather` is raised to the reader after the events before it.
    """

    def __init__(self, gather: Callable[[], AsyncGenerator[Event, None]]) -> None:
        self._gather = gather
        # A slow reader leaves the rest on the connection and so at the server.
        self._queue: asyncio.Queue[Event] = asyncio.Queue(1)
        self._task = asyncio.create_task(self._run())

    @property
    def is_over(self) -> bool:
        return self._task.done()

    async def events(self) -> AsyncIterator[Event]:
        try:
            while (event := await self._next()) is not None:
                yield event
        finally:
            await self.stop()

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _next(self) -> Event | None:
        taking = asyncio.create_task(self._queue.get())
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
                await self._queue.put(event)


SESSION_ABOUT_TO_END = "session_about_to_end"
SILENT_SECONDS = 60.0
"""How long a connection may be silent, without even a heartbeat, before it counts as dead."""
LOGIN_SECONDS = 30.0
"""How long to wait for a login before asking again, if the server says that no account is logged in."""


class EventReader:
    """Reads the events of a server for one reader.

    `endpoint` opens a stream of events, `credentials` returns those of the current session,
    `randomness` returns numbers from 0 to 1, and `waits` limits what is waited for. If it `follows_logins`,
    the events go on with the account that logs in after another; else they end when none is logged in.
    """

    def __init__(
        self,
        endpoint: FailoverEndpoint,
        credentials: Callable[[], Mapping[str, str]],
        active: ActiveAccount,
        randomness: Callable[[], float],
        since: int | None,
        waits: Waits,
        *,
        follows_logins: bool = True,
    ) -> None:
        self._follows_logins = follows_logins
        self._is_over = False
        self._waits = waits
        self._endpoint = endpoint
        self._credentials = credentials
        self._active = active
        self._randomness = randomness
        self._delays = delays(randomness)
        self._position = ReadPosition(active, since)
        self._warning: dict[str, Any] | None = None

    async def events(self) -> AsyncGenerator[Event, None]:
        """All events; raises `NotTrustedError` if the identity of every server is in doubt."""
        while not self._is_over:
            login = await self._active.login_after()
            try:
                async with self._connected(login) as messages, aclosing(self._read(messages, login)) as read:
                    async for event in read:
                        yield event
            except (EOFError, OSError, TimeoutError, UnreachableError) as reason:
                if isinstance(reason, NotTrustedError) and self._endpoint.is_in_doubt:
                    raise
                if self._active.login == login:
                    await self._waits.sleep(next(self._delays))

    @asynccontextmanager
    async def _connected(self, login: int) -> AsyncIterator[MessageStream]:
        """A connection that is closed when that login ends."""
        messages = await self._endpoint.open_events()

        async def close_after_login() -> None:
            await self._active.left(login)
            await messages.close()

        closing = asyncio.create_task(close_after_login())
        try:
            yield messages
        finally:
            try:
                # Both may wait for that; if `closing` were cancelled first, this would be too.
                await messages.close()
            finally:
                closing.cancel()

    async def _read(self, messages: MessageStream, login: int) -> AsyncGenerator[Event, None]:
        """The new events on one connection, until another account may be active."""
        if not self._active.is_settled or self._active.login != login:
            return
        since, credentials = self._position.start_of(login), self._credentials()
        messages.write(encode({**credentials, **({} if since is None else {"since": since})}))
        while True:
            async with self._waits.limited_to(SILENT_SECONDS):
                message = await messages.read()
            if message is None:
                continue
            if message.get("failed"):
                # A login that is not answered yet may have renewed the token.
                await self._active.settled()
                if self._credentials() == credentials:
                    await self._wait_for_login(message, login)
                # Else the session has a new token by now.
                return
            line = read_as(EventLine, message)
            if line.event == FIRST_EVENT:
                await self._active.settled()
                if self._active.login != login:
                    # The line may be of the account before the change or after it.
                    return
                position = self._position
                is_resumed = (position.login, position.sequence) == (login, line.sequence)
                position.follow(login, line.sequence)
                self._delays = delays(self._randomness)
                if is_resumed:
                    continue
            elif not self._is_new(line):
                continue
            yield message

    def _is_new(self, line: EventLine) -> bool:
        """Whether the reader did not get the event yet, on this connection or one that broke."""
        if line.event == SESSION_ABOUT_TO_END:
            before, self._warning = self._warning, line.data
            return before != self._warning
        is_new = line.sequence > self._position.sequence
        if is_new:
            self._position.sequence = line.sequence
        return is_new

    async def _wait_for_login(self, notice: dict[str, Any], login: int) -> None:
        """Wait for another login if none is there; raises `UnreachableError` for any other reason."""
        if notice.get("code") not in NO_ACCOUNT:
            raise UnreachableError(reason_of(notice))
        if not self._follows_logins:
            self._is_over = True
            return
        with suppress(TimeoutError):
            async with self._waits.limited_to(LOGIN_SECONDS):
                await self._active.login_after(login)
