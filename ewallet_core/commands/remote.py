"""The servers that a command talks to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ewallet_core.client.client import PATIENCE_SECONDS, LoopThread, client_of, one_by_one
from ewallet_core.client.connection import Event
from ewallet_core.data_folder import KNOWN_SERVERS_FILE, data_folder
from ewallet_core.instructions.envelope import Answer


class ServerConnection:
    """A connection to a server at `place`, without a session until one is used."""

    def __init__(self, place: str, folder: Path | None) -> None:
        known_servers = data_folder(folder) / KNOWN_SERVERS_FILE
        self._client = client_of(place, None, known_servers, PATIENCE_SECONDS)
        self._client.use({})
        self._loop = LoopThread()
        try:
            self._loop.run(self._client.open())
        except BaseException:
            self._loop.stop()
            raise

    @property
    def pinned(self) -> Mapping[str, str]:
        return self._client.pinned

    @property
    def credentials(self) -> Mapping[str, str]:
        return self._client.credentials

    def use(self, credentials: Mapping[str, str]) -> None:
        async def use() -> None:
            self._client.use(credentials)

        self._loop.run(use())

    def send(self, instruction: Mapping[str, Any]) -> Answer:
        return self._loop.run(self._client.send(**instruction))

    def events(self, since: int | None = None) -> Iterator[Event]:
        """The events of the logged-in account, first `listening`; they go on after a broken connection."""

        async def events() -> Any:
            return self._client.events(since)

        return one_by_one(self._loop, self._loop.run(events()), None)

    def close(self) -> None:
        try:
            self._loop.run(self._client.close())
        finally:
            self._loop.stop()
