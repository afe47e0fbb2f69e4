"""The client of a program that is asynchronous itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ewallet_core.client.choosing import PATIENCE_SECONDS, Reached, client_of, complete
from ewallet_core.client.protocol import Connection, Event
from ewallet_core.instructions.envelope import Answer


class AsyncEWalletClient(Reached):
    """A session at an engine, open inside `async with`.

    `place` is a server's `host:port`; absent, the engine runs in this process, on the database at
    `database_url`, or else in the user's data folder. `known_servers` is the file in which servers'
    certificates are remembered; absent, the one in that folder. After `patience_seconds` without an answer
    of a server `send` raises `Unreachable`; None waits for ever. Raises `ValueError` where `place` is none.
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

    def watch(self, changed: Callable[[Connection], None]) -> None:
        """Call `changed` with each new state of the connection from now on."""
        self._client.watch(changed)

    async def open(self) -> None:
        """Reach the engine, as `async with` does; raises `Unreachable` in words."""
        await self._client.open()

    async def send(self, **instruction: Any) -> Answer:
        """Have an instruction carried out, once, and bring its answer.

        `controller` is `client` and `ctype` is `action` where they are not given. Raises `Unreachable` when
        the patience is over: whether it was done is then not known, and asking again under the same
        `request_id` does it once.
        """
        return await self._client.send(**complete(instruction))

    def events(self, since: int | None = None) -> AsyncIterator[Event]:
        """What happens to the logged-in account from this call on: `listening` first, then each event.

        With `since` it is what came after the event of that sequence, also what this program did not hear.
        """
        return self._client.events(since)

    async def close(self) -> None:
        """Wait for what was sent to be answered, as far as it can be, and let go of the engine."""
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
