"""The engine in this process, on a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import ewallet_core
from ewallet_core.client.connection import NOT_OPEN, Event, Reach, UnreachableError
from ewallet_core.client.events import ReadPosition, no_events
from ewallet_core.client.requests import Request
from ewallet_core.client.session import WalletClient
from ewallet_core.errors.base import WalletError
from ewallet_core.instructions.envelope import Answer
from ewallet_core.protocol.address import THIS_MACHINE

if TYPE_CHECKING:
    from ewallet_core.manager import EWalletSessionManager

EVENT_INTERVAL_SECONDS = 1.0

_START_CLEANERS = {
    "controller": "system",
    "ctype": "action",
    "action": "start",
    "start": "cleaner",
    "cleaner": "all",
}

T = TypeVar("T")


def without_sockets(engine: EWalletSessionManager) -> EWalletSessionManager:
    """The engine without a listener: it answers `no_listener` to the instructions about sockets."""
    engine.listen_through(None)
    return engine


class EmbeddedClient(WalletClient):
    """A client of a session manager that it opens, runs and closes on one engine thread."""

    place = "embedded"
    keeps_passwords_alone = True

    def __init__(
        self, open_engine: Callable[[], EWalletSessionManager], *, for_a_person: bool = False
    ) -> None:
        """`open_engine` opens the session manager; it runs on the engine thread, so it may be slow.

        With `for_a_person`, the role of the logged-in user decides what is permitted; without it, the
        requests are those of the program that runs the engine.
        """
        super().__init__()
        self._open_engine = open_engine
        self._address = {"address": THIS_MACHINE} if for_a_person else {}
        self._engine: EWalletSessionManager | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._changing = asyncio.Lock()

    @classmethod
    def on(cls, database_url: str | None = None) -> EmbeddedClient:
        """A client of the engine on that database; absent, the one in the user's data folder."""
        # Looked up on the engine thread, because importing the engine is slow.
        return cls(lambda: without_sockets(ewallet_core.EWalletSessionManager(database_url)))

    @classmethod
    def for_user(cls, database_url: str) -> EmbeddedClient:
        """A client for the owner of the engine on that database, who needs no operator's permission."""

        def open_engine() -> EWalletSessionManager:
            config = ewallet_core.EngineConfig.for_owner()
            engine = without_sockets(ewallet_core.EWalletSessionManager(database_url, config=config))
            try:
                # While the user types the password.
                engine.prepare_overview()
            except BaseException:
                engine.close()
                raise
            return engine

        return cls(open_engine, for_a_person=True)

    async def open(self) -> None:
        async with self._changing:
            if self.connection.reach is Reach.OFFLINE:
                self._thread = self._thread or ThreadPoolExecutor(1, thread_name_prefix="ewallet-engine")
                await self._on_thread(self._open)
                await self._begin_session()
                self._state.becomes(Reach.CONNECTED)

    def events(self, since: int | None = None) -> AsyncIterator[Event]:
        if self._thread is None or self.connection.reach is Reach.OFFLINE:
            return no_events()
        return self._read_events(ReadPosition(self._active, since), self._thread)

    async def close(self) -> None:
        # What waits for a login is sent first.
        async with self._changing, self._login:
            # The thread finishes what was sent before; nothing can be sent afterwards.
            thread, self._thread = self._thread, None
            if thread is not None:
                self._state.becomes(Reach.OFFLINE)
                try:
                    await asyncio.get_running_loop().run_in_executor(thread, self._close)
                finally:
                    thread.shutdown(wait=False)
                    self._active.forget()

    async def _read_events(self, position: ReadPosition, thread: ThreadPoolExecutor) -> AsyncIterator[Event]:
        """The events for as long as that thread is the engine's."""
        active, subscription, credentials = self._active, None, self._credentials
        while self._thread is thread:
            if active.is_settled and active.is_logged_in:
                # Nothing runs on the thread between this check and the read, so the read is of this login.
                login, is_resumed = active.login, position.login == active.login
                if subscription is None or not is_resumed or credentials is not self._credentials:
                    credentials = self._credentials
                    subscription = self._opened().follow(**credentials)
                    for event in await self._read(partial(subscription.begin, position.start_of(login))):
                        position.follow(login, event["sequence"])
                        if not is_resumed:
                            yield event
                    if position.login == login:
                        continue
                else:
                    for event in await self._read(subscription.read_new):
                        position.sequence = event["sequence"]
                        yield event
            await asyncio.sleep(EVENT_INTERVAL_SECONDS)

    async def _read(self, work: Callable[[], list[Event]]) -> list[Event]:
        try:
            return await self._on_thread(work)
        except WalletError:
            # The account is no longer logged in, which the next answer says too.
            return []

    async def _ask(self, request: Request) -> Answer:
        def answer() -> Answer:
            engine = self._opened()
            answer = engine.answer(request, **self._address)
            if answer.get("code") == "outcome_unknown":
                # Under the same request id, so it is done once.
                answer = engine.answer(request, **self._address)
            return answer

        return await self._on_thread(answer)

    async def _on_thread(self, work: Callable[[], T]) -> T:
        if self._thread is None:
            raise UnreachableError(NOT_OPEN)
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> None:
        if self._engine is not None:
            return
        try:
            self._engine = self._open_engine()
        except WalletError as error:
            raise UnreachableError(f"{error.error} {error.warning}") from error
        except OSError as reason:
            raise UnreachableError(f"The data folder can't be used: {reason.strerror}.") from reason
        answer = self._engine.answer(_START_CLEANERS)
        if answer["failed"]:
            raise UnreachableError(f"{answer['error']} {answer['warning']}")

    def _opened(self) -> EWalletSessionManager:
        if self._engine is None:
            raise UnreachableError(NOT_OPEN)
        return self._engine

    def _close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.close()
