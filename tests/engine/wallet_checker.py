"""Checks of many wallets, one after the other, that take less time than those of a single one."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from database_file import DatabaseFile, Place, file_of, is_on_postgresql, violations_in


class WalletChecker:
    """Copies each wallet file page by page to one that stays open, and checks the copy.

    On a new connection, SQLite takes longer to prepare the statements of the checks than to run them. On one
    that stays open, they remain prepared for as long as the schema is the same.
    """

    def __init__(self, new_wallet_file: Path, folder: Path) -> None:
        file = folder / "checked.sqlite3"
        self._copying = sqlite3.connect(file, isolation_level=None)
        self._copying.execute("PRAGMA synchronous = OFF")
        self._checked = DatabaseFile(file)
        with closing(sqlite3.connect(new_wallet_file)) as new:
            self._schema_version = _schema_version(new)

    def violations(self, place: Place) -> list[str]:
        """As `violations_in`, for a copy of the new wallet file, or a database at PostgreSQL."""
        if is_on_postgresql(place):
            return violations_in(place)
        with closing(sqlite3.connect(file_of(place))) as wallet:
            if _schema_version(wallet) != self._schema_version:
                return violations_in(place)
            wallet.backup(self._copying)
        # Each copy gets another version from SQLite, though its tables are the same.
        self._copying.execute(f"PRAGMA schema_version = {self._schema_version}")
        return self._checked.violations()

    def close(self) -> None:
        self._checked.close()
        self._copying.close()


def _schema_version(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA schema_version").fetchone()[0]
    return version
