"""The engine in this process, on a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ewallet_core.client.connection import (
    NOT_OPEN,
    ConnectionState,
    ConnectionStatus,
    Event,
    Reach,
    UnreachableError,
)
from ewallet_core.client.events import nothing
from ewallet_core.client.requests import Request
from ewallet_core.client.session import ClientSession
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import Answer

if TYPE_CHECKING:
    from ewallet_core.engine.event_stream import EventSubscription
    from ewallet_core.manager import EWalletSessionManager

EVENT_INTERVAL_SECONDS = 1.0
THIS_MACHINE = "this machine"
"""Whence a person asks who sits at the program."""

_START_CLEANERS = {
    "controller": "system",
    "ctype": "action",
    "action": "start",
    "start": "cleaner",
    "cleaner": "all",
}

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Login:
    """Somebody who has logged in: which account, and where its events stood then."""

    account: int | None
    sequence: int


@dataclass(slots=True)
class _Reader:
    """Somebody who is told events, and for which login.

    At first it is what came `after` that event: of the login that was there then, or of whichever is next.
    """

    after: int | None
    of: _Login | None = None
    login: _Login | None = None
    subscription: EventSubscription | None = None

    def begin(self, login: _Login, subscription: EventSubscription) -> list[Event]:
        """Listen for that login from now on."""
        is_asked_for = self.after is not None and self.of in (None, login)
        listening = subscription.begin(self.after if is_asked_for else login.sequence)
        self.login, self.subscription, self.after = login, subscription, None
        return listening


def without_sockets(engine: EWalletSessionManager) -> EWalletSessionManager:
    """The engine, which now answers `no_listener` to the instructions about sockets."""
    engine.listen_through(None)
    return engine


class EmbeddedClient:
    """A client of a session manager that it opens, runs and closes on one engine thread."""

    place = "embedded"
    fingerprint = None
    newly_pinned = False
    keeps_passwords_alone = True

    def __init__(
        self, open_engine: Callable[[], EWalletSessionManager], *, for_a_person: bool = False
    ) -> None:
        """`open_engine` opens the session manager; it runs on the engine thread, so it may be slow.

        What is asked `for_a_person` may be asked by their role, system instructions too; else it is the
        program's own.
        """
        self._open_engine = open_engine
        self._address = {"address": THIS_MACHINE} if for_a_person else {}
        self._engine: EWalletSessionManager | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._state = ConnectionState()
        self._session = ClientSession(self._carry_out, self._forget_login)
        self._login: _Login | None = None
        self._changing = asyncio.Lock()

    @classmethod
    def on(cls, database_url: str | None = None) -> EmbeddedClient:
        """A client of the engine on that database; absent, the one in the user's data folder."""

        def open_engine() -> EWalletSessionManager:
            # The engine's libraries take as long to import as the first screen takes to be painted.
            from ewallet_core.manager import EWalletSessionManager  # noqa: PLC0415

            return without_sockets(EWalletSessionManager(database_url))

        return cls(open_engine)

    @classmethod
    def for_user(cls, database_url: str) -> EmbeddedClient:
        """A client for the person whose own engine it is, on that database: they supply themselves."""

        def open_engine() -> EWalletSessionManager:
            from ewallet_core.manager import EWalletSessionManager  # noqa: PLC0415
            from ewallet_core.operations.context import EngineConfig  # noqa: PLC0415 - as in `on`

            return without_sockets(EWalletSessionManager(database_url, config=EngineConfig(self_supply=True)))

        return cls(open_engine, for_a_person=True)

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
        async with self._changing:
            if self.connection.reach is Reach.OFFLINE:
                self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="ewallet-engine")
                await self._open_engine_on_thread()
                await self._session.open()
                self._state.becomes(Reach.CONNECTED)

    async def send(self, **instruction: Any) -> Answer:
        """As `WalletClient.send`."""
        return await self._session.send(instruction)

    def events(self, since: int | None = None) -> AsyncIterator[Event]:
        """As `WalletClient.events`."""
        if self._thread is None or self.connection.reach is Reach.OFFLINE:
            return nothing()
        reader = _Reader(since)
        if since is None:
            # Before whatever is asked from now on.
            asyncio.get_running_loop().run_in_executor(self._thread, self._note_beginning, reader)
        return self._told(reader, self._thread)

    async def close(self) -> None:
        """As `WalletClient.close`."""
        async with self._changing:
            # What was sent comes before it on the thread, and nothing more is.
            thread, self._thread = self._thread, None
            if thread is not None:
                self._state.becomes(Reach.OFFLINE)
                try:
                    await asyncio.get_running_loop().run_in_executor(thread, self._close)
                finally:
                    thread.shutdown(wait=False)

    async def _told(self, reader: _Reader, thread: ThreadPoolExecutor) -> AsyncIterator[Event]:
        """The events for as long as that thread is the engine's."""
        while self._thread is thread:
            for event in await self._on_thread(partial(self._news, reader)):
                yield event
            await asyncio.sleep(EVENT_INTERVAL_SECONDS)

    async def _open_engine_on_thread(self) -> None:
        try:
            await self._on_thread(self._open)
        except WalletError as error:
            raise UnreachableError(f"{error.error} {error.warning}") from error
        except OSError as reason:
            raise UnreachableError(f"The data folder can't be used: {reason.strerror}.") from reason

    async def _carry_out(self, request: Request) -> Answer:
        return await self._on_thread(partial(self._answer, request))

    async def _on_thread(self, work: Callable[[], T]) -> T:
        if self._thread is None:
            raise UnreachableError(NOT_OPEN)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> None:
        if self._engine is not None:
            return
        self._engine = self._open_engine()
        answer = self._engine.answer(_START_CLEANERS)
        if answer["failed"]:
            raise UnreachableError(f"{answer['error']} {answer['warning']}")

    def _answer(self, request: Request) -> Answer:
        engine = self._opened()
        answer = engine.answer(request, **self._address)
        if answer.get("code") == "outcome_unknown":
            # The same request id: what was done is not done again.
            answer = engine.answer(request, **self._address)
        if "session_data" in answer:
            self._note_login()
        return answer

    def _note_login(self) -> None:
        # Of the same account, what was not told yet is still news.
        try:
            subscription = self._following()
            (listening,) = subscription.begin()
        except WalletError:
            self._login = None
            return
        if self._login is None or self._login.account != subscription.account:
            self._login = _Login(subscription.account, listening["sequence"])

    def _forget_login(self) -> None:
        self._login = None

    def _note_beginning(self, reader: _Reader) -> None:
        with contextlib.suppress(WalletError, UnreachableError):
            if self._login is not None:
                (listening,) = self._following().begin()
                reader.of, reader.after = self._login, listening["sequence"]

    def _news(self, reader: _Reader) -> list[Event]:
        try:
            begun = self._begin(reader) if reader.login is not self._login else []
            return [*begun, *(reader.subscription.read_new() if reader.subscription else [])]
        except WalletError:
            # Nobody is logged in any more, which the next answer says as well.
            return []

    def _begin(self, reader: _Reader) -> list[Event]:
        """Have the reader listen for who is logged in now."""
        reader.login, reader.subscription = None, None
        if (login := self._login) is None:
            return []
        return reader.begin(login, self._following())

    def _following(self) -> EventSubscription:
        credentials = self._session.credentials
        return self._opened().follow(credentials["client_id"], credentials["session_token"])

    def _opened(self) -> EWalletSessionManager:
        if self._engine is None:
            raise UnreachableError(NOT_OPEN)
        return self._engine

    def _close(self) -> None:
        engine, self._engine, self._login = self._engine, None, None
        if engine is not None:
            engine.close()
