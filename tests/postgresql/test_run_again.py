"""Work that the server ended is run again where that is safe; other errors say what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest
from new_database import NewDatabase
from postgresql_server import PATIENCE_SECONDS, PostgresqlServer
from replication import wait_until

from ewallet_core.errors.server import StorageFailedError
from ewallet_core.operations.provisioning import open_account
from ewallet_core.storage.accounts import accounts
from ewallet_core.storage.database import open_database
from ewallet_core.storage.postgresql import database as database_module
from ewallet_core.storage.postgresql.database import PostgresqlDatabase
from ewallet_core.storage.postgresql.errors import Remedy, as_storage_error, remedy_for
from ewallet_core.storage.postgresql.maintenance_session import end_hanging_transactions
from ewallet_core.storage.sessions import workers
from ewallet_core.storage.transaction import NAMES, Parties, Transaction

Disturb = Callable[[Transaction], None]
SOON_SECONDS = 0.3
OWN_PID = "SELECT pg_backend_pid()"


@pytest.fixture
def database(postgresql_server: PostgresqlServer, shared_database: str) -> NewDatabase:
    """A database with tables."""
    return NewDatabase(postgresql_server, shared_database)


@pytest.fixture
def opened(database: NewDatabase) -> Iterator[PostgresqlDatabase]:
    with closing(open_database(database.url())) as opened:
        assert isinstance(opened, PostgresqlDatabase)
        yield opened


def execute(transaction: Transaction, statement: str) -> Any:
    return transaction._connection.execute(statement).fetchall()


def disturbed(opened: PostgresqlDatabase, disturb: Disturb) -> int:
    """How often work runs whose first run is disturbed, until it succeeds."""
    runs: list[int] = []

    def work(transaction: Transaction) -> None:
        runs.append(1)
        add_worker(transaction)
        if len(runs) == 1:
            disturb(transaction)
        workers.all(transaction)

    before = len(opened.read(workers.all))
    opened.write(work)
    assert len(opened.read(workers.all)) == before + 1
    return len(runs)


def add_worker(transaction: Transaction) -> None:
    workers.add(transaction, session_limit=1, created_at=0, written_at=0)


def end_as_hanging(transaction: Transaction) -> None:
    """Do nothing until the process in charge takes this one for hung."""
    ((pid,),) = execute(transaction, OWN_PID)
    info = transaction._connection.driver.info
    with closing(psycopg.connect(info.dsn, autocommit=True, cursor_factory=psycopg.RawCursor)) as other:
        end_hanging_transactions(other, PATIENCE_SECONDS)
        assert is_connected(other, pid)
        end_hanging_transactions(other, 0)
        wait_until(lambda: not is_connected(other, pid))


def is_connected(other: psycopg.Connection[Any], pid: int) -> bool:
    return other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = $1", (pid,)).fetchall() != []


def forget_statements(transaction: Transaction) -> None:
    transaction._connection.execute("DEALLOCATE ALL")


@pytest.mark.parametrize("disturb", [end_as_hanging, forget_statements])
def test_work_runs_again_on_another_connection(opened, disturb):
    assert disturbed(opened, disturb) == 2


def test_work_that_waits_for_a_lock_when_its_commit_is_late_runs_again(opened, monkeypatch):
    runs: list[int] = []

    def work(transaction: Transaction) -> None:
        runs.append(1)
        # Nothing is read after it, so the COMMIT is sent while it waits.
        transaction.lock(NAMES)
        add_worker(transaction)

    def write_while_it_is_locked(transaction: Transaction) -> Future[None]:
        transaction.lock(NAMES)
        execute(transaction, OWN_PID)
        writing = threads.submit(opened.write, work)
        wait_until(lambda: len(runs) > 1 or writing.done())
        return writing

    with ThreadPoolExecutor(1) as threads:
        monkeypatch.setattr(database_module, "COMMIT_SECONDS", SOON_SECONDS)
        opened.write(write_while_it_is_locked).result()
    assert len(opened.read(workers.all)) == 1


def test_unused_connections_that_the_server_has_ended_make_nothing_fail(database):
    url = database.url(options="-cidle_session_timeout=1000")
    with closing(open_database(url)) as opened:
        ((pid,),) = opened.read(lambda transaction: execute(transaction, OWN_PID))
        wait_until(
            lambda: database.server.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", pid) == []
        )
        assert opened.read(workers.all) == []


def test_a_column_of_another_type_makes_nothing_fail(opened, database):
    assert opened.read(workers.all) == []
    opened.write(add_worker)
    database.execute("ALTER TABLE workers ALTER COLUMN session_limit TYPE integer")
    assert len(opened.read(workers.all)) == 1


def test_work_runs_again_if_the_connection_is_lost_when_a_part_is_undone(opened):
    runs: list[int] = []

    def work(transaction: Transaction) -> None:
        runs.append(1)
        add_worker(transaction)
        # The first run has no savepoints.
        if len(runs) == 2:
            transaction._connection.driver.close()
        transaction.undo()
        add_worker(transaction)

    opened.write(work)
    assert len(runs) == 3
    assert len(opened.read(workers.all)) == 1


def test_an_account_that_was_locked_in_an_undone_part_is_locked_again(opened, database):
    lock_at_once = "SELECT id FROM accounts WHERE name = 'ada' FOR NO KEY UPDATE NOWAIT"
    runs: list[int] = []
    opened.write(lambda transaction: open_account(transaction, 0, "ada", "ada@example.org"))
    ada = opened.read(lambda transaction: accounts.require(transaction, name_key="ada").id)

    def work(transaction: Transaction) -> None:
        runs.append(1)
        add_worker(transaction)
        # Another account was active in the session when the first run locked its parties.
        if len(runs) > 1:
            transaction.lock_parties(Parties(email_keys=("ada@example.org",)))
        transaction.undo()
        transaction.require_locks((ada,))
        with pytest.raises(psycopg.errors.LockNotAvailable):
            database.execute(lock_at_once)

    opened.write(work)
    assert len(runs) == 3
    assert database.execute(lock_at_once) == [(ada,)]


def test_an_interrupted_connection_is_not_used_again(opened):
    drivers: list[Any] = []

    def work(transaction: Transaction) -> None:
        drivers.append(transaction._connection.driver)
        add_worker(transaction)
        raise KeyboardInterrupt

    for run in (opened.read, opened.write):
        with pytest.raises(KeyboardInterrupt):
            run(work)
    assert [driver.closed for driver in drivers] == [True, True]
    assert opened.read(workers.all) == []


@pytest.mark.parametrize(
    "error", ["ReadOnlySqlTransaction", "IdleInTransactionSessionTimeout", "FeatureNotSupported"]
)
def test_an_error_for_which_work_runs_again_has_words_if_that_does_not_help(error):
    reason = getattr(psycopg.errors, error)("as the server says.")
    assert remedy_for(reason) is Remedy.CONNECT_AGAIN
    assert isinstance(as_storage_error(reason), StorageFailedError)


@pytest.mark.parametrize("error", ["InternalError_", "DiskFull", "OutOfMemory", "QueryCanceled", "IoError"])
def test_a_fault_of_the_server_has_words(error):
    reason = getattr(psycopg.errors, error)("as the server says.")
    assert remedy_for(reason) is Remedy.GIVE_UP
    assert isinstance(as_storage_error(reason), StorageFailedError)


@pytest.mark.parametrize("error", ["SyntaxError", "NotNullViolation", "DatatypeMismatch"])
def test_a_fault_of_the_program_is_none_of_the_storage(error):
    assert as_storage_error(getattr(psycopg.errors, error)("as the server says.")) is None
