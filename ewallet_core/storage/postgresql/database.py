"""A database at PostgreSQL: transactions on pooled connections, which are run again where that is safe."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

import psycopg
from psycopg import pq
from sqlalchemy import PoolProxiedConnection

from ewallet_core.errors.base import WalletError
from ewallet_core.errors.server import EngineClosedError, StorageUnavailableError
from ewallet_core.metrics import Metric, MetricKind, gauge
from ewallet_core.storage.database import Deliver, Finished, Work
from ewallet_core.storage.events import SettledEvents
from ewallet_core.storage.postgresql.commit import commit
from ewallet_core.storage.postgresql.connection_setup import ConnectionSetup
from ewallet_core.storage.postgresql.engine import connect, create_dialect, create_pool
from ewallet_core.storage.postgresql.errors import Remedy, as_storage_error, remedy_for, summary
from ewallet_core.storage.postgresql.maintenance import MaintenanceThread
from ewallet_core.storage.postgresql.pipeline import DriverConnection, Patience, PipelinedConnection
from ewallet_core.storage.postgresql.retries import NoConnectionError, Outage, Runs
from ewallet_core.storage.postgresql.transaction import NeedsLocks, PostgresqlTransaction
from ewallet_core.storage.postgresql.url import PostgresqlTarget
from ewallet_core.storage.transaction import NeedsSavepoints, Statements, Transaction, TransactionLostError
from ewallet_core.types import Durability

COMMIT_SECONDS = 5.0
_PIPELINED = "pipelined"

BEGIN_WRITE = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
BEGIN_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

_log = logging.getLogger("ewallet_core")

T = TypeVar("T")


class PostgresqlDatabase:
    """A schema of a database at PostgreSQL, which other processes may use too."""

    is_remote = True

    def __init__(
        self,
        target: PostgresqlTarget,
        durability: Durability,
        connections: int,
        first: DriverConnection | None = None,
    ) -> None:
        """Half of the connections are for changes that are submitted.

        The `first` one, which is already open, is used for maintenance: to open one takes the server as much
        work as some hundred statements.
        """
        self._target = target
        self._first = first
        self._patience = Patience()
        self._setup = ConnectionSetup(durability, self._patience)
        self._pool = create_pool(target, self._setup.prepare, pool_size=connections)
        self._statements = Statements(create_dialect())
        self._retries: Counter[str] = Counter()
        self._outage = Outage()
        self._waiting: queue.SimpleQueue[tuple[Work, Deliver] | None] = queue.SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        try:
            self._maintenance = MaintenanceThread(
                self._connect_for_maintenance, self._open_transaction, self._setup.is_replaced
            )
        except psycopg.Error as reason:
            raise StorageUnavailableError(summary(reason)) from reason
        self._writers = [
            threading.Thread(target=self._write_submitted, name=f"ewallet-writer-{number}", daemon=True)
            for number in range(1, connections // 2 + 1)
        ]
        for writer in self._writers:
            writer.start()

    def read(self, work: Callable[[Transaction], T]) -> T:
        """As `Database.read`; `work` runs again if the connection is lost."""
        self._require_open()
        runs = Runs(self._retries, self._outage, self._patience)
        with _storage_errors():
            while True:
                try:
                    return self._read_once(work)
                except psycopg.Error as reason:
                    runs.prepare_next(reason)

    def write(self, work: Callable[[Transaction], T]) -> T:
        """As `Database.write`; `work` runs again if others wrote at the same time."""
        self._require_open()
        return self._write(work)

    def submit(self, work: Work, deliver: Deliver) -> None:
        with self._closing:
            self._require_open()
            self._waiting.put((work, deliver))

    @property
    def is_in_charge(self) -> bool:
        return self._maintenance.is_in_charge

    @property
    def settled_events(self) -> SettledEvents:
        return self._maintenance.settled_events

    def on_foreign_change(self, changed: Callable[[], None]) -> None:
        self._maintenance.on_foreign_change(changed)

    def metrics(self) -> Iterator[Metric]:
        yield from self._maintenance.metrics()
        yield gauge(
            "ewallet_database_connections",
            "Connections of the pool that are in use.",
            self._pool.checkedout(),
        )
        yield gauge("ewallet_writer_queue", "Changes that wait for a writer.", self._waiting.qsize())
        yield Metric(
            "ewallet_database_retries",
            MetricKind.COUNTER,
            "Transactions that were run again, by SQLSTATE or cause.",
            [({"cause": cause}, count) for cause, count in list(self._retries.items())],
        )

    def prepare_close(self) -> None:
        self._patience.end_soon()

    def close(self) -> None:
        self.prepare_close()
        with self._closing:
            if self._closed:
                return
            self._closed = True
            for _ in self._writers:
                self._waiting.put(None)
        for writer in self._writers:
            writer.join()
        self._maintenance.close()
        self._pool.dispose()

    def _require_open(self) -> None:
        if self._closed:
            raise EngineClosedError

    def _write(self, work: Callable[[Transaction], T]) -> T:
        runs = Runs(self._retries, self._outage, self._patience)
        with _storage_errors():
            while True:
                try:
                    return self._write_once(work, runs)
                except NeedsLocks as needed:
                    runs.lock_first(needed)
                except NeedsSavepoints:
                    # Only the second run can undo a part, which must not release the locks.
                    runs.savepoints = True
                except psycopg.Error as reason:
                    runs.prepare_next(reason)
                except TransactionLostError as lost:
                    # The connection was lost just when a part was to be undone.
                    if not isinstance(lost.__cause__, psycopg.Error):
                        raise
                    runs.prepare_next(lost.__cause__)

    def _read_once(self, work: Callable[[Transaction], T]) -> T:
        with self._connection() as connection:
            try:
                with connection.pipeline():
                    connection.execute(BEGIN_READ)
                    result = work(PostgresqlTransaction(connection, self._statements, writes=False))
                    connection.execute("ROLLBACK")
            finally:
                _roll_back(connection)
            self._note_answer()
            return result

    def _write_once(self, work: Callable[[Transaction], T], runs: Runs) -> T:
        with self._connection() as connection:
            try:
                with connection.pipeline():
                    connection.execute(BEGIN_WRITE)
                    transaction = PostgresqlTransaction(
                        connection,
                        self._statements,
                        writes=True,
                        savepoints=runs.savepoints,
                        locked=runs.locked,
                    )
                    transaction.begin_piece()
                    try:
                        result = work(transaction)
                    finally:
                        runs.locked |= transaction.locked
                    transaction.end_piece()
                    commit(connection, COMMIT_SECONDS)
            finally:
                _roll_back(connection)
            self._note_answer()
            if transaction.events_written:
                self._maintenance.note_change()
            return result

    def _note_answer(self) -> None:
        """A transaction has ended well."""
        self._outage.end()
        self._maintenance.end_if_hung()

    def _connect_for_maintenance(self) -> DriverConnection:
        """None of the pool's, which may all be in use."""
        connection, self._first = self._first, None
        with _no_connection():
            connection = connection or connect(self._target)
            try:
                self._setup.prepare(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _open_transaction(self, connection: PipelinedConnection) -> PostgresqlTransaction:
        return PostgresqlTransaction(connection, self._statements, writes=True)

    @contextmanager
    def _connection(self) -> Iterator[PipelinedConnection]:
        """A connection in no transaction. One that is lost, or can't write, is not used again."""
        if self._patience.is_ending and self._outage.goes_on:
            raise NoConnectionError("it did not answer, and is not asked again because this program ends")
        pooled, driver = self._take_from_pool()
        if (connection := pooled.info.get(_PIPELINED)) is None:
            connection = pooled.info[_PIPELINED] = PipelinedConnection(driver, self._patience)
        try:
            yield connection
        except psycopg.Error as reason:
            if remedy_for(reason) is Remedy.CONNECT_AGAIN:
                driver.close()
            raise
        finally:
            if driver.closed or not is_idle(driver):
                driver.close()
                pooled.invalidate()
            else:
                pooled.close()

    def _take_from_pool(self) -> tuple[PoolProxiedConnection, DriverConnection]:
        """A connection, but none to a server that was replaced since it was opened."""
        while True:
            with _no_connection():
                pooled = self._pool.connect()
            driver = cast("DriverConnection", pooled.driver_connection)
            if not self._setup.is_replaced(driver):
                return pooled, driver
            driver.close()
            pooled.invalidate()

    def _write_submitted(self) -> None:
        while (submitted := self._waiting.get()) is not None:
            work, deliver = submitted
            finished = Finished(work)
            try:
                finished.result = self._write(work)
            except BaseException as reason:  # noqa: BLE001 - the thread must go on with the next one
                finished.error = reason
            try:
                deliver([finished])
            except Exception:  # noqa: BLE001 - the next ones must get theirs
                _log.exception("finished work could not be delivered")


@contextmanager
def _no_connection() -> Iterator[None]:
    """Raise `NoConnectionError` if none can be opened."""
    try:
        yield
    except psycopg.OperationalError as reason:
        raise NoConnectionError(summary(reason)) from reason


def is_idle(driver: DriverConnection) -> bool:
    """Whether the connection is in no transaction, so that the next piece of work can use it."""
    return driver.info.transaction_status is pq.TransactionStatus.IDLE


def _roll_back(connection: PipelinedConnection) -> None:
    """End the transaction, if there still is one."""
    if not connection.driver.closed and not is_idle(connection.driver):
        # If even this fails, the connection is not used again.
        with contextlib.suppress(psycopg.Error), connection.pipeline():
            connection.execute("ROLLBACK")


@contextmanager
def _storage_errors() -> Iterator[None]:
    """Raise errors of the driver in our words."""
    try:
        yield
    except WalletError:
        raise
    except Exception as reason:
        if (error := as_storage_error(reason)) is None:
            raise
        raise error from reason
