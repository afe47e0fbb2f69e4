"""Processes that hang, or were stopped: the server ends what they hold, and others go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from replication import wait_until

from ewallet_core.storage.database import open_database
from ewallet_core.storage.postgresql import maintenance_session
from ewallet_core.storage.postgresql.database import PostgresqlDatabase
from ewallet_core.storage.postgresql.maintenance_session import MaintenanceSession
from ewallet_core.storage.postgresql.pipeline import DriverConnection


@pytest.fixture
def opened(shared_url: str) -> Iterator[PostgresqlDatabase]:
    with closing(open_database(shared_url)) as opened:
        assert isinstance(opened, PostgresqlDatabase)
        yield opened


def begin_session(opened: PostgresqlDatabase, connection: DriverConnection) -> MaintenanceSession:
    return MaintenanceSession(connection, opened._open_transaction, "another process")


def takes_charge(session: MaintenanceSession) -> bool:
    session.look()
    return session.is_in_charge


def test_a_process_in_charge_that_hangs_is_replaced(opened, monkeypatch):
    wait_until(lambda: opened.is_in_charge)
    monkeypatch.setattr(maintenance_session, "HANGING_SECONDS", 3)
    with (
        closing(opened._connect_for_maintenance()) as of_hung,
        closing(opened._connect_for_maintenance()) as of_other,
    ):
        hung, other = begin_session(opened, of_hung), begin_session(opened, of_other)
        opened._maintenance.close()
        # The server frees the lock of a closed connection a moment later.
        wait_until(lambda: takes_charge(hung))
        assert not takes_charge(other)
        wait_until(lambda: takes_charge(other))
