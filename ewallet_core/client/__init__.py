"""How a program reaches the engine: one protocol, and a client for each place the engine can be."""

from ewallet_core.client.embedded import EmbeddedClient
from ewallet_core.client.protocol import Answer, Event, Unreachable, WalletClient

__all__ = ["Answer", "EmbeddedClient", "Event", "Unreachable", "WalletClient"]
