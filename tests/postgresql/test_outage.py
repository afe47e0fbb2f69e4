"""While the database is away: work waits for it at first, and then fails at once until it is back."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest
from postgresql_server import (
    PATIENCE_SECONDS,
    PostgresqlMissingError,
    PostgresqlServer,
    running_postgresql,
)
from replication import wait_until

from ewallet_core.errors.server import StorageFailedError
from ewallet_core.storage.database import migrate_database, open_database
from ewallet_core.storage.events import find_changed_accounts
from ewallet_core.storage.postgresql import maintenance, pipeline, retries
from ewallet_core.storage.postgresql.database import PostgresqlDatabase
from ewallet_core.storage.postgresql.pipeline import Patience
from ewallet_core.storage.transaction import Transaction

HANGING = """
CREATE FUNCTION public.pg_current_wal_lsn() RETURNS pg_lsn LANGUAGE sql VOLATILE
AS 'SELECT pg_sleep(3600); SELECT pg_catalog.pg_current_wal_lsn()'
"""
END_OTHERS = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresqlServer]:
    """A server that only these tests use, because they stop it."""
    try:
        with running_postgresql() as server:
            yield server
    except PostgresqlMissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def template(own_server: PostgresqlServer) -> str:
    """A database with tables."""
    name = own_server.new_database()
    migrate_database(own_server.url(name))
    return name


@pytest.fixture
def server(own_server: PostgresqlServer) -> PostgresqlServer:
    """The server, which runs when a test begins."""
    if not own_server.is_running:
        own_server.start()
    return own_server


@pytest.fixture
def name(server: PostgresqlServer, template: str) -> str:
    """A new database with tables."""
    return server.new_database(template)


def look(transaction: Transaction) -> object:
    return find_changed_accounts(transaction, None, None)


def tries(database: PostgresqlDatabase) -> int:
    """How often work has waited for a connection so far."""
    return database._retries["connection"]


def test_only_the_first_pieces_of_work_wait_for_a_database_that_is_away(server, name, monkeypatch):
    with closing(open_database(server.url(name))) as database:
        assert isinstance(database, PostgresqlDatabase)
        database.read(look)
        server.shut_down()
        monkeypatch.setattr(retries, "RECONNECT_SECONDS", 1.0)
        for run in (database.read, database.write):
            with pytest.raises(StorageFailedError):
                run(look)
        waited = tries(database)
        assert waited >= 2
        for run in (database.read, database.write) * 3:
            with pytest.raises(StorageFailedError):
                run(look)
        assert tries(database) == waited
        server.start()
        database.read(look)
        server.shut_down()
        with pytest.raises(StorageFailedError):
            database.read(look)
        assert tries(database) > waited
        server.start()
        database.write(look)


def test_connections_from_before_an_outage_make_nothing_fail_after_it(server, name, monkeypatch):
    with closing(open_database(server.url(name))) as database:
        open_at_once(database, 5)
        server.shut_down()
        monkeypatch.setattr(retries, "RECONNECT_SECONDS", 0.0)
        with pytest.raises(StorageFailedError):
            database.read(look)
        monkeypatch.undo()
        server.start()
        for _ in range(5):
            database.read(look)


@pytest.mark.parametrize("kind", ["read", "write"])
def test_what_waits_for_a_database_that_hangs_ends_when_it_is_to_be_closed(server, name, monkeypatch, kind):
    monkeypatch.setattr(Patience, "answer_seconds", math.inf)
    monkeypatch.setattr(pipeline, "LAST_ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(maintenance, "CLOSE_SECONDS", 0.1)
    database = open_database(server.url(name))
    with ThreadPoolExecutor(3) as threads:
        open_at_once(database, 3)
        server.freeze()
        try:
            waiting = [threads.submit(getattr(database, kind), look) for _ in range(3)]
            database.prepare_close()
            for each in waiting:
                with pytest.raises(StorageFailedError):
                    each.result(PATIENCE_SECONDS)
            # None of the others that are open is tried.
            with pytest.raises(StorageFailedError, match="not asked again"):
                database.read(look)
            database.close()
        finally:
            server.thaw()


def test_a_server_that_hangs_just_after_it_was_connected_to_is_given_up(server, name, monkeypatch):
    # What is asked of each new connection is found there before PostgreSQL's own.
    url = server.url(name, options="-csearch_path=public,pg_catalog")
    # The maintenance hangs until it is closed.
    monkeypatch.setattr(pipeline, "LAST_ANSWER_SECONDS", 0.1)
    monkeypatch.setattr(maintenance, "CLOSE_SECONDS", 0.1)
    with closing(open_database(url)) as database:
        database.read(look)
        with closing(psycopg.connect(server.conninfo(name), autocommit=True)) as administrator:
            administrator.execute(HANGING)
            administrator.execute(END_OTHERS)
            with monkeypatch.context() as patched:
                patched.setattr(Patience, "answer_seconds", 0.5)
                patched.setattr(retries, "RECONNECT_SECONDS", 0.0)
                for _ in range(2):
                    with pytest.raises(StorageFailedError):
                        database.read(look)
            administrator.execute("DROP FUNCTION public.pg_current_wal_lsn")
            database.read(look)


def test_nothing_waits_for_a_database_that_is_away_when_it_is_to_be_closed(server, name, monkeypatch):
    monkeypatch.setattr(retries, "RECONNECT_SECONDS", math.inf)
    database = open_database(server.url(name))
    with ThreadPoolExecutor(1) as threads:
        server.shut_down()
        waiting = threads.submit(database.read, look)
        wait_until(lambda: tries(database) > 1)
        database.prepare_close()
        with pytest.raises(StorageFailedError):
            waiting.result(PATIENCE_SECONDS)
        database.close()


def open_at_once(database: PostgresqlDatabase, count: int) -> None:
    """Have so many connections in the pool."""
    together = threading.Barrier(count)

    def wait_for_others(transaction: Transaction) -> None:
        look(transaction)
        together.wait()

    with ThreadPoolExecutor(count) as threads:
        list(threads.map(database.read, [wait_for_others] * count))
