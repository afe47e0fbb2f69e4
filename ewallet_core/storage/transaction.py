"""A transaction, which runs statements written with SQLAlchemy Core and compiled once per dialect."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Protocol, TypeVar

import msgspec
from sqlalchemy import ClauseElement, Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from ewallet_core.errors.base import WalletError
from ewallet_core.ledger.journal import Entry
from ewallet_core.storage.damage import as_storage_error

R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")

Values = dict[str, Any]

ROWS_IN_A_CHUNK = 1_000
SAVEPOINT = "piece"
"""Where each piece of work begins, so that it can be undone without the others of its transaction."""


class DbCursor(Protocol):
    """What we use of a DB-API cursor."""

    @property
    def lastrowid(self) -> Any: ...

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchmany(self, size: int = ..., /) -> Sequence[Any]: ...

    def fetchall(self) -> Sequence[Any]: ...


class DbConnection(Protocol):
    """What we use of a DB-API connection."""

    @property
    def in_transaction(self) -> bool: ...

    @property
    def total_changes(self) -> int: ...

    def execute(self, sql: str, values: Any = ..., /) -> DbCursor: ...

    def executemany(self, sql: str, values: Iterable[Any], /) -> object: ...


class CompiledStatement:
    """A statement's SQL, and the order in which the driver takes its values.

    `returns_key` says whether it is an INSERT that returns its row's key; in SQLite the cursor knows it.
    """

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        if not isinstance(compiled, SQLCompiler) or not compiled.positional:
            raise TypeError("a query or a change, with parameters by position")
        names = compiled.positiontup or []
        self.sql = str(compiled)
        self.returns_key = bool(compiled.effective_returning)
        self.bind = _values_in_order(names)
        """The values in order, with those that the statement was written with."""
        constants = {
            name: _plain(compiled.params[name]) for name in names if not compiled.binds[name].required
        }
        if constants:
            in_order = self.bind
            self.bind = lambda values: in_order(values | constants)


def _plain(value: Any) -> Any:
    """The text of a member of an enum, for which the driver would look for an adapter each time."""
    return str(value) if isinstance(value, str) else value


def _values_in_order(names: Sequence[str]) -> Callable[[Values], tuple[Any, ...]]:
    # An itemgetter of one name returns no tuple, and one of none can't be made.
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple([values[name] for name in names])


class Statements(dict[ClauseElement, CompiledStatement]):
    """The compiled form of each statement of one dialect, made on its first run."""

    def __init__(self, dialect: Dialect) -> None:
        super().__init__()
        self._dialect = dialect
        self.dialect_name = dialect.name

    def __missing__(self, statement: ClauseElement) -> CompiledStatement:
        compiled = self[statement] = CompiledStatement(statement, self._dialect)
        return compiled


@cache
def _rows_of(row_type: type[R]) -> type[Any]:
    # A struct, because msgspec keeps what it knows of one, but not of a list's type.
    return msgspec.defstruct("Rows", [("rows", list[row_type])], array_like=True)  # type: ignore[valid-type]


def as_rows(found: Sequence[Any], row_type: type[R]) -> list[R]:
    rows: list[R] = msgspec.convert((found,), _rows_of(row_type)).rows
    return rows


class Parties(msgspec.Struct, frozen=True):
    """The accounts that a request names: its caller's, and others by email or name.

    The caller is found by the hash of its session's token or by the session's id. `changes_session` says
    whether another account may become active in that session.
    """

    token_hash: bytes | None = None
    session_id: int | None = None
    email_keys: tuple[str, ...] = ()
    name_keys: tuple[str, ...] = ()
    changes_session: bool = False


NAMES = "names and emails"
"""The lock of the names, emails and looks of all accounts."""
OPERATORS = "operators"
"""The lock of who is an active operator."""
SESSION_PLACES = "places of sessions"
"""The lock of which worker has which sessions."""


class TransactionLostError(Exception):
    """The storage ended the whole transaction, with all the work in it; its cause, if known, says why."""


class NeedsSavepoints(Exception):  # noqa: N818 - a request to start again, not an error
    """A piece of work has to be undone; run all of its transaction again, each piece in a savepoint."""


class NeedsWrite(Exception):  # noqa: N818 - a request to start again, not an error
    """Work in a read transaction must write something first; run it again in a write transaction."""


class Transaction:
    """What one or several pieces of work read and write: all of it is kept, or none.

    Without `savepoints`, it can undo only a piece that has not written yet.

    In SQLite the one transaction that writes has locked the whole database. Where several write at once, the
    methods that lock wait for the others.
    """

    def __init__(
        self, connection: DbConnection, statements: Statements, *, writes: bool, savepoints: bool = False
    ) -> None:
        self._connection = connection
        self._statements = statements
        self._savepoints = savepoints
        self._changed_rows_before = 0
        self._unsealed_before = 0
        self.writes = writes
        self.locks_rows = False
        """Whether others write meanwhile, so that it locks what it is going to change."""
        self.group_size = 1
        """How many pieces of work it carries out."""
        self.unsealed: list[tuple[int, Entry]] = []
        """The entries that this transaction has posted, with their ids; they are sealed before its end."""
        self.events_written: dict[int, int] = {}
        """How many events the present piece of work has written for each account."""

    @property
    def dialect_name(self) -> str:
        """SQLAlchemy's name of the kind of database."""
        return self._statements.dialect_name

    def storage_error(self, reason: Exception) -> WalletError | None:
        """The error to answer if `reason` came from the storage or its content; None for any other."""
        return as_storage_error(reason)

    @property
    def database_time(self) -> int | None:
        """The database's own time in milliseconds UTC; None if its time is that of this process."""
        return None

    def lock_parties(self, parties: Parties) -> None:
        """Lock the accounts of the parties that are known from the request, before anything is read."""

    def require_locks(self, account_ids: Collection[int]) -> None:
        """Have this piece of work run again with these accounts locked, unless they are."""

    def lock(self, name: str) -> None:
        """Wait until no other transaction holds the lock of that name, and hold it until the end."""

    def confirm(self, locking: ClauseElement, **values: Any) -> None:
        """Make sure that the rows that the statement locks are kept for good, once this transaction is.

        They are in any case, unless they are visible before a standby has them.
        """

    def run_together(self, works: Sequence[Callable[[Transaction], T]]) -> list[T]:
        """The results of several pieces of work that only read."""
        return [work(self) for work in works]

    def must_write(self) -> None:
        """Raise `NeedsWrite` unless this transaction may write."""
        if not self.writes:
            raise NeedsWrite

    def run(self, statement: ClauseElement, **values: Any) -> DbCursor:
        compiled = self._statements[statement]
        return self._connection.execute(compiled.sql, compiled.bind(values))

    def count_changed(self, statement: ClauseElement, **values: Any) -> int:
        """Run the change; returns how many rows it has changed or deleted."""
        return self.run(statement, **values).rowcount

    def run_many(self, statement: ClauseElement, rows: Iterable[Values]) -> None:
        """Run the statement, which returns nothing, with the values of each of the rows."""
        compiled = self._statements[statement]
        self._connection.executemany(compiled.sql, map(compiled.bind, rows))

    def insert(self, statement: ClauseElement, values: Values) -> int:
        """Run the INSERT of one row; returns the integer key that the row got."""
        compiled = self._statements[statement]
        cursor = self._connection.execute(compiled.sql, compiled.bind(values))
        if compiled.returns_key:
            key: int = cursor.fetchone()[0]
        else:
            key = values.get("id", cursor.lastrowid)
        return key

    @property
    def changed_rows(self) -> int:
        """A number that is the same as before if no row was changed meanwhile."""
        return self._connection.total_changes

    def one(self, statement: ClauseElement, row_type: type[R], **values: Any) -> R | None:
        row = self.run(statement, **values).fetchone()
        return None if row is None else msgspec.convert(row, row_type)

    def all(self, statement: ClauseElement, row_type: type[R], **values: Any) -> list[R]:
        return as_rows(self.run(statement, **values).fetchall(), row_type)

    def each(
        self, statement: ClauseElement, row_type: type[R], chunk: int = ROWS_IN_A_CHUNK, **values: Any
    ) -> Iterator[R]:
        """The statement's rows, one after another: a chunk of them at a time is found and in memory."""
        cursor = self.run(statement, **values)
        while rows := cursor.fetchmany(chunk):
            yield from as_rows(rows, row_type)

    def number(self, statement: ClauseElement, **values: Any) -> int | None:
        """The first column of the statement's first row, or None without a row."""
        row = self.run(statement, **values).fetchone()
        return None if row is None else row[0]

    def begin_piece(self) -> None:
        self._changed_rows_before = self.changed_rows
        self._unsealed_before = len(self.unsealed)
        self.events_written.clear()
        if self._savepoints:
            self._connection.execute(f"SAVEPOINT {SAVEPOINT}")

    def undo(self) -> None:
        """Undo all that this piece of work has written; it may write again.

        Raises `NeedsSavepoints` if it has written and there are none, or `TransactionLostError` if the
        storage has ended the whole transaction.
        """
        if self._savepoints:
            try:
                self._connection.execute(f"ROLLBACK TO {SAVEPOINT}")
            except Exception as reason:
                raise TransactionLostError from reason
        else:
            self._require_transaction()
            if self.changed_rows != self._changed_rows_before:
                raise NeedsSavepoints
        del self.unsealed[self._unsealed_before :]
        self.events_written.clear()

    def end_piece(self) -> None:
        """Raises `TransactionLostError` if the storage has ended the whole transaction."""
        self._require_transaction()
        if self._savepoints:
            self._connection.execute(f"RELEASE {SAVEPOINT}")

    def _require_transaction(self) -> None:
        # After some errors SQLite rolls back by itself: then each later statement would be kept at once.
        if not self._connection.in_transaction:
            raise TransactionLostError("the storage ended the transaction")
