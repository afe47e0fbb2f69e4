"""How a program reaches the engine: one protocol, and a client for each place the engine can be.

`EWalletClient` and `AsyncEWalletClient` are what a program wants; `EmbeddedClient` and `RemoteClient` are
what they are made of, and what the app uses.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ewallet_core.client.client import AsyncEWalletClient, EWalletClient
    from ewallet_core.client.connection import Connection, Event, Reach, UnreachableError, WalletClient
    from ewallet_core.client.embedded import EmbeddedClient
    from ewallet_core.client.socket import RemoteClient
    from ewallet_core.client.trust import KnownServers
    from ewallet_core.instructions.envelope import Answer

__all__ = [
    "Answer",
    "AsyncEWalletClient",
    "Connection",
    "EWalletClient",
    "EmbeddedClient",
    "Event",
    "KnownServers",
    "Reach",
    "RemoteClient",
    "Unreachable",
    "WalletClient",
]

_ROOMS = {
    "Answer": "ewallet_core.instructions.envelope",
    "AsyncEWalletClient": "ewallet_core.client.client",
    "EWalletClient": "ewallet_core.client.client",
    "EmbeddedClient": "ewallet_core.client.embedded",
    "KnownServers": "ewallet_core.client.trust",
    "RemoteClient": "ewallet_core.client.socket",
}


def __getattr__(name: str) -> Any:
    # Who reaches an engine in this process pays for no TLS, and who reaches a server for no engine.
    if name in __all__:
        return getattr(import_module(_ROOMS.get(name, "ewallet_core.client.connection")), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
