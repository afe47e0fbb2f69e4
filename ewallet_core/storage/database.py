"""The two doors to what is kept: `read` and `write`, whichever database is behind them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.transaction import Transaction

T = TypeVar("T")


class Database(Protocol):
    """A database that is open, migrated to this release's schema."""

    def read(self, work: Callable[[Transaction], T]) -> T:
        """What `work` finds, all of it as of one moment."""
        ...

    def write(self, work: Callable[[Transaction], T]) -> T:
        """Carry `work` out, all or nothing, and return its result once it is durable.

        Raises what `work` raised, `StorageFailedError` when nothing was kept and `OutcomeUnknownError` when that
        can't be told. `work` may be run again, so it must have no effect but on its transaction.
        """
        ...

    def close(self) -> None:
        """Finish what was begun and let go of the database."""
        ...


def open_database(url: str) -> Database:
    """The database at that SQLAlchemy URL, made or migrated when need be; raises `StorageUnavailableError`."""
    # Imported here, so that this protocol can be named without opening anything.
    from ewallet_core.storage.sqlite import SqliteDatabase  # noqa: PLC0415

    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StorageUnavailableError(
            "its URL can't be read", "Give one such as sqlite:////folder/file."
        ) from None
    if parsed.get_backend_name() != "sqlite":
        raise StorageUnavailableError(
            f"this release keeps wallets in SQLite, not in {parsed.get_backend_name()}", "Give a sqlite URL."
        )
    return SqliteDatabase(parsed)
