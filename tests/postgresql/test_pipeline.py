"""Statements in a pipeline: what is answered to those that failed, and to those that were skipped then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, suppress

import psycopg
import pytest
from postgresql_server import PostgresqlServer

from ewallet_core.storage.postgresql.pipeline import Cursor, PipelinedConnection

FAILING = "SELECT 1 / 0"


@pytest.fixture
def connection(postgresql_server: PostgresqlServer) -> Iterator[PipelinedConnection]:
    with closing(psycopg.connect(postgresql_server.conninfo(), autocommit=True)) as driver:
        yield PipelinedConnection(driver)


def read_after_failure(connection: PipelinedConnection, read: Callable[[Cursor, Cursor], object]) -> None:
    """Read once more after an error that was not let through."""
    with connection.pipeline():
        failing, skipped = connection.execute(FAILING), connection.execute("SELECT 2")
        with suppress(psycopg.Error):
            failing.fetchall()
        read(failing, skipped)


def test_what_has_failed_fails_each_time_that_it_is_read(connection):
    with pytest.raises(psycopg.errors.DivisionByZero):
        read_after_failure(connection, lambda failing, _: failing.fetchall())


def test_what_was_skipped_after_a_failure_is_not_waited_for(connection):
    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        read_after_failure(connection, lambda _, skipped: skipped.fetchall())


def test_a_connection_can_be_used_after_a_failure(connection):
    with suppress(psycopg.Error):
        read_after_failure(connection, lambda _, skipped: skipped.fetchall())
    with connection.pipeline():
        assert connection.execute("SELECT 2").fetchall() == [(2,)]


def test_a_pipeline_whose_last_statement_was_read_is_at_its_end(connection):
    with connection.pipeline():
        assert connection.execute("SELECT 1").fetchall() == [(1,)]
    with connection.pipeline():
        # It must be the first statement of its transaction.
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        assert connection.execute("SELECT 2").fetchall() == [(2,)]
        connection.execute("ROLLBACK")
