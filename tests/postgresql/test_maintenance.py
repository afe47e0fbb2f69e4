"""The maintenance thread: one process in charge, the changes of the others, and the seals of all entries."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from engine_client import EngineClient
from examples_payments import pay
from fakes import CHEAP, Wallclock
from instructions import START, supply, to_clock
from replication import Replication, running_replication, wait_until
from server_process import ServerProcess

from ewallet_core import EWalletSessionManager
from ewallet_core.ledger.journal import FIRST_SEAL, seal
from ewallet_core.operations.context import EngineConfig
from ewallet_core.storage import journal
from ewallet_core.storage.postgresql import maintenance
from ewallet_core.storage.postgresql.maintenance_session import MaintenanceSession
from ewallet_core.storage.verification import run_checks
from ewallet_core.storage.verification.check import Violation

pytestmark = pytest.mark.usefixtures("looks_often")
LOST, BACK = "is lost (", "servers is back"


def user_of(engine: EWalletSessionManager, name: str) -> EngineClient:
    return EngineClient(engine).open_session().register(name).log_in(name)


def is_in_charge(engine: EWalletSessionManager) -> bool:
    return engine._database.is_in_charge


def unsealed(engine: EWalletSessionManager) -> int:
    """How many entries have no seal."""

    def count(transaction) -> int:
        return len(journal.entries.all(transaction)) - len(journal.seals.all(transaction))

    return engine._database.read(count)


def chain_of(engine: EWalletSessionManager) -> list[bytes]:
    """The seals of all entries, in order, after comparing them with the entries."""

    def read(transaction) -> list[bytes]:
        chained, found = FIRST_SEAL, []
        seals = {one.entry_id: one.hash for one in journal.seals.all(transaction)}
        for entry_id, entry in journal._read_entries_after(transaction, 0):
            chained = seal(chained, entry_id, entry)
            assert seals[entry_id] == chained
            found.append(chained)
        return found

    return engine._database.read(read)


def violations_in(engine: EWalletSessionManager) -> list[str]:
    findings = engine._database.read(lambda transaction: list(run_checks(transaction)))
    return [found.sentence for found in findings if isinstance(found, Violation)]


def backend_in_charge(server, database: str) -> int:
    """The server's process of the connection that holds the lock."""
    ((found,),) = server.execute(
        "SELECT pid FROM pg_locks JOIN pg_stat_activity USING (pid)"
        " WHERE locktype = 'advisory' AND granted AND datname = %s",
        database,
    )
    return int(found)


# In charge


def test_one_process_is_in_charge(open_engine):
    engines = [open_engine() for _ in range(3)]
    assert [is_in_charge(engine) for engine in engines] == [True, False, False]


def test_another_process_takes_charge_when_the_first_has_ended(open_engine):
    first, second = open_engine(), open_engine()
    first.close()
    wait_until(lambda: is_in_charge(second))


def test_another_process_takes_charge_when_the_first_was_killed(open_engine, shared_url, tmp_path):
    first = ServerProcess(tmp_path, "--database", shared_url)
    first.start()
    try:
        second = open_engine()
        assert not is_in_charge(second)
    finally:
        first.kill()
    wait_until(lambda: is_in_charge(second))


def test_a_process_in_another_schema_has_its_own_charge(open_engine, postgresql_server, shared_database):
    other_url = postgresql_server.url(shared_database, schema="other")
    with closing(psycopg.connect(postgresql_server.conninfo(shared_database), autocommit=True)) as created:
        created.execute("CREATE SCHEMA other")
    open_engine()
    with closing(EWalletSessionManager(other_url, passwords=CHEAP)) as engine:
        assert is_in_charge(engine)


def test_a_process_whose_connection_is_ended_is_not_in_charge(
    open_engine, postgresql_server, shared_database, caplog
):
    first, second = open_engine(), open_engine()
    user = user_of(first, "ada")
    with caplog.at_level(logging.WARNING, "ewallet_core"):
        for _ in range(3):
            ended = backend_in_charge(postgresql_server, shared_database)
            postgresql_server.execute("SELECT pg_terminate_backend(%s)", ended)
            wait_until(
                lambda ended=ended: backend_or_none(postgresql_server, shared_database) not in (None, ended)
            )
            user.request(**supply(1))
        wait_until(lambda: caplog.text.count(LOST) == caplog.text.count(BACK) == 3)
    wait_until(lambda: unsealed(first) == 0)
    assert is_in_charge(first) != is_in_charge(second)
    assert len(chain_of(first)) == 3
    assert "Traceback" not in caplog.text


