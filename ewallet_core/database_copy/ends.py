"""The two ends of a copy: what reads the rows of one database, and what writes them to another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa

from ewallet_core.errors.base import WalletError
from ewallet_core.storage import schema
from ewallet_core.storage.transaction import Transaction

TABLES = tuple(schema.metadata.sorted_tables)
"""All tables, each after those that it refers to."""
ROWS_AT_ONCE = 1_000

DatabaseRow = tuple[Any, ...]
Chunk = list[DatabaseRow]
"""`ROWS_AT_ONCE` rows of a table, or the rest of them."""


class CopyError(Exception):
    """There is no copy; the message is for the user."""


class CopyViolationError(CopyError):
    """The database to be copied is damaged, or its ledger is not as it must be."""


class CopyUncertainError(CopyError):
    """The last step was interrupted, so there is the whole copy or none of it."""


class SourceReader(Protocol):
    """The database that is copied, as it is at one moment."""

    def count_rows(self, table: sa.Table) -> int: ...

    def read_rows(self, table: sa.Table) -> Iterator[Chunk]:
        """The rows in the order of their keys."""
        ...

    def read_last_id(self, table: sa.Table) -> int | None:
        """The last id that was given to a row, which may be gone; None if the table does not give any."""
        ...


class TargetWriter(Protocol):
    """The database that gets the rows; until it is kept, nothing of it is seen by others."""

    def write_rows(self, table: sa.Table, chunks: Iterable[Chunk]) -> None:
        """Raises `CopyError` with the row that the database refuses."""
        ...

    def write_last_id(self, table: sa.Table, last: int) -> None:
        """Let the next row get a greater id than `last`, and than those that are there."""
        ...

    def build_indexes(self) -> None:
        """Create the indexes and foreign keys that were left out until all rows were there."""
        ...

    def read_rows(self, table: sa.Table) -> Iterator[Chunk]:
        """As `SourceReader.read_rows`."""
        ...

    def transaction(self) -> Transaction:
        """Reads and writes what is not kept yet."""
        ...

    def check(self) -> list[str]:
        """Check the ledger; returns what was checked. Raises `CopyViolationError`."""
        ...

    def keep(self) -> None:
        """Let all of it be there, and not be lost. Raises `OutcomeUnknownError` if that can't be told."""
        ...


class TableDigest:
    """How many rows of a table went by, and a digest of their values in order."""

    def __init__(self) -> None:
        self.rows = 0
        self.last: DatabaseRow | None = None
        self._hash = hashlib.sha256()
        self._encode = msgspec.msgpack.Encoder().encode

    def follow(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """The chunks, counted and digested one after another."""
        for chunk in chunks:
            # It has the type and the length of each value, so that no two chunks are encoded the same.
            self._hash.update(self._encode(chunk))
            self.rows += len(chunk)
            self.last = chunk[-1]
            yield chunk

    @property
    def hash(self) -> str:
        return self._hash.hexdigest()


def select_in_order(table: sa.Table) -> str:
    """The query of all rows in the order of their keys; both kinds of databases sort texts by their bytes."""
    return f"SELECT {column_list(table)} FROM {table.name} ORDER BY {_listed(table.primary_key.columns)}"  # noqa: S608 - names of ours


def column_list(table: sa.Table) -> str:
    return _listed(table.columns)


def _listed(columns: Iterable[sa.Column[Any]]) -> str:
    return ", ".join(f'"{column.name}"' for column in columns)


def refused(table: sa.Table, row: DatabaseRow | None, why: str) -> CopyViolationError:
    """The error to raise if the target can't store a row; it is named by its key, if it is known."""
    which = f"A row of the table {table.name}" if row is None else _describe(table, row)
    return CopyViolationError(
        f"{which} can't be stored in {why}. Nothing was copied: run `ewallet verify` on the source."
    )


def _describe(table: sa.Table, row: DatabaseRow) -> str:
    """The row by the numbers of its key, because other values may be private."""
    values = dict(zip(table.columns.keys(), row, strict=True))
    numbers = {
        column.name: values[column.name]
        for column in table.primary_key
        if isinstance(values[column.name], int)
    }
    named = " and ".join(f"{name} {value}" for name, value in numbers.items())
    return f"The row with {named} of the table {table.name}" if named else f"A row of the table {table.name}"


def sentences_of(error: WalletError) -> str:
    return f"{error.error} {error.warning}"
