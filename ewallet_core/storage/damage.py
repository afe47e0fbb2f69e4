"""How a damaged database is recognised: by the errors of reading it, and by a check after an unclean end."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
from sqlalchemy.exc import DBAPIError

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import StorageDamagedError, StorageFailedError

_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ")
_MISSING = ("no such table", "no such column")
_WRITING_FAILED = ("SQLITE_FULL", "SQLITE_IOERR_GETTEMPPATH", "SQLITE_IOERR_WRITE")
_WRONG_VALUE = "a value in it is not what it must be"


class MissingRowError(LookupError):
    """There is no row where there must be one."""


_CONTENT_ERRORS = (msgspec.MsgspecError, ValueError, ArithmeticError, MissingRowError)
"""What is raised by reading a row whose values are not what the engine wrote."""


def as_storage_error(reason: BaseException) -> WalletError | None:
    """The error to answer if `reason` came from the storage or its content; None for any other."""
    if isinstance(reason, DBAPIError) and isinstance(reason.orig, sqlite3.Error):
        return as_storage_error(reason.orig)
    if isinstance(reason, sqlite3.Error):
        return _of_sqlite(reason)
    return StorageDamagedError(_WRONG_VALUE) if isinstance(reason, _CONTENT_ERRORS) else None


def _of_sqlite(reason: sqlite3.Error) -> WalletError | None:
    # The driver's own errors have no name; its message for a text that is not UTF-8 quotes that text.
    name: str | None = getattr(reason, "sqlite_errorname", None)
    if name is None and "decode to UTF-8" in str(reason):
        return StorageDamagedError(_WRONG_VALUE)
    # What the statements name is in the schema of this release, so it was there when the file was opened.
    if name is not None and (name.startswith(_DAMAGE) or str(reason).startswith(_MISSING)):
        return StorageDamagedError(str(reason))
    return StorageFailedError(str(reason)) if isinstance(reason, sqlite3.OperationalError) else None


def lacks_temporary_files(reason: BaseException) -> bool:
    """Whether a read failed because it could not write a temporary file: it has nothing else to write."""
    return getattr(reason, "sqlite_errorname", None) in _WRITING_FAILED


def check_after_unclean_end(file: Path) -> None:
    """Check the file together with the log that was left beside it; neither is changed.

    SQLite replays such a log into any file, also if its pages belong to another file, or another copy of it.
    Raises `StorageDamagedError`.
    """
    # A connection that could write would copy the log into the file when it is closed.
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        try:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            is_whole = found == "ok" and not any(
                connection.execute(statement).fetchone()[0] for statement in _contradictions(connection)
            )
        except sqlite3.DatabaseError as reason:
            error = as_storage_error(reason)
            if not isinstance(error, StorageDamagedError):
                raise
            is_whole = False
    if not is_whole:
        raise StorageDamagedError(
            "its file and the log beside it, left by a program that was killed, don't fit"
        )


_CONTRADICTIONS = (
    """
    SELECT EXISTS (
        SELECT 1 FROM balances AS held WHERE issues = 0 AND amount <> coalesce(
            (SELECT balance_after FROM postings WHERE balance_id = held.id
             ORDER BY at DESC, entry_id DESC, position DESC LIMIT 1),
            0
        )
    )
    """,
    "SELECT (SELECT max(id) FROM entries) IS NOT (SELECT max(entry_id) FROM seals)",
    "SELECT (SELECT count(*) FROM entries) <> (SELECT count(*) FROM seals)",
    "SELECT EXISTS (SELECT 1 FROM postings WHERE entry_id > (SELECT coalesce(max(id), 0) FROM entries))",
)
"""Statements that tell pages of different moments apart, by what every commit changes together."""


def _contradictions(connection: sqlite3.Connection) -> tuple[str, ...]:
    columns = connection.execute("SELECT count(*) FROM pragma_table_info('postings') WHERE name = 'position'")
    # Before that, or if a program was killed before it had created the tables, these can't be compared.
    return _CONTRADICTIONS if columns.fetchone()[0] else ()