def backend_or_none(server, database: str) -> int | None:
    try:
        return backend_in_charge(server, database)
    except ValueError:
        return None


# Changes of others


def test_a_process_hears_of_the_changes_of_others_only(open_engine):
    first, second = open_engine(), open_engine()
    user = user_of(first, "ada")
    heard: dict[str, threading.Event] = {"first": threading.Event(), "second": threading.Event()}
    time.sleep(0.5)
    first._database.on_foreign_change(heard["first"].set)
    second._database.on_foreign_change(heard["second"].set)
    user.request(**supply(1))
    assert heard["second"].wait(60)
    assert not heard["first"].is_set()
    user.at(second).request(**supply(1))
    assert heard["first"].wait(60)


def test_it_is_told_to_look_once_its_connection_is_back(open_engine, postgresql_server, shared_database):
    engine = open_engine()
    before, told = engine._database.settled_events, threading.Event()
    engine._database.on_foreign_change(told.set)
    postgresql_server.execute(
        "SELECT pg_terminate_backend(%s)", backend_in_charge(postgresql_server, shared_database)
    )
    assert told.wait(60)
    assert engine._database.settled_events.connection == before.connection + 1


def test_the_thread_rests_after_several_others_have_woken_it_at_once(open_engine, monkeypatch):
    thread, waits, wait = open_engine()._database._maintenance, [], MaintenanceSession.wait

    def count(session: MaintenanceSession, seconds: float, wake_up: socket.socket) -> set[str]:
        waits.append(seconds)
        return wait(session, seconds, wake_up)

    monkeypatch.setattr(MaintenanceSession, "wait", count)
    for _ in range(5):
        thread._wake()
    time.sleep(2 * maintenance.IDLE_SECONDS)
    assert 1 <= len(waits) < 50


def test_events_are_settled_soon_after_their_transaction(open_engine):
    first, second = open_engine(), open_engine()
    user = user_of(first, "ada")
    before = second._database.settled_events.last_id
    user.request(**supply(1))
    wait_until(lambda: second._database.settled_events.last_id > before)


# Seals


