"""The ends of a copy that are SQLite files."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.backup.copies import (
    BackupError,
    BrokenWalletError,
    check_copy,
    create_private,
    give_name,
    leave_write_ahead_log,
    sync,
    unfinished_folder,
    used,
)
from ewallet_core.backup.restore import LOGS, give_to_owner
from ewallet_core.database_copy.ends import (
    ROWS_AT_ONCE,
    Chunk,
    CopyError,
    CopyViolationError,
    column_list,
    select_in_order,
)
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.damage import check_after_unclean_end
from ewallet_core.storage.database_file import log_of
from ewallet_core.storage.database_url import database_file
from ewallet_core.storage.file_lock import lock_alone
from ewallet_core.storage.read_only import connect_read_only, require_this_release
from ewallet_core.storage.sqlite import upgrade_file
from ewallet_core.storage.transaction import Statements, Transaction

_CACHE_KIB = 64 * 1024
_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
_COUNTER = "SELECT seq FROM sqlite_sequence WHERE name = ?"


@contextmanager
def open_sqlite_reader(url: str, *, live: bool) -> Iterator[SqliteReader]:
    """A snapshot of the file; unless `live`, no engine uses it and none can begin to.

    Raises `StorageUnavailableError`, or `CopyError` if a program uses the file.
    """
    file = database_file(url)
    if not file.is_file():
        raise StorageUnavailableError(f"there is no file {file}", "Check its name.")
    with used(file) if live else _unused(file), connect_read_only(url) as connection:
        require_this_release(connection)
        yield SqliteReader(connection)


@contextmanager
def _unused(file: Path) -> Iterator[None]:
    if not os.access(file.resolve().parent, os.W_OK):
        # On a read-only medium nothing changes it, and there can be no lock.
        yield
        return
    try:
        lock = lock_alone(file)
    except StorageUnavailableError as error:
        if error.reason != "another program uses it":
            raise
        raise CopyError(
            f"A program uses {file}, and what it changes meanwhile would not be in the copy. Stop the server and"
            " close the app, or add --live to copy the wallet as it is now."
        ) from error
    with lock:
        if log_of(file).exists():
            check_after_unclean_end(file)
        yield


class _SqliteRows:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def read_rows(self, table: sa.Table) -> Iterator[Chunk]:
        found = self.connection.execute(select_in_order(table))
        while chunk := found.fetchmany(ROWS_AT_ONCE):
            yield chunk


class SqliteReader(_SqliteRows):
    """A snapshot of a file."""

    def count_rows(self, table: sa.Table) -> int:
        return int(self.connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0])  # noqa: S608 - a name of ours

    def read_last_id(self, table: sa.Table) -> int | None:
        if "id" not in table.c:
            return None
        counted = self.connection.execute(_COUNTER, (table.name,)).fetchone()
        (greatest,) = self.connection.execute(f"SELECT max(id) FROM {table.name}").fetchone()  # noqa: S608 - a name of ours
        return max(greatest or 0, counted[0] if counted else 0) or None


@contextmanager
def open_sqlite_writer(url: str) -> Iterator[SqliteWriter]:
    """A new file, which gets its name when it is kept; without that, it is removed.

    Raises `CopyError` if the name is taken, and `StorageUnavailableError`.
    """
    file = database_file(url)
    folder = file.parent
    if not folder.is_dir():
        raise StorageUnavailableError(f"there is no folder {folder}", "Make it first, or choose another.")
    _require_free(file)
    try:
        with lock_alone(file), unfinished_folder(folder) as unfinished:
            partial = unfinished / file.name
            create_private(partial).close()
            upgrade_file(partial)
            with closing(sqlite3.connect(partial, isolation_level=None)) as connection:
                yield SqliteWriter(connection, partial, file)
    except sqlite3.Error as reason:
        raise CopyError(
            f"Target: {file} can't be written: {reason}. Check its folder and the free space there."
        ) from reason


def _require_free(file: Path) -> None:
    if file.exists():
        raise CopyError(f"{file} exists already, and a copy replaces nothing. Name a new file.")
    for suffix in LOGS:
        log = file.with_name(file.name + suffix)
        if log.exists():
            raise CopyError(
                f"{log} is the log of an earlier file of that name. Move it elsewhere, or name another file."
            )


class SqliteWriter(_SqliteRows):
    """A file without a name."""

    def __init__(self, connection: sqlite3.Connection, partial: Path, file: Path) -> None:
        super().__init__(connection)
        self._partial, self._file = partial, file
        # If the machine or this program ends before the file has its name, the file is of no use.
        for pragma in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("BEGIN IMMEDIATE")
        self._indexes = connection.execute(_INDEXES).fetchall()
        for name, _ in self._indexes:
            connection.execute(f"DROP INDEX {name}")

    def write_rows(self, table: sa.Table, chunks: Iterable[Chunk]) -> None:
        places = ", ".join("?" * len(table.columns))
        insert = f"INSERT INTO {table.name} ({column_list(table)}) VALUES ({places})"  # noqa: S608 - names of ours
        for chunk in chunks:
            try:
                self.connection.executemany(insert, chunk)
            except sqlite3.IntegrityError as reason:
                raise CopyViolationError(
                    f"A row of the table {table.name} can't be stored in SQLite: {reason}. Nothing was copied:"
                    " run `ewallet verify` on the source."
                ) from reason

    def write_last_id(self, table: sa.Table, last: int) -> None:
        if not table.dialect_options["sqlite"]["autoincrement"]:
            # The last row of such a table is never deleted, or its ids only put the rows in order.
            return
        counter = self.connection.execute(_COUNTER, (table.name,)).fetchone()
        if counter is None:
            self.connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last))
        elif counter[0] < last:
            self.connection.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = ?", (last, table.name))

    def build_indexes(self) -> None:
        for _, statement in self._indexes:
            self.connection.execute(statement)

    def transaction(self) -> Transaction:
        return Transaction(self.connection, Statements(SQLiteDialect_pysqlite()), writes=True)

    def check(self) -> list[str]:
        self.connection.execute("COMMIT")
        leave_write_ahead_log(self.connection)
        try:
            return check_copy(self._partial)
        except BrokenWalletError as error:
            raise CopyViolationError(f"{error} Nothing was copied.") from error
        except BackupError as error:
            raise CopyError(str(error)) from error

    def keep(self) -> None:
        self.connection.close()
        give_to_owner(self._partial, self._file.parent)
        sync(self._partial)
        try:
            give_name(self._partial, self._file)
        except BackupError as error:
            raise CopyError(str(error)) from error
