"""The history of the schema: one file per release that changed it. Released files are never edited."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ewallet_core.storage.migrations.alembic_runner import upgrade

__all__ = ["upgrade"]


def __getattr__(name: str) -> Any:
    # Importing alembic takes 0.3 s, which only a new or old database needs.
    if name == "upgrade":
        from ewallet_core.storage.migrations.alembic_runner import upgrade

        return upgrade
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
