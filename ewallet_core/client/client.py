"""EWalletClient and AsyncEWalletClient: the public clients, for an engine in this process or a server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import ewallet_core
from ewallet_core.client.connection import NOT_OPEN, ConnectionStatus, Event, UnreachableError
from ewallet_core.client.session import WalletClient
from ewallet_core.data_folder import KNOWN_SERVERS_FILE, data_folder
from ewallet_core.instructions.envelope import Answer
from ewallet_core.protocol.address import Servers

PATIENCE_SECONDS = 30.0


class ClientStatus:
    """The properties that both public clients have."""

    def __init__(self, client: WalletClient) -> None:
        self._client = client

    @property
    def place(self) -> str:
        """Where the engine is: `embedded`, or the `host:port` of the server in use."""
        return self._client.place

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of that server's pinned certificate; None if there is none."""
        return self._client.fingerprint

    @property
    def newly_pinned(self) -> bool:
        """Whether this client saw and pinned that certificate for the first time."""
        return self._client.newly_pinned

    @property
    def connection(self) -> ConnectionStatus:
        """Whether the engine can be reached now."""
        return self._client.connection

    @property
    def unanswered(self) -> int:
        """How many changing instructions were sent and are not answered yet."""
        return self._client.unanswered


def client_of(
    place: str | None, database_url: str | None, known_servers: Path | None, patience_seconds: float | None
) -> WalletClient:
    """A client of the servers at `place`; without one, of an engine in this process on that database."""
    # By the package's lazy names: an embedded client needs no TLS, and a remote one no engine.
    client: WalletClient
    if place is None:
        client = ewallet_core.client.EmbeddedClient.on(database_url)
        return client
    try:
        file = known_servers or data_folder() / KNOWN_SERVERS_FILE
    except OSError as reason:
        raise UnreachableError(f"The data folder can't be used: {reason.strerror}.") from reason
    known = ewallet_core.client.KnownServers(file)
    client = ewallet_core.client.RemoteClient(Servers.read(place), known, patience_seconds=patience_seconds)
    return client


def complete(instruction: dict[str, Any]) -> dict[str, Any]:
    """The instruction with the usual `controller` and `ctype`, unless it is enveloped."""
    if "command_chain" in instruction:
        return instruction
    return {"controller": "client", "ctype": "action", **instruction}


T = TypeVar("T")


class LoopThread:
    """An event loop on a thread, which runs coroutines for other threads while they wait."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._submitting = threading.Lock()
        self._is_stopped = False
        self._thread = threading.Thread(target=self._loop.run_forever, name="ewallet-client", daemon=True)
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether it was not stopped, and the process was not forked since."""
        return not self._is_stopped and self._thread.is_alive()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, which is cancelled if the waiting thread is interrupted.

        Raises `UnreachableError` if the loop is or gets stopped.
        """
        with self._submitting:
            if not self.is_running:
                work.close()
                raise UnreachableError(NOT_OPEN)
            under_way = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return under_way.result()
        except CancelledError:
            raise UnreachableError(NOT_OPEN) from None
        finally:
            under_way.cancel()

    def stop(self) -> None:
        """Cancel what runs and stop the loop; a second call does nothing."""
        with self._submitting:
            if not self.is_running:
                return
            # The loop sees all work that was submitted before this, and none is submitted after it.
            self._is_stopped = True
            cancelling = asyncio.run_coroutine_threadsafe(self._cancel_all(), self._loop)
        cancelling.result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _cancel_all(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await self._loop.shutdown_asyncgens()


class AsyncEWalletClient(ClientStatus):
    """A session at an engine, open inside `async with`.

    `place` is a server's `host:port`, or its URL; or those of several servers of the same wallets with commas
    between, of which the next is used when one fails. Without it, the engine runs in this process, on the
    database at `database_url` or in the user's data folder. `known_servers` is the file of pinned
    certificates, by default the one in that folder. `send` raises `UnreachableError` if a server has not
    answered after `patience_seconds`; None waits forever. Raises `ValueError` if `place` is not valid.
    """

    def __init__(
        self,
        place: str | None = None,
        *,
        database_url: str | None = None,
        known_servers: Path | None = None,
        patience_seconds: float | None = PATIENCE_SECONDS,
    ) -> None:
        super().__init__(client_of(place, database_url, known_servers, patience_seconds))

    def watch(self, changed: Callable[[ConnectionStatus], None]) -> None:
        """Call `changed` with each new state of the connection from now on."""
        self._client.watch(changed)

    async def open(self) -> None:
        """Reach the engine, as `async with` does; raises `UnreachableError`."""
        await self._client.open()

    async def send(self, /, **instruction: Any) -> Answer:
        """Have an instruction carried out, once, and return its answer.

        `controller` is `client` and `ctype` is `action` unless they are given. After an `UnreachableError` it
        is not known whether it was carried out; sent again under the same `request_id`, it is done once.
        """
        return await self._client.send(**complete(instruction))

    def events(self, since: int | None = None) -> AsyncIterator[Event]:
        """What happens to the logged-in account from this call on: `listening` first, then each event.

        With `since` it starts after the event of that sequence, even if this program did not run meanwhile.
        """
        return self._client.events(since)

    async def close(self) -> None:
        """Wait for the answers that can still come, then disconnect."""
        await self._client.close()

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class EWalletClient(ClientStatus):
    """As `AsyncEWalletClient`, for synchronous programs: open inside `with`, and used by any thread."""

    def __init__(
        self,
        place: str | None = None,
        *,
        database_url: str | None = None,
        known_servers: Path | None = None,
        patience_seconds: float | None = PATIENCE_SECONDS,
    ) -> None:
        super().__init__(client_of(place, database_url, known_servers, patience_seconds))
        self._loop: LoopThread | None = None
        self._opening = threading.Lock()

    def open(self) -> None:
        """Reach the engine, as `with` does; raises `UnreachableError`."""
        with self._opening:
            if self._loop is None:
                self._loop = LoopThread()
            loop = self._loop
        loop.run(self._client.open())

    def send(self, /, **instruction: Any) -> Answer:
        """As `AsyncEWalletClient.send`."""
        if (loop := self._loop) is None:
            raise UnreachableError(NOT_OPEN)
        return loop.run(self._client.send(**complete(instruction)))

    def events(self, timeout: float | None = None, since: int | None = None) -> Iterator[Event]:
        """As `AsyncEWalletClient.events`; with a `timeout` it ends if nothing happens for so many seconds."""
        if (loop := self._loop) is None:
            return iter(())
        return one_by_one(loop, loop.run(self._start_events(since)), timeout)

    def close(self) -> None:
        """As `AsyncEWalletClient.close`; several threads may call it, also twice."""
        with self._opening:
            if self._loop is None:
                return
            try:
                self._loop.run(self._client.close())
            finally:
                self._loop.stop()
                self._loop = None

    def __enter__(self) -> Self:
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def _start_events(self, since: int | None) -> AsyncIterator[Event]:
        return self._client.events(since)


def one_by_one(loop: LoopThread, events: AsyncIterator[Event], timeout: float | None) -> Iterator[Event]:
    """The events as they come; they end if none comes for `timeout` seconds, or the loop is stopped."""

    async def read_next() -> Event:
        async with asyncio.timeout(timeout):
            return await anext(events)

    while loop.is_running:
        try:
            event = loop.run(read_next())
        except (StopAsyncIteration, TimeoutError):
            return
        except UnreachableError:
            if loop.is_running:
                raise
            return
        yield event
