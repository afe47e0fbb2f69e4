"""Where an engine can be: in this process or at a server, with a client for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ewallet_core.client import WalletClient
    from ewallet_core.client.known_servers import KnownServers
    from ewallet_core.wire.place import ServerPlace

EMBEDDED = "embedded"
"""What a client of this process says that its place is."""


@dataclass(frozen=True)
class Engines:
    """The engine of this machine, and every server."""

    client_at: Callable[[ServerPlace | None], WalletClient]
    """Makes a client, not opened yet, of the engine at that server; `None`: in this process."""
    known_servers: KnownServers
    """The certificates that servers have shown."""

    @classmethod
    def kept_in(cls, folder: Path) -> Engines:
        """The engines that somebody reaches whose wallet and known servers are kept in `folder`."""
        from ewallet_core.client import EmbeddedClient  # noqa: PLC0415
        from ewallet_core.client.known_servers import FILE_NAME, KnownServers  # noqa: PLC0415
        from ewallet_core.data_folder import database_url  # noqa: PLC0415

        known = KnownServers(folder / FILE_NAME)

        def client_at(place: ServerPlace | None) -> WalletClient:
            if place is None:
                return EmbeddedClient.for_somebody(database_url(folder))
            from ewallet_core.client.remote import RemoteClient  # noqa: PLC0415

            return RemoteClient(place, known)

        return cls(client_at, known)
