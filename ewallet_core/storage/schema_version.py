"""The version of the schema, and which versions of an existing database can be opened."""

from __future__ import annotations

from ewallet_core.errors.server import StorageUnavailableError

SCHEMA_VERSION = "0008"
VERSION_TABLE = "alembic_version"
VERSION = f"SELECT version_num FROM {VERSION_TABLE}"  # noqa: S608 - a constant


def require_no_newer(version: str | None) -> None:
    """Raises `StorageUnavailableError` if a newer release wrote a database of that version."""
    if version is not None and version > SCHEMA_VERSION:
        raise StorageUnavailableError("a newer release of ewallet wrote it", "Install that release.")


def require_this_release(version: str | None, *, if_none: str, if_other: str) -> None:
    """Raises `StorageUnavailableError` with one of these remedies unless this release wrote that version."""
    if version is None:
        raise StorageUnavailableError("it holds no wallets", if_none)
    if version != SCHEMA_VERSION:
        raise StorageUnavailableError(
            f"its schema is {version}, this release's is {SCHEMA_VERSION}", if_other
        )
