"""Which ids of a table are settled: each of them is visible by now, or will never be."""

from __future__ import annotations

from typing import Any

import psycopg

_LAST_ID = "SELECT pg_sequence_last_value(pg_get_serial_sequence($1, 'id')::regclass)"
_WRITERS = """
SELECT virtualtransaction FROM pg_locks
WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND relation = $1::regclass
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class SettledIds:
    """Up to which id every transaction that inserts into a table has ended, as seen by one connection.

    Transactions take ids from a sequence and commit in another order. Each that inserts a row has locked the
    table before it takes an id, and keeps that lock until its changes are visible or undone. So all ids up to
    one that is noted are settled once the transactions have ended that held such a lock just after.

    The transactions' own ids would not do: the `pg_snapshot_xmax` of a snapshot is not after all ids that
    have been given, but after the latest that has ended.
    """

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]], table: str) -> None:
        """The connection is in autocommit mode, and has RawCursors."""
        self._connection = connection
        self._table = table
        self.last_id: int | None = None
        """The last id that is settled; None until that is known."""
        self._noted_id = 0
        self._awaited: frozenset[str] = frozenset()
        """The transactions whose end settles the ids up to `_noted_id`."""

    @property
    def is_up_to_date(self) -> bool:
        """Whether all ids are settled that had been given when it last looked."""
        return self.last_id is not None and not self._awaited

    def advance(self) -> int | None:
        """Look at the transactions that are under way now; returns the last id that is settled."""
        # In this order: a transaction that takes an id later need not be among the writers.
        last_id = self._read_last_id()
        if last_id == self.last_id:
            return last_id
        writers = self._read_writers()
        if not writers:
            self.last_id, self._awaited = last_id, writers
        elif not self._awaited:
            self._noted_id, self._awaited = last_id, writers
        elif not writers & self._awaited:
            self.last_id = self._noted_id
            self._noted_id, self._awaited = last_id, writers
        return self.last_id

    def _read_last_id(self) -> int:
        ((last_id,),) = self._connection.execute(_LAST_ID, (self._table,)).fetchall()
        return last_id or 0

    def _read_writers(self) -> frozenset[str]:
        """The transactions that insert into the table, or could."""
        found = self._connection.execute(_WRITERS, (self._table,)).fetchall()
        return frozenset(transaction for (transaction,) in found)
