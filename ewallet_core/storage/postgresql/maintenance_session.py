"""What one connection of a process is for beside transactions: it hears of changes, and seals entries."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ewallet_core.storage.journal import seal_settled
from ewallet_core.storage.postgresql.pipeline import DriverConnection, PipelinedConnection
from ewallet_core.storage.postgresql.settled_ids import SettledIds
from ewallet_core.storage.transaction import Transaction

ENTRIES_IN_A_BATCH = 500
ABANDONED_SECONDS = 15
"""How long a COMMIT may wait for a standby; processes that live give up earlier."""
HANGING_SECONDS = 60
"""How long a process may do nothing in a transaction, or in charge, before it is taken for hung."""
FREE_EVERY_SECONDS = 5.0
MOST_COUNTED = 10_000
"""How many entries without a seal are counted at most."""

OpenTransaction = Callable[[PipelinedConnection], Transaction]

_SCHEMA_ID = "SELECT relnamespace::bigint FROM pg_class WHERE oid = 'entries'::regclass"
# It is held as long as the connection lives, so that it needs no time limit.
_TAKE_CHARGE = "SELECT pg_try_advisory_lock($1)"
_NOTIFY = "SELECT pg_notify($1, $2)"
_COUNT_UNSEALED = """
SELECT count(*) FROM (
    SELECT FROM entries WHERE id > coalesce((SELECT max(entry_id) FROM seals), 0) LIMIT $1
) AS unsealed
"""
# A server that waits for a standby does not notice that its client is gone, and keeps the locks.
_END_ABANDONED = """
SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity
WHERE wait_event = 'SyncRep' AND usename = current_user AND datname = current_database()
AND state_change < clock_timestamp() - make_interval(secs => $1)
"""
# In a pipeline no timeout of the server ends a transaction whose client sends nothing more.
_END_HANGING = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE state = 'active' AND wait_event = 'ClientRead' AND backend_xid IS NOT NULL AND query NOT ILIKE 'copy %'
AND usename = current_user AND datname = current_database()
AND state_change < clock_timestamp() - make_interval(secs => $1)
"""
_LOCK_CLASS = int.from_bytes(b"ewal") << 32
"""The upper half of the lock's key, which other programs on the same database hardly use."""


class MaintenanceSession:
    """A connection that listens to the changes of other processes, and finds which ids are settled.

    The process whose session has the lock is in charge. It seals on that same connection: one that is lost
    can't seal, so no two processes ever continue the chain at the same time.
    """

    def __init__(self, connection: DriverConnection, open_transaction: OpenTransaction, process: str) -> None:
        """`process` names this process in what it tells the others. Raises `psycopg.Error`."""
        self.connection = connection
        self._pipelined = PipelinedConnection(connection)
        self._open_transaction = open_transaction
        self._process = process
        self._heard: set[str] = set()
        """The processes that have told of changes since the last `wait`."""
        connection.add_notify_handler(lambda told: self._heard.add(told.payload))
        # A seal that is lost with the server is made again, of the same entries.
        connection.execute("SET synchronous_commit = off")
        # If the process hangs, another one can be in charge.
        connection.execute(f"SET idle_session_timeout = {HANGING_SECONDS * 1_000}")
        schema_id = _read_schema_id(connection)
        self.channel = f"ewallet_{schema_id}"
        """On which the processes that share this schema tell of changes."""
        self._lock = _LOCK_CLASS | schema_id
        # A standby refuses this, so it is never taken for the primary.
        connection.execute(f"LISTEN {self.channel}")
        self.is_in_charge = False
        self.events = SettledIds(connection, "events")
        self._entries = SettledIds(connection, "entries")
        self._sealed_id = -1
        """All entries up to that id have a seal."""
        self.unsealed_count = 0
        self._freed_at = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether ids that have been given are not settled, or entries not sealed."""
        return not self.events.is_up_to_date or (self.is_in_charge and not self._entries.is_up_to_date)

    def look(self) -> None:
        """Find which events are settled, and take charge if no other process has it."""
        self.events.advance()
        if not self.is_in_charge:
            ((self.is_in_charge,),) = self.connection.execute(_TAKE_CHARGE, (self._lock,)).fetchall()
        if self.is_in_charge:
            is_sealed = self._entries.advance() == self._sealed_id and self._entries.is_up_to_date
            self.unsealed_count = 0 if is_sealed else self._count_unsealed()
            if time.monotonic() - self._freed_at >= FREE_EVERY_SECONDS:
                self._freed_at = time.monotonic()
                end_abandoned_commits(self.connection, ABANDONED_SECONDS)
                end_hanging_transactions(self.connection, HANGING_SECONDS)

    def seal(self) -> None:
        """Seal the settled entries, a batch in each transaction, if this process is in charge."""
        settled_id = self._entries.last_id
        while self.is_in_charge and settled_id is not None and self._sealed_id < settled_id:
            if self._seal_batch(settled_id) < ENTRIES_IN_A_BATCH:
                self._sealed_id = settled_id

    def tell_change(self) -> None:
        """Tell the other processes that there are new events.

        Only in a transaction of its own: those that notify commit one after another, each with its wait for
        the disk and the standby, so changes that did it would be many times slower.
        """
        self.connection.execute(_NOTIFY, (self.channel, self._process))

    def wait(self, seconds: float, wake_up: socket.socket) -> set[str]:
        """Wait until processes tell of a change, or `wake_up` is readable; returns the other processes."""
        self._hear()
        if not self._heard:
            poll = select.poll()
            poll.register(self.connection.fileno(), select.POLLIN)
            poll.register(wake_up, select.POLLIN)
            poll.poll(seconds * 1_000)
            self._hear()
        heard, self._heard = self._heard - {self._process}, set()
        return heard

    def _hear(self) -> None:
        """Read what has arrived, also while statements were executed."""
        server = self.connection.pgconn
        server.consume_input()
        while (told := server.notifies()) is not None:
            self._heard.add(told.extra.decode())

    def _seal_batch(self, up_to: int) -> int:
        with self._transaction() as transaction:
            return seal_settled(transaction, up_to, ENTRIES_IN_A_BATCH)

    def _count_unsealed(self) -> int:
        ((count,),) = self.connection.execute(_COUNT_UNSEALED, (MOST_COUNTED,)).fetchall()
        return int(count)

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        with self.connection.transaction(), self._pipelined.pipeline():
            yield self._open_transaction(self._pipelined)


def take_charge(connection: DriverConnection) -> bool:
    """Be in charge until the connection is closed; returns False if another process is in charge."""
    key = _LOCK_CLASS | _read_schema_id(connection)
    ((taken,),) = connection.execute(_TAKE_CHARGE, (key,)).fetchall()
    return bool(taken)


def _read_schema_id(connection: DriverConnection) -> int:
    ((schema_id,),) = connection.execute(_SCHEMA_ID).fetchall()
    return int(schema_id)


def end_abandoned_commits(connection: DriverConnection, seconds: float) -> None:
    """End the COMMITs of this role that have waited so long for a standby: their processes are gone.

    What they commit is kept, unless a standby is promoted that lacks it.
    """
    connection.execute(_END_ABANDONED, (seconds,))


def end_hanging_transactions(connection: DriverConnection, seconds: float) -> None:
    """End the connections of this role that have sent nothing for so long in a transaction that has locks.

    Their processes hang, or were stopped. One that goes on later finds the connection lost, and runs its work
    again.
    """
    connection.execute(_END_HANGING, (seconds,))
