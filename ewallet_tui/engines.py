"""Where an engine can be: in this process or at a server, with a client for each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ewallet_core.client import WalletClient
    from ewallet_core.client.trust import KnownServers
    from ewallet_core.protocol.address import ServerAddress

EMBEDDED = "embedded"
"""What a client of this process says that its place is."""


@dataclass(frozen=True)
class Engines:
    """The engine of this machine, and every server."""

    client_at: Callable[[ServerAddress | None], WalletClient]
    """Makes a client, not opened yet, of the engine at that server; `None`: in this process."""
    known_servers: KnownServers
    """The certificates that servers have shown."""

    @classmethod
    def kept_in(cls, folder: Path) -> Engines:
        """The engines that somebody reaches whose wallet and known servers are kept in `folder`."""
        from ewallet_core.client import EmbeddedClient  # noqa: PLC0415
        from ewallet_core.client.trust import FILE_NAME, KnownServers  # noqa: PLC0415
        from ewallet_core.data_folder import database_url  # noqa: PLC0415

        known = KnownServers(folder / FILE_NAME)

        def client_at(place: ServerAddress | None) -> WalletClient:
            if place is None:
                return EmbeddedClient.for_user(database_url(folder))
            from ewallet_core.client.socket import RemoteClient  # noqa: PLC0415

            return RemoteClient(place, known)

        return cls(client_at, known)
