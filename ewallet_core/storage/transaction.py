"""A transaction, which runs statements written with SQLAlchemy Core and compiled once per dialect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
from sqlalchemy import ClauseElement, Dialect

R = TypeVar("R", bound=msgspec.Struct)

ROWS_IN_A_CHUNK = 1_000
SAVEPOINT = "piece"
"""Where each piece of work begins, so that it can be undone without the others of its transaction."""


class DbCursor(Protocol):
    """What we use of a DB-API cursor."""

    def fetchone(self) -> Any: ...

    def fetchmany(self, size: int = ..., /) -> Sequence[Any]: ...

    def fetchall(self) -> Sequence[Any]: ...


class DbConnection(Protocol):
    """What we use of a DB-API connection."""

    @property
    def total_changes(self) -> int: ...

    def execute(self, sql: str, values: Any = ..., /) -> DbCursor: ...


class Statements:
    """The compiled form of each statement of one dialect, made on its first run."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._compiled: dict[ClauseElement, tuple[str, dict[str, Any]]] = {}

    def compiled(self, statement: ClauseElement) -> tuple[str, dict[str, Any]]:
        """The statement's SQL, with the values that it was written with."""
        found = self._compiled.get(statement)
        if found is None:
            compiled = statement.compile(dialect=self._dialect)
            written = {name: value for name, value in compiled.params.items() if value is not None}
            found = self._compiled[statement] = (str(compiled), written)
        return found


class TransactionLostError(Exception):
    """The storage ended the whole transaction, with all the work in it; its cause says why."""


class NeedsWrite(Exception):  # noqa: N818 - a request to start again, not an error
    """Work in a read transaction must write something first; run it again in a write transaction."""


class Transaction:
    """What one piece of work reads and writes: all of it is kept, or none."""

    def __init__(self, connection: DbConnection, statements: Statements, *, writes: bool) -> None:
        self._connection = connection
        self._statements = statements
        self.writes = writes

    def must_write(self) -> None:
        """Raise `NeedsWrite` unless this transaction may write."""
        if not self.writes:
            raise NeedsWrite

    def run(self, statement: ClauseElement, **values: Any) -> DbCursor:
        sql, written = self._statements.compiled(statement)
        return self._connection.execute(sql, {**written, **values} if written else values)

    @property
    def changed_rows(self) -> int:
        """How many rows its connection has changed so far: if it is the same as before, none was changed."""
        return self._connection.total_changes

    def one(self, statement: ClauseElement, row_type: type[R], **values: Any) -> R | None:
        row = self.run(statement, **values).fetchone()
        return None if row is None else msgspec.convert(row, row_type)

    def all(self, statement: ClauseElement, row_type: type[R], **values: Any) -> list[R]:
        rows = self.run(statement, **values).fetchall()
        return msgspec.convert(rows, list[row_type])  # type: ignore[valid-type]

    def each(self, statement: ClauseElement, row_type: type[R], **values: Any) -> Iterator[R]:
        """The statement's rows, one after another: a chunk of them at a time is in memory."""
        cursor = self.run(statement, **values)
        while rows := cursor.fetchmany(ROWS_IN_A_CHUNK):
            yield from msgspec.convert(rows, list[row_type])  # type: ignore[valid-type]

    def number(self, statement: ClauseElement, **values: Any) -> int | None:
        """The first column of the statement's first row, or None without a row."""
        row = self.run(statement, **values).fetchone()
        return None if row is None else row[0]

    def undo(self) -> None:
        """Undo all that this piece of work has written; it may write again.

        Raises `TransactionLostError` if the storage has ended the whole transaction.
        """
        try:
            self._connection.execute(f"ROLLBACK TO {SAVEPOINT}")
        except Exception as reason:
            raise TransactionLostError from reason