def test_the_entries_of_all_processes_are_sealed_in_order(open_engine):
    engines = [open_engine(), open_engine()]
    users = [user_of(engines[number % 2], f"user{number}") for number in range(6)]

    def work(user: EngineClient) -> None:
        for number in range(15):
            user.at(engines[number % 2]).request(**supply(3))
            user.at(engines[number % 2]).send(**pay("user0@example.org", 1))

    threads = [threading.Thread(target=work, args=(user,)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_until(lambda: unsealed(engines[0]) == 0)
    assert len(chain_of(engines[0])) >= 6 * 15
    assert violations_in(engines[1]) == []


def test_nothing_is_sealed_while_an_earlier_entry_may_still_come(
    open_engine, postgresql_server, shared_database
):
    engine = open_engine()
    user = user_of(engine, "ada")
    conninfo = postgresql_server.conninfo(shared_database)
    with closing(psycopg.connect(conninfo)) as slow:
        slow.execute("INSERT INTO entries (kind, at) VALUES ('time_spent', 0)")
        user.request(**supply(1))
        # Longer than it takes if nothing is in the way.
        time.sleep(3 * maintenance.LOOK_SECONDS)
        assert unsealed(engine) == 1
        slow.commit()
    wait_until(lambda: unsealed(engine) == 0)
    assert len(chain_of(engine)) == 2


def test_closing_seals_what_was_written_last(open_engine):
    engine = open_engine()
    user = user_of(engine, "ada")
    for _ in range(3):
        user.request(**supply(1))
    engine.close()
    other = open_engine()
    assert unsealed(other) == 0
    assert len(chain_of(other)) == 3


def test_many_unsealed_entries_are_sealed_in_batches(
    open_engine, postgresql_server, shared_database, monkeypatch
):
    monkeypatch.setattr("ewallet_core.storage.postgresql.maintenance_session.ENTRIES_IN_A_BATCH", 7)
    with closing(psycopg.connect(postgresql_server.conninfo(shared_database))) as connection:
        connection.execute(
            "INSERT INTO entries (kind, at) SELECT 'time_spent', n FROM generate_series(1, 50) n"
        )
        connection.commit()
    engine = open_engine()
    wait_until(lambda: unsealed(engine) == 0)
    assert len(chain_of(engine)) == 50


def test_an_entry_that_can_not_be_sealed_is_logged_once_and_hinders_nothing_else(
    open_engine, postgresql_server, shared_database, monkeypatch, caplog
):
    engine = open_engine()
    with closing(psycopg.connect(postgresql_server.conninfo(shared_database), autocommit=True)) as connection:
        connection.execute("ALTER TABLE seals ADD CONSTRAINT none CHECK (entry_id < 0)")
        with caplog.at_level(logging.WARNING, "ewallet_core"):
            user = user_of(engine, "ada")
            before = engine._database.settled_events.last_id
            user.request(**supply(1))
            wait_until(lambda: engine._database.settled_events.last_id > before)
            wait_until(lambda: "could not be sealed" in caplog.text)
            user.request(**supply(1))
            time.sleep(3 * maintenance.LOOK_SECONDS)
        connection.execute("ALTER TABLE seals DROP CONSTRAINT none")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert is_in_charge(engine)
    assert unsealed(engine) == 2
    wait_until(lambda: unsealed_gauge(engine) == 2)
    engine._database._maintenance._seal_after = 0.0
    wait_until(lambda: unsealed(engine) == 0)


def unsealed_gauge(engine: EWalletSessionManager) -> float:
    (found,) = [one for one in engine._database.metrics() if one.name == "ewallet_unsealed_entries"]
    ((_, count),) = found.values
    return count


def test_the_same_instructions_make_the_same_seals_as_on_sqlite(open_engine, tmp_path):
    def work(engine: EWalletSessionManager, wallclock: Wallclock) -> list[bytes]:
        user = user_of(engine, "ada")
        user_of(engine, "bob")
        user.request(**supply(100))
        wallclock.forward(1_000)
        user.request(**pay("bob@example.org", 30))
        user.request(**to_clock(10))
        user.request(**START)
        wait_until(lambda: unsealed(engine) == 0)
        return chain_of(engine)

    clocks = Wallclock(), Wallclock()
    sqlite = EWalletSessionManager(
        f"sqlite:///{tmp_path}/wallet",
        clock=clocks[0],
        passwords=CHEAP,
        config=EngineConfig(self_supply=True),
    )
    with closing(sqlite):
        expected = work(sqlite, clocks[0])
    assert len(expected) == 3
    assert work(open_engine(clock=clocks[1]), clocks[1]) == expected


# When the server does not answer


def test_closing_takes_little_time_although_the_server_does_not_answer(
    open_engine, postgresql_server, monkeypatch
):
    monkeypatch.setattr(maintenance, "CLOSE_SECONDS", 0.2)
    engine = open_engine()
    postgresql_server.freeze()
    try:
        # It looks again meanwhile, and waits for the answer.
        time.sleep(2 * maintenance.IDLE_SECONDS)
        thread = engine._database._maintenance
        thread.close()
        thread._thread.join(60)
        assert not thread._thread.is_alive()
    finally:
        postgresql_server.thaw()


@pytest.fixture
def replication() -> Iterator[Replication]:
    with running_replication() as replication:
        yield replication


def test_it_goes_on_at_the_standby_that_is_promoted(replication, caplog):
    database = replication.primary.new_database()
    url = replication.url(database)
    choices = {"passwords": CHEAP, "config": EngineConfig(self_supply=True)}
    with (
        caplog.at_level(logging.WARNING, "ewallet_core"),
        closing(EWalletSessionManager(url, **choices)) as first,
        closing(EWalletSessionManager(url, **choices)) as second,
    ):
        user, heard = user_of(first, "ada"), threading.Event()
        user.request(**supply(1))
        replication.primary.kill()
        replication.promote()
        wait_until(lambda: is_in_charge(first) or is_in_charge(second))
        wait_until(lambda: caplog.text.count(BACK) == 2)
        second._database.on_foreign_change(heard.set)
        user.request(**supply(1))
        assert heard.wait(60)
        wait_until(lambda: unsealed(first) == 0)
        assert len(chain_of(second)) == 2
    assert caplog.text.count(LOST) == 2
    assert "Traceback" not in caplog.text
