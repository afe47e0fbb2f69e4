"""COMMIT with a deadline: what is acknowledged, what is refused, and what is left unknown."""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from postgresql_server import PATIENCE_SECONDS, PostgresqlServer
from replication import Replication, running_replication, wait_until

from ewallet_core.errors.server import OutcomeUnknownError, StorageFailedError
from ewallet_core.storage.postgresql import commit as commit_module
from ewallet_core.storage.postgresql.maintenance_session import end_abandoned_commits
from ewallet_core.storage.postgresql.pipeline import PipelinedConnection

Connection = psycopg.Connection[Any]
SOON_SECONDS = 0.3
WAITS_FOR_STANDBY = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
LOCKS = "SELECT mode FROM pg_locks WHERE relation = 'kept'::regclass"


@pytest.fixture(scope="module")
def module_replication() -> Iterator[Replication]:
    with running_replication() as replication:
        replication.primary.execute("CREATE TABLE kept (name text UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        yield replication


@pytest.fixture
def replication(module_replication: Replication) -> Iterator[Replication]:
    """Both servers as they were: running, and the standby demanded."""
    yield module_replication
    for server in (module_replication.primary, module_replication.standby):
        if server.is_running:
            server.thaw()
        else:
            server.start()
    module_replication.demand_standby()


@pytest.fixture
def primary(replication: Replication) -> PostgresqlServer:
    return replication.primary


@pytest.fixture
def insert(primary: PostgresqlServer, request: pytest.FixtureRequest) -> Iterator[Callable[[], Connection]]:
    """Begins a transaction that inserts a row and locks it, named after the test."""
    opened: list[Connection] = []

    def insert() -> Connection:
        opened.append(psycopg.connect(primary.conninfo()))
        opened[-1].execute("INSERT INTO kept VALUES (%s)", [request.node.name])
        return opened[-1]

    yield insert
    for connection in opened:
        connection.close()


@pytest.fixture
def is_kept(request: pytest.FixtureRequest) -> Callable[[PostgresqlServer], bool]:
    def is_kept(server: PostgresqlServer) -> bool:
        return server.execute("SELECT name FROM kept WHERE name = %s", request.node.name) != []

    return is_kept


def commit(connection: Connection, seconds: float) -> None:
    """Commit what was sent to that connection."""
    pipelined = PipelinedConnection(connection)
    with pipelined.pipeline():
        commit_module.commit(pipelined, seconds)


@contextmanager
def in_thread(act: Callable[[], None]) -> Iterator[None]:
    """Acts in another thread meanwhile."""
    with ThreadPoolExecutor(1) as threads:
        acting = threads.submit(act)
        yield
        acting.result()


def is_waiting_for_the_standby(server: PostgresqlServer) -> bool:
    return server.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'") != []


def test_a_commit_is_on_the_standby_once_it_is_acknowledged(replication, insert, is_kept):
    connection = insert()
    commit(connection, PATIENCE_SECONDS)
    assert is_kept(replication.primary)
    wait_until(lambda: is_kept(replication.standby))
    connection.execute("SELECT 1")


@pytest.mark.parametrize("end", [PostgresqlServer.freeze, PostgresqlServer.kill])
def test_a_commit_without_the_standby_is_given_up_as_unknown(end, replication, insert, is_kept):
    connection = insert()
    end(replication.standby)
    with pytest.raises(OutcomeUnknownError):
        commit(connection, SOON_SECONDS)
    assert connection.closed
    assert is_kept(replication.primary)


def test_a_commit_given_up_frees_its_locks(replication, insert, primary):
    connection = insert()
    assert primary.execute(LOCKS) != []
    replication.standby.kill()
    with pytest.raises(OutcomeUnknownError):
        commit(connection, SOON_SECONDS)
    assert primary.execute(LOCKS) == []
    assert not is_waiting_for_the_standby(primary)


def test_a_commit_whose_wait_for_the_standby_another_cancelled_is_unknown(replication, insert, primary):
    replication.standby.kill()
    connection = insert()

    def cancel() -> None:
        wait_until(lambda: is_waiting_for_the_standby(primary))
        primary.execute("SELECT pg_cancel_backend(%s)", connection.info.backend_pid)

    with in_thread(cancel), pytest.raises(OutcomeUnknownError):
        commit(connection, PATIENCE_SECONDS)
    assert connection.closed


def test_a_commit_whose_connection_is_ended_while_it_waits_is_unknown(replication, insert, primary):
    replication.standby.kill()
    connection = insert()

    def terminate() -> None:
        wait_until(lambda: is_waiting_for_the_standby(primary))
        primary.execute("SELECT pg_terminate_backend(%s)", connection.info.backend_pid)

    with in_thread(terminate), pytest.raises(OutcomeUnknownError):
        commit(connection, PATIENCE_SECONDS)
    assert connection.closed


def test_a_commit_whose_server_is_killed_while_it_waits_is_unknown(replication, insert, primary):
    replication.standby.kill()
    connection = insert()

    def kill() -> None:
        wait_until(lambda: is_waiting_for_the_standby(primary))
        primary.kill()

    with in_thread(kill), pytest.raises(OutcomeUnknownError):
        commit(connection, PATIENCE_SECONDS)
    assert connection.closed


def test_a_commit_is_acknowledged_if_the_connection_is_ended_after_its_answer(insert, primary, is_kept):
    connection = insert()

    class EndedAfterAnswer(PipelinedConnection):
        def finish(self, most_seconds: float = math.inf) -> None:
            self.wait_for(self._waiting[-1])
            primary.execute("SELECT pg_terminate_backend(%s, 60000)", self.driver.info.backend_pid)
            super().finish(most_seconds)

    pipelined = EndedAfterAnswer(connection)
    with pipelined.pipeline():
        commit_module.commit(pipelined, PATIENCE_SECONDS)
    assert connection.closed
    assert is_kept(primary)


def test_a_commit_on_a_connection_that_the_server_has_ended_is_refused(insert, primary, is_kept):
    connection = insert()
    primary.execute("SELECT pg_terminate_backend(%s, 60000)", connection.info.backend_pid)
    with pytest.raises(psycopg.errors.AdminShutdown):
        commit(connection, PATIENCE_SECONDS)
    assert connection.closed
    assert not is_kept(primary)


def test_a_server_that_answers_nothing_is_left(insert, primary, monkeypatch):
    monkeypatch.setattr(commit_module, "CANCEL_SECONDS", SOON_SECONDS)
    connection = insert()
    primary.freeze()
    with pytest.raises(OutcomeUnknownError):
        commit(connection, SOON_SECONDS)
    assert connection.closed


def test_a_late_commit_that_was_cancelled_in_vain_is_acknowledged(insert, replication, is_kept, monkeypatch):
    monkeypatch.setattr(commit_module, "CANCEL_SECONDS", PATIENCE_SECONDS)
    connection = insert()
    os.kill(connection.info.backend_pid, signal.SIGSTOP)

    def go_on() -> None:
        time.sleep(2 * SOON_SECONDS)
        os.kill(connection.info.backend_pid, signal.SIGCONT)

    with in_thread(go_on):
        commit(connection, SOON_SECONDS)
    assert is_kept(replication.primary)
    wait_until(lambda: is_kept(replication.standby))
    # The request to cancel could meet what is sent next.
    assert connection.closed


def test_an_answer_that_came_in_time_is_taken_by_a_process_that_was_held_up(insert, is_kept, primary):
    def hold_up(_number: int, _frame: object) -> None:
        wait_until(lambda: is_kept(primary))
        time.sleep(SOON_SECONDS)

    connection = insert()
    os.kill(connection.info.backend_pid, signal.SIGSTOP)

    def go_on() -> None:
        time.sleep(SOON_SECONDS)
        os.kill(connection.info.backend_pid, signal.SIGCONT)

    earlier = signal.signal(signal.SIGALRM, hold_up)
    try:
        signal.setitimer(signal.ITIMER_REAL, SOON_SECONDS / 2)
        with in_thread(go_on):
            commit(connection, 1.5 * SOON_SECONDS)
    finally:
        signal.signal(signal.SIGALRM, earlier)
    # It was not taken for late, or the connection would have been left.
    assert not connection.closed


def test_a_change_that_is_late_before_its_commit_is_cancelled_and_not_kept(primary, is_kept, request):
    with (
        closing(psycopg.connect(primary.conninfo())) as holder,
        closing(psycopg.connect(primary.conninfo(), autocommit=True)) as connection,
    ):
        holder.execute("LOCK TABLE kept IN EXCLUSIVE MODE")
        pipelined = PipelinedConnection(connection)

        def insert_and_commit() -> None:
            with pipelined.pipeline():
                pipelined.execute("BEGIN")
                pipelined.execute("INSERT INTO kept VALUES ($1)", [request.node.name])
                commit_module.commit(pipelined, SOON_SECONDS)

        with pytest.raises(psycopg.errors.LockNotAvailable):
            insert_and_commit()
        # The request to cancel could meet what is sent next.
        assert connection.closed
        holder.rollback()
        assert not is_kept(primary)


def test_a_failed_transaction_is_not_kept(insert, primary, is_kept):
    connection = insert()
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.execute("SELECT 1 / 0")
    with pytest.raises(StorageFailedError):
        commit(connection, PATIENCE_SECONDS)
    assert not is_kept(primary)
    connection.execute("SELECT 1")


def test_a_commit_that_the_server_refuses_raises_its_error(insert, primary, is_kept):
    connection = insert()
    connection.execute("INSERT INTO kept VALUES ('twice'), ('twice')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        commit(connection, PATIENCE_SECONDS)
    assert not is_kept(primary)
    connection.execute("SELECT 1")


class AlarmError(Exception):
    pass


def test_an_interrupted_commit_leaves_no_answer_to_the_next_user(replication, insert):
    def interrupt(_number: int, _frame: object) -> None:
        raise AlarmError

    replication.standby.kill()
    connection = insert()
    earlier = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, SOON_SECONDS)
        with pytest.raises(AlarmError):
            commit(connection, PATIENCE_SECONDS)
    finally:
        signal.signal(signal.SIGALRM, earlier)
    assert connection.closed


def test_the_commit_of_a_process_that_is_gone_is_ended_and_frees_its_locks(insert, primary, replication):
    replication.standby.freeze()
    gone = insert()
    gone.pgconn.send_query(b"COMMIT")
    gone.pgconn.flush()
    wait_until(lambda: primary.execute(WAITS_FOR_STANDBY) != [])
    gone.close()

    with psycopg.connect(primary.conninfo(), autocommit=True, cursor_factory=psycopg.RawCursor) as connection:
        end_abandoned_commits(connection, PATIENCE_SECONDS)
        assert primary.execute(WAITS_FOR_STANDBY) != []
        end_abandoned_commits(connection, 0)
        wait_until(lambda: primary.execute(WAITS_FOR_STANDBY) == [] and primary.execute(LOCKS) == [])
