"""Settled ids: no id up to the last settled one becomes visible later, however transactions end."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from typing import Any

import psycopg
import pytest
from effort import effort
from postgresql_server import PATIENCE_SECONDS, PostgresqlServer

from ewallet_core.storage.postgresql.settled_ids import SettledIds

Connection = psycopg.Connection[tuple[Any, ...]]
Connect = Callable[[], Connection]

INSERT = "INSERT INTO numbered (account_id) VALUES (1) RETURNING id"


@pytest.fixture
def connect(postgresql_server: PostgresqlServer) -> Iterator[Connect]:
    """Opens connections to a database with two tables, of which one refers to the other."""
    name = postgresql_server.new_database()
    with ExitStack() as opened:

        def connect_to_it() -> Connection:
            connection = psycopg.connect(
                postgresql_server.conninfo(name), autocommit=True, cursor_factory=psycopg.RawCursor
            )
            return opened.enter_context(closing(connection))

        connection = connect_to_it()
        connection.execute("CREATE TABLE accounts (id bigserial PRIMARY KEY)")
        connection.execute(
            "CREATE TABLE numbered (id bigserial PRIMARY KEY, account_id bigint REFERENCES accounts)"
        )
        connection.execute("INSERT INTO accounts SELECT FROM generate_series(1, 20)")
        yield connect_to_it
    postgresql_server.drop_database(name)


@pytest.fixture
def settled(connect: Connect) -> SettledIds:
    return SettledIds(connect(), "numbered")


def begin_insert(connection: Connection) -> int:
    """Begin a transaction that takes an id; returns the id."""
    connection.execute("BEGIN")
    return insert(connection)


def insert(connection: Connection) -> int:
    ((number,),) = connection.execute(INSERT).fetchall()
    return int(number)


def test_nothing_is_settled_in_an_empty_table(settled):
    assert settled.advance() == 0


def test_ids_are_settled_once_their_transactions_have_ended(connect, settled):
    writer = connect()
    first = begin_insert(writer)
    assert settled.advance() is None
    writer.execute("COMMIT")
    assert settled.advance() == first


def test_the_ids_of_a_transaction_that_is_rolled_back_are_settled(connect, settled):
    assert settled.advance() == 0
    writer = connect()
    number = begin_insert(writer)
    assert settled.advance() == 0
    writer.execute("ROLLBACK")
    assert settled.advance() == number


def test_later_ids_wait_for_the_earliest_transaction(connect, settled):
    slow, quick = connect(), connect()
    first = begin_insert(slow)
    begin_insert(quick)
    quick.execute("COMMIT")
    assert settled.advance() is None
    slow.execute("COMMIT")
    assert settled.advance() == first + 1


def test_new_transactions_do_not_keep_the_earlier_ids_waiting(connect, settled):
    """So many that follow one another that there is always one under way."""
    assert settled.advance() == 0
    before, number = connect(), 0
    number = begin_insert(before)
    for _ in range(20):
        after = connect()
        begin_insert(after)
        settled.advance()
        before.execute("COMMIT")
        reached = settled.advance()
        assert reached is not None
        assert reached >= number - 1
        before, number = after, number + 1
    before.execute("COMMIT")
    assert settled.advance() == number


def test_a_transaction_that_only_locks_or_reads_keeps_nothing_waiting(connect, settled):
    other, writer = connect(), connect()
    other.execute("BEGIN")
    other.execute("SELECT id FROM accounts ORDER BY id FOR NO KEY UPDATE")
    other.execute("SELECT * FROM numbered")
    assert settled.advance() == 0
    writer.execute("BEGIN")
    writer.execute("INSERT INTO accounts DEFAULT VALUES")
    assert settled.advance() == 0
    number = insert(connect())
    assert settled.advance() == number


def test_a_transaction_under_way_is_noticed_however_quiet_the_server_is(connect, settled):
    """Its own id is not below the `pg_snapshot_xmax` of others, because none that began later has ended."""
    insert(connect())
    writer = connect()
    number = begin_insert(writer)
    observer = connect()
    ((own,),) = writer.execute("SELECT pg_current_xact_id()::text::bigint").fetchall()
    ((after_all,),) = observer.execute(
        "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    ).fetchall()
    assert own >= after_all
    for _ in range(3):
        assert settled.advance() is None
    writer.execute("COMMIT")
    assert settled.advance() == number


def test_what_is_undone_to_a_savepoint_is_settled(connect, settled):
    writer = connect()
    writer.execute("BEGIN")
    writer.execute("SAVEPOINT piece")
    number = insert(writer)
    writer.execute("ROLLBACK TO piece")
    settled.advance()
    kept = insert(writer)
    assert kept > number
    assert settled.advance() == number
    writer.execute("COMMIT")
    assert settled.advance() == kept


class Writers:
    """Threads of transactions that take ids, hold them for a while, and commit or roll back."""

    def __init__(self, connect: Connect, seed: int, count: int) -> None:
        self._end = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(connect(), random.Random(f"{seed}/{number}")))
            for number in range(count)
        ]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def _write(self, connection: Connection, choices: random.Random) -> None:
        while not self._end.is_set():
            with suppress(psycopg.errors.DeadlockDetected):
                self._run_transaction(connection, choices)

    def _run_transaction(self, connection: Connection, choices: random.Random) -> None:
        account, ends = choices.randint(1, 20), choices.choice(["COMMIT", "COMMIT", "ROLLBACK"])
        # The server waits, because the threads of one process would take turns otherwise.
        waits = [f"SELECT pg_sleep({choices.expovariate(100):.4f})" for _ in range(3)]
        connection.execute("BEGIN")
        try:
            if choices.random() < 0.7:
                connection.execute(
                    "SELECT id FROM accounts WHERE id = $1 FOR NO KEY UPDATE", (account,), prepare=True
                )
            for wait in waits:
                if choices.random() < 0.2:
                    connection.execute("SAVEPOINT piece")
                    connection.execute(INSERT, prepare=True)
                    connection.execute("ROLLBACK TO piece")
                for _ in range(choices.randint(1, 3)):
                    connection.execute(INSERT, prepare=True)
                if choices.random() < 0.5:
                    connection.execute(wait)
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute(ends)


def ids_up_to(connection: Connection, last_id: int) -> list[int]:
    found = connection.execute("SELECT id FROM numbered WHERE id <= $1 ORDER BY id", (last_id,))
    return [number for (number,) in found.fetchall()]


@pytest.mark.parametrize("seed", range(effort(1, 3)))
def test_no_settled_id_becomes_visible_later(connect, settled, seed):
    reader, claims, end = connect(), [], time.monotonic() + PATIENCE_SECONDS
    with Writers(connect, seed, 8):
        # So many that the settled ids have followed transactions that were under way at the same time.
        while len(claims) < 60:
            assert time.monotonic() < end
            last_id = settled.advance()
            if last_id and (not claims or last_id != claims[-1][0]):
                claims.append((last_id, ids_up_to(reader, last_id)))
    assert [last_id for last_id, _ in claims] == sorted(last_id for last_id, _ in claims)
    for last_id, found in claims:
        assert ids_up_to(reader, last_id) == found
    ((newest,),) = reader.execute("SELECT last_value FROM numbered_id_seq").fetchall()
    assert settled.advance() == newest
