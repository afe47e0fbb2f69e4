"""Clients of an engine in this process or on a server.

Programs use `EWalletClient` or `AsyncEWalletClient`. These, and the app, use `EmbeddedClient` and
`RemoteClient`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ewallet_core.client.backups import BackupError, save_backup, scheduled_backups
    from ewallet_core.client.client import AsyncEWalletClient, EWalletClient
    from ewallet_core.client.connection import ConnectionStatus, Event, Reach, UnreachableError
    from ewallet_core.client.embedded import EmbeddedClient
    from ewallet_core.client.remote import RemoteClient
    from ewallet_core.client.session import WalletClient
    from ewallet_core.client.trust import KnownServers
    from ewallet_core.instructions.envelope import Answer

__all__ = [
    "Answer",
    "AsyncEWalletClient",
    "BackupError",
    "ConnectionStatus",
    "EWalletClient",
    "EmbeddedClient",
    "Event",
    "KnownServers",
    "Reach",
    "RemoteClient",
    "UnreachableError",
    "WalletClient",
    "save_backup",
    "scheduled_backups",
]


def __getattr__(name: str) -> Any:
    # An embedded client does not import TLS, and a remote client imports neither the engine nor, without
    # need, an HTTP library.
    module: Any
    match name:
        case "AsyncEWalletClient" | "EWalletClient":
            from ewallet_core.client import client as module
        case "EmbeddedClient":
            from ewallet_core.client import embedded as module
        case "RemoteClient":
            from ewallet_core.client import remote as module
        case "HttpEndpoint":
            from ewallet_core.client import http as module
        case "WalletClient":
            from ewallet_core.client import session as module
        case "KnownServers":
            from ewallet_core.client import trust as module
        case "BackupError" | "save_backup" | "scheduled_backups":
            from ewallet_core.client import backups as module
        case "Answer":
            from ewallet_core.instructions import envelope as module
        case "ConnectionStatus" | "Event" | "Reach" | "UnreachableError":
            from ewallet_core.client import connection as module
        case _:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(module, name)
