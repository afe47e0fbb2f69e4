"""The ends of a copy that are SQLite files."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
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
    refused,
)
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage.damage import check_after_unclean_end
from ewallet_core.storage.database_file import log_of
from ewallet_core.storage.database_url import database_file
from ewallet_core.storage.file_lock import lock_alone
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.sqlite import upgrade_file
from ewallet_core.storage.transaction import Statements, Transaction

_CACHE_KIB = 64 * 1024
_INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"
_COUNTED = sa.text("SELECT seq FROM sqlite_sequence WHERE name = :name")
_COUNT = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)"
_COUNT_ON = "UPDATE sqlite_sequence SET seq = ? WHERE name = ?"


@contextmanager
def open_sqlite_reader(url: str, *, live: bool) -> Iterator[SqliteReader]:
    """A snapshot of the file; unless `live`, no engine uses it and none can begin to.

    Raises `StorageUnavailableError`, or `CopyError` if a program uses the file.
    """
    file = database_file(url)
    if not file.is_file():
        raise StorageUnavailableError(f"there is no file {file}", "Check its name.")
    with used(file) if live else _unused(file), open_read_only(url) as transaction:
        yield SqliteReader(transaction)


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
            f"A program uses {file}, and what it changes meanwhile would not be in the copy. Stop the server"
            " and close the app, or add --live to copy the wallet as it is now."
        ) from error
    with lock:
        if log_of(file).exists():
            check_after_unclean_end(file)
        yield


class _SqliteRows:
    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def read_rows(self, table: sa.Table) -> Iterator[Chunk]:
        found = self._transaction.run(sa.select(table).order_by(*table.primary_key))
        while chunk := found.fetchmany(ROWS_AT_ONCE):
            yield list(chunk)


class SqliteReader(_SqliteRows):
    """A snapshot of a file."""

    def count_rows(self, table: sa.Table) -> int:
        return self._transaction.number(sa.select(sa.func.count()).select_from(table)) or 0

    def read_last_id(self, table: sa.Table) -> int | None:
        if "id" not in table.c:
            return None
        greatest = self._transaction.number(sa.select(sa.func.max(table.c.id))) or 0
        counted = self._transaction.number(_COUNTED, name=table.name) or 0
        return max(greatest, counted) or None


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
        super().__init__(Transaction(connection, Statements(SQLiteDialect_pysqlite()), writes=True))
        self._connection, self._partial, self._file = connection, partial, file
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
                self._connection.executemany(insert, chunk)
            except sqlite3.IntegrityError as reason:
                raise refused(table, None, f"SQLite: {reason}") from reason

    def write_last_id(self, table: sa.Table, last: int) -> None:
        if not table.dialect_options["sqlite"]["autoincrement"]:
            # The last row of such a table is never deleted, or its ids only put the rows in order.
            return
        counted = self._transaction.number(_COUNTED, name=table.name)
        if counted is None:
            self._connection.execute(_COUNT, (table.name, last))
        elif counted < last:
            self._connection.execute(_COUNT_ON, (last, table.name))

    def build_indexes(self) -> None:
        for _, statement in self._indexes:
            self._connection.execute(statement)

    def transaction(self) -> Transaction:
        return self._transaction

    def check(self) -> list[str]:
        self._connection.execute("COMMIT")
        leave_write_ahead_log(self._connection)
        try:
            return check_copy(self._partial)
        except BrokenWalletError as error:
            raise CopyViolationError(f"{error} Nothing was copied.") from error
        except BackupError as error:
            raise CopyError(str(error)) from error

    def keep(self) -> None:
        self._connection.close()
        give_to_owner(self._partial, self._file.parent)
        sync(self._partial)
        try:
            give_name(self._partial, self._file)
        except BackupError as error:
            raise CopyError(str(error)) from error
