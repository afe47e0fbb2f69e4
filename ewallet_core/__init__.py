"""The engine of EWallet: credits and clock time, moved by instructions on a double-entry ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ewallet_core.handlers import REGISTRY
    from ewallet_core.manager import EWalletSessionManager
    from ewallet_core.operations.context import EngineConfig

__all__ = ["REGISTRY", "EWalletSessionManager", "EngineConfig"]


def __getattr__(name: str) -> Any:
    # Importing the engine takes as long as the app's first paint, so only its users pay for that.
    if name == "REGISTRY":
        from ewallet_core import handlers

        return handlers.REGISTRY
    if name in __all__:
        from ewallet_core import manager

        return getattr(manager, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
