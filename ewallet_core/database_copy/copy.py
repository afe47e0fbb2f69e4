"""Copying a wallet database: all rows into an empty one, compared and checked before it is there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from ewallet_core.backup.archive import Progress, no_progress
from ewallet_core.database_copy.ends import (
    TABLES,
    Chunk,
    CopyError,
    CopyUncertainError,
    CopyViolationError,
    SourceReader,
    TableDigest,
    TargetWriter,
    sentences_of,
)
from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import OutcomeUnknownError, StorageDamagedError
from ewallet_core.storage import schema
from ewallet_core.storage.database_url import is_postgresql
from ewallet_core.storage.journal import seal_settled

_SEALED_AT_ONCE = 500


@dataclass(frozen=True)
class CopyResult:
    """What a copy has."""

    rows: dict[str, int]
    """By table, in the source."""
    last_entry: int | None
    """The last entry that has a seal."""
    chain_head: str | None
    """Its seal, in hexadecimal."""
    sealed: int
    """How many entries had no seal in the source yet; the copy has one for each."""
    checked: list[str]


def copy_database(
    source: str, target: str, *, live: bool = False, progress: Progress = no_progress
) -> CopyResult:
    """Copy the database at the URL `source` into the empty or missing one at the URL `target`.

    With `live`, engines may use the source; what they change from now on is not in the copy. Raises
    `CopyError`: then there is no copy, unless it is `CopyUncertainError`.
    """
    with _named("Source"), _open_reader(source, live=live) as reader:
        try:
            with _named("Target"), _open_writer(target) as writer:
                return _copy(reader, writer, progress)
        except _ReadingFailedError as failed:
            # As the reader says it.
            raise failed.reason from None


def _copy(reader: SourceReader, writer: TargetWriter, progress: Progress) -> CopyResult:
    with _reading():
        total = sum(reader.count_rows(table) for table in TABLES)
    copying, comparing = _Counter("Copying", total, progress), _Counter("Comparing", total, progress)
    digests = {table: _copy_table(reader, writer, table, copying) for table in TABLES}
    progress("Indexing", 0, 1)
    writer.build_indexes()
    for table, digest in digests.items():
        _compare(table, digest, writer, comparing)
    progress("Checking", 0, 1)
    last_row = digests[schema.entries].last
    sealed = 0 if last_row is None else _seal(writer, last_row[0])
    checked = writer.check()
    last_entry, chain_head = _read_chain_head(writer)
    _keep(writer)
    rows = {table.name: digest.rows for table, digest in digests.items()}
    return CopyResult(rows, last_entry, chain_head, sealed, checked)


def _copy_table(
    reader: SourceReader, writer: TargetWriter, table: sa.Table, counter: _Counter
) -> TableDigest:
    digest = TableDigest()
    writer.write_rows(table, counter.follow(digest.follow(_from_source(reader, table))))
    with _reading():
        last_id = reader.read_last_id(table)
    if last_id is not None:
        writer.write_last_id(table, last_id)
    return digest


class _ReadingFailedError(Exception):
    """The source can't be read, which the target must not take for an error of its own."""

    def __init__(self, reason: Exception) -> None:
        super().__init__(reason)
        self.reason = reason


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except Exception as reason:
        raise _ReadingFailedError(reason) from reason


def _from_source(reader: SourceReader, table: sa.Table) -> Iterator[Chunk]:
    chunks = reader.read_rows(table)
    while True:
        with _reading():
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


def _compare(table: sa.Table, expected: TableDigest, writer: TargetWriter, counter: _Counter) -> None:
    found = TableDigest()
    for _ in counter.follow(found.follow(writer.read_rows(table))):
        pass
    if (found.rows, found.hash) != (expected.rows, expected.hash):
        raise CopyError(
            f"The table {table.name} has {expected.rows:,} rows, and its copy has {found.rows:,} that are not"
            " the same. Nothing was copied: try again, and report it if it happens again."
        )


def _seal(writer: TargetWriter, last_entry: int) -> int:
    """Seal the last entries, if the servers on PostgreSQL had not done so yet; returns how many."""
    sealed = 0
    while more := seal_settled(writer.transaction(), last_entry, _SEALED_AT_ONCE):
        sealed += more
    return sealed


_CHAIN_HEAD = (
    sa.select(schema.seals.c.entry_id, schema.seals.c.hash).order_by(schema.seals.c.entry_id.desc()).limit(1)
)


def _read_chain_head(writer: TargetWriter) -> tuple[int | None, str | None]:
    found = writer.transaction().run(_CHAIN_HEAD).fetchone()
    return (None, None) if found is None else (found[0], bytes(found[1]).hex())


def _keep(writer: TargetWriter) -> None:
    try:
        writer.keep()
    except (KeyboardInterrupt, OutcomeUnknownError) as reason:
        raise CopyUncertainError(
            "It is not known whether the last step was done: the target has the whole copy or nothing."
            " `ewallet verify` tells which."
        ) from reason


class _Counter:
    """Tells how many of all rows went by."""

    def __init__(self, doing: str, total: int, progress: Progress) -> None:
        self._doing, self._total, self._progress = doing, total, progress
        self._done = 0

    def follow(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            yield chunk
            self._done += len(chunk)
            self._progress(self._doing, self._done, self._total)


@contextmanager
def _named(end: str) -> Iterator[None]:
    """Raise `CopyError` that names the end of the copy at which an error of the storage came."""
    try:
        yield
    except OutcomeUnknownError:
        raise
    except StorageDamagedError as error:
        raise CopyViolationError(f"{end}: {sentences_of(error)}") from error
    except WalletError as error:
        raise CopyError(f"{end}: {sentences_of(error)}") from error


def _open_reader(url: str, *, live: bool) -> AbstractContextManager[SourceReader]:
    if is_postgresql(url):
        from ewallet_core.database_copy.postgresql import open_postgresql_reader

        return open_postgresql_reader(url, live=live)
    from ewallet_core.database_copy.sqlite import open_sqlite_reader

    return open_sqlite_reader(url, live=live)


def _open_writer(url: str) -> AbstractContextManager[TargetWriter]:
    if is_postgresql(url):
        from ewallet_core.database_copy.postgresql import open_postgresql_writer

        return open_postgresql_writer(url)
    from ewallet_core.database_copy.sqlite import open_sqlite_writer

    return open_sqlite_writer(url)
