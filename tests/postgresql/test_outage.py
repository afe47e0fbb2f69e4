"""While the database is away: work waits for it at first, and then fails at once until it is back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from postgresql_server import PostgresqlMissingError, PostgresqlServer, running_postgresql

from ewallet_core.errors.server import StorageFailedError
from ewallet_core.storage.database import open_database
from ewallet_core.storage.events import find_changed_accounts
from ewallet_core.storage.postgresql import database as postgresql
from ewallet_core.storage.postgresql.database import PostgresqlDatabase
from ewallet_core.storage.transaction import Transaction


@pytest.fixture
def server() -> Iterator[PostgresqlServer]:
    try:
        with running_postgresql() as server:
            yield server
    except PostgresqlMissingError as missing:
        pytest.skip(str(missing))


def look(transaction: Transaction) -> object:
    return find_changed_accounts(transaction, None, None)


def tries(database: PostgresqlDatabase) -> int:
    """How often work has waited for a connection so far."""
    return database._retries["connection"]


def test_only_the_first_pieces_of_work_wait_for_a_database_that_is_away(server, monkeypatch):
    with closing(open_database(server.url(server.new_database()))) as database:
        assert isinstance(database, PostgresqlDatabase)
        database.read(look)
        server.shut_down()
        monkeypatch.setattr(postgresql, "RECONNECT_SECONDS", 1.0)
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


def test_connections_from_before_an_outage_make_nothing_fail_after_it(server, monkeypatch):
    with closing(open_database(server.url(server.new_database()))) as database:
        open_at_once(database, 5)
        server.shut_down()
        monkeypatch.setattr(postgresql, "RECONNECT_SECONDS", 0.0)
        with pytest.raises(StorageFailedError):
            database.read(look)
        monkeypatch.undo()
        server.start()
        for _ in range(5):
            database.read(look)


def open_at_once(database: PostgresqlDatabase, count: int) -> None:
    """Have so many connections in the pool."""
    together = threading.Barrier(count)

    def wait_for_others(transaction: Transaction) -> None:
        look(transaction)
        together.wait()

    with ThreadPoolExecutor(count) as threads:
        list(threads.map(database.read, [wait_for_others] * count))
