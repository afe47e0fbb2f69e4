"""Which client a program gets for which place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ewallet_core.client.protocol import Connection, Unreachable, WalletClient

PATIENCE_SECONDS = 30.0


class Reached:
    """What is known of the engine that `client` reaches, whoever asks."""

    def __init__(self, client: WalletClient) -> None:
        self._client = client

    @property
    def place(self) -> str:
        """Where the engine is: `embedded` or `host:port`."""
        return self._client.place

    @property
    def fingerprint(self) -> str | None:
        """The fingerprint of the server's certificate that was pinned; None where there is none."""
        return self._client.fingerprint

    @property
    def newly_pinned(self) -> bool:
        """Whether that certificate was seen, and pinned, by this client for the first time."""
        return self._client.newly_pinned

    @property
    def connection(self) -> Connection:
        """How the engine can be reached just now."""
        return self._client.connection

    @property
    def unanswered(self) -> int:
        """How many changing instructions were sent and are not answered yet."""
        return self._client.unanswered


def client_of(
    place: str | None, database_url: str | None, known_servers: Path | None, patience_seconds: float | None
) -> WalletClient:
    """A client of the server at that place; without one, of the engine on that database."""
    if place is None:
        return _embedded(database_url)
    return _remote(place, known_servers, patience_seconds)


def complete(instruction: dict[str, Any]) -> dict[str, Any]:
    """The instruction with the door that most of them go through, in the form that it has."""
    if "command_chain" in instruction:
        return instruction
    return {"controller": "client", "ctype": "action", **instruction}


def _embedded(database_url: str | None) -> WalletClient:
    from ewallet_core.client.embedded import EmbeddedClient  # noqa: PLC0415 - not for who reaches a server

    return EmbeddedClient.on(database_url)


def _remote(place: str, known_servers: Path | None, patience_seconds: float | None) -> WalletClient:
    # Nor is this for who has the engine in this process.
    from ewallet_core.client.known_servers import KnownServers  # noqa: PLC0415
    from ewallet_core.client.remote import RemoteClient  # noqa: PLC0415
    from ewallet_core.wire.place import ServerPlace  # noqa: PLC0415

    known = KnownServers(known_servers or _known_servers())
    return RemoteClient(ServerPlace.read(place), known, patience_seconds=patience_seconds)


def _known_servers() -> Path:
    from ewallet_core.client.known_servers import FILE_NAME  # noqa: PLC0415
    from ewallet_core.data_folder import data_folder  # noqa: PLC0415

    try:
        return data_folder() / FILE_NAME
    except OSError as reason:
        raise Unreachable(f"The data folder can't be used: {reason.strerror}.") from reason
