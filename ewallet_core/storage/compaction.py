"""Compaction: writing a SQLite file anew without its free pages; and the sizes of its parts."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from ewallet_core.errors.server import StorageFailedError
from ewallet_core.storage.damage import check_after_unclean_end
from ewallet_core.storage.database_file import log_of
from ewallet_core.storage.file_lock import lock_alone

MEBIBYTE = 1024 * 1024
WAIT_SECONDS = 10
_INCREMENTAL = 2
GROWING_TABLES = (
    "entries",
    "events",
    "seen_requests",
    "login_records",
    "refused_requests",
    "issue_reports",
    "client_ids",
    "sessions",
    "login_throttles",
)


class FileSizes(msgspec.Struct, frozen=True):
    """Bytes of the database, of its free pages and of its log; whether free pages are given back; rows."""

    bytes: int
    free_bytes: int
    log_bytes: int
    gives_back: bool
    rows: dict[str, int]


def measure(file: Path, connection: sqlite3.Connection) -> FileSizes:
    def number(sql: str) -> int:
        return int(connection.execute(sql).fetchone()[0])

    page = number("PRAGMA page_size")
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    log = log_of(file)
    return FileSizes(
        bytes=page * number("PRAGMA page_count"),
        free_bytes=page * number("PRAGMA freelist_count"),
        log_bytes=log.stat().st_size if log.exists() else 0,
        gives_back=number("PRAGMA auto_vacuum") == _INCREMENTAL,
        rows={name: number(f"SELECT count(*) FROM {name}") for name in GROWING_TABLES if name in tables},  # noqa: S608 - names of ours
    )


def compact(file: Path) -> tuple[int, int]:
    """Write the database anew without free pages; returns its bytes before and after.

    From then on it gives free pages back. Raises `StorageUnavailableError` if another program uses it,
    `StorageDamagedError` if the log beside it does not fit, and `StorageFailedError`; then it is as before.
    """
    with lock_alone(file):
        before = file.stat().st_size
        _require_room(file.resolve().parent, 2 * before)
        try:
            check_after_unclean_end(file)
            with closing(sqlite3.connect(file, isolation_level=None, timeout=WAIT_SECONDS)) as connection:
                connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as reason:
            raise StorageFailedError(str(reason)) from reason
        return before, file.stat().st_size


def _require_room(folder: Path, needed: int) -> None:
    # SQLite writes the new content to a temporary file, and then to its log.
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise StorageFailedError(
            f"it needs {-(-needed // MEBIBYTE):,} MiB of free space, and {free // MEBIBYTE:,} MiB are free"
        )
