"""Transactions on PostgreSQL: they lock the accounts that they concern, and take the database's time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from itertools import count
from typing import Any, TypeVar, cast

import msgspec
import sqlalchemy as sa
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql import ARRAY

from ewallet_core.errors.base import WalletError
from ewallet_core.storage import schema
from ewallet_core.storage.postgresql.errors import as_storage_error
from ewallet_core.storage.postgresql.pipeline import Cursor
from ewallet_core.storage.transaction import (
    ROWS_IN_A_CHUNK,
    DbConnection,
    DbCursor,
    Parties,
    Statements,
    Transaction,
    as_rows,
)
from ewallet_core.types import SYSTEM_CORE_ID

R = TypeVar("R", bound=msgspec.Struct)
T = TypeVar("T")

TIME = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || $1, 0))"

_account, _session = schema.accounts.c, schema.sessions.c
_CALLERS_SESSION = (_session.token_hash == sa.bindparam("token_hash")) | (
    _session.id == sa.bindparam("session_id")
)


def _ids_locked(*chosen: sa.ColumnElement[bool]) -> sa.Select[tuple[int]]:
    """Lock these accounts in the order of their ids, but for the issuer: no supply waits for another."""
    return (
        sa.select(_account.id)
        .where(sa.or_(*chosen), _account.id != SYSTEM_CORE_ID)
        .order_by(_account.id)
        # Other transactions may still insert rows that refer to the account.
        .with_for_update(key_share=True)
    )


_IS_GIVEN = _account.id == sa.any_(sa.bindparam("ids", type_=ARRAY(sa.BigInteger)))
_LOCK_ACCOUNTS = _ids_locked(_IS_GIVEN)
_LOCK_PARTIES = _ids_locked(
    _IS_GIVEN,
    _account.id == sa.select(_session.account_id).where(_CALLERS_SESSION).limit(1).scalar_subquery(),
    _account.email_key == sa.any_(sa.bindparam("email_keys", type_=ARRAY(sa.Text))),
    _account.name_key == sa.any_(sa.bindparam("name_keys", type_=ARRAY(sa.Text))),
)
_LOCK_SESSION = sa.select(_session.id).where(_CALLERS_SESSION).with_for_update(key_share=True)


MOST_EARLY_ENDS = 4
"""How often work that runs together with other work is left to wait with it; then it waits by itself."""


class NeedsLocks(Exception):  # noqa: N818 - a request to start again, not an error
    """A piece of work concerns accounts that are not locked; run it again with all of these locked first."""

    def __init__(self, account_ids: Collection[int]) -> None:
        super().__init__(account_ids)
        self.account_ids = account_ids


class NotReadYet(Exception):  # noqa: N818 - a request to start again, not an error
    """What a piece of work reads has been sent, and is there when the work begins again."""


class PostgresqlTransaction(Transaction):
    """A transaction beside others. One that writes must lock an account before it reads or changes it."""

    def __init__(
        self,
        connection: DbConnection,
        statements: Statements,
        *,
        writes: bool,
        savepoints: bool = False,
        locked: Collection[int] = (),
    ) -> None:
        """The accounts `locked` are locked at its beginning; an earlier run of its work needed them."""
        super().__init__(connection, statements, writes=writes, savepoints=savepoints)
        self.locks_rows = writes
        self._time: int | None = None
        self._cursor_numbers = count(1)
        self._sent: dict[tuple[str, tuple[Any, ...]], Cursor] | None = None
        """What pieces of work that run together have read so far."""
        self._is_left_early = False
        self.locked: set[int] = set()
        if locked:
            self._lock(_LOCK_ACCOUNTS, ids=sorted(locked))
        self._locked_first = frozenset(self.locked)

    def storage_error(self, reason: Exception) -> WalletError | None:
        return as_storage_error(reason)

    @property
    def database_time(self) -> int:
        if self._time is None:
            self._time = self._connection.execute(TIME).fetchone()[0]
        return self._time

    def run_together(self, works: Sequence[Callable[[Transaction], T]]) -> list[T]:
        """The results of several pieces of work that only read, and that wait together.

        To wait for the server costs more than to begin a short piece of work again. So each one is left when
        it needs what was not read yet, and begins again when that has been sent for all of them.
        """
        if len(works) == 1:
            return super().run_together(works)
        results: dict[int, T] = {}
        self._sent = {}
        for self._is_left_early in (*[True] * MOST_EARLY_ENDS, False):
            for number, work in enumerate(works):
                if number not in results:
                    with suppress(NotReadYet):
                        results[number] = work(self)
        return [results[number] for number in range(len(works))]

    def run(self, statement: ClauseElement, **values: Any) -> DbCursor:
        if self._sent is None:
            return super().run(statement, **values)
        compiled = self._statements[statement]
        key = compiled.sql, compiled.bind(values)
        if (cursor := self._sent.get(key)) is None:
            cursor = self._sent[key] = cast("Cursor", self._connection.execute(*key))
            if self._is_left_early:
                raise NotReadYet
        return cursor.again()

    def undo(self) -> None:
        """As `Transaction.undo`; the accounts that were locked at the beginning stay locked."""
        super().undo()
        if self._savepoints:
            # PostgreSQL has released what was locked since.
            self.locked = set(self._locked_first)

    def lock_parties(self, parties: Parties) -> None:
        """Lock the accounts of the parties, the session if it may change, and then take the time."""
        values = {"token_hash": parties.token_hash, "session_id": parties.session_id}
        accounts_found = self.run(
            _LOCK_PARTIES,
            ids=sorted(self.locked),
            email_keys=list(parties.email_keys),
            name_keys=list(parties.name_keys),
            **values,
        )
        if parties.changes_session:
            self.run(_LOCK_SESSION, **values)
        time_found = self._connection.execute(TIME)
        self.locked.update(id for (id,) in accounts_found.fetchall())
        self._time = time_found.fetchone()[0]

    def require_locks(self, account_ids: Collection[int]) -> None:
        missing = set(account_ids) - self.locked - {SYSTEM_CORE_ID}
        if missing and self.writes:
            raise NeedsLocks(self.locked | missing)

    def lock(self, name: str) -> None:
        self._connection.execute(_LOCK, (name,))

    def confirm(self, locking: ClauseElement, **values: Any) -> None:
        """As `Transaction.confirm`; work that only reads is run again in a transaction that writes.

        Only a COMMIT of one that has changed or locked a row waits for the standby.
        """
        self.must_write()
        self.run(locking, **values)

    def each(
        self, statement: ClauseElement, row_type: type[R], chunk: int = ROWS_IN_A_CHUNK, **values: Any
    ) -> Iterator[R]:
        compiled, name = self._statements[statement], f"rows_{next(self._cursor_numbers)}"
        self._connection.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {compiled.sql}", compiled.bind(values))
        while True:
            rows = self._connection.execute(f"FETCH {chunk} FROM {name}").fetchall()
            yield from as_rows(rows, row_type)
            if len(rows) < chunk:
                break
        self._connection.execute(f"CLOSE {name}")

    def _lock(self, statement: ClauseElement, **values: Any) -> None:
        self.locked.update(id for (id,) in self.run(statement, **values).fetchall())
