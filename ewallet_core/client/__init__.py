"""How a program reaches the engine: one protocol, and a client for each place the engine can be."""

from ewallet_core.client.embedded import EmbeddedClient
from ewallet_core.client.protocol import Event, Unreachable, WalletClient
from ewallet_core.instructions.envelope import Answer

__all__ = ["Answer", "EmbeddedClient", "Event", "Unreachable", "WalletClient"]
