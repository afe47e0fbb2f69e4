"""Servers that share a database: events cross them, cleaners run in one, and no event loop waits for it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from engine_client import SELECTORS, EngineClient
from engine_server import EngineServer
from event_assertions import expect_event
from examples_payments import pay
from examples_system import start_cleaner
from fakes import MINUTE, Wallclock
from http_wire import EventStreamWire
from instructions import LOGOUT, START, VIEW_ACCOUNT, VIEW_WALLET, supply, to_clock
from postgresql_server import PostgresqlServer
from replication import wait_until
from socket_wire import Wire

from ewallet_core.engine.dispatcher import Dispatcher
from ewallet_core.instructions.envelope import Answer
from ewallet_core.server import event_broadcaster
from ewallet_core.server.executor import VIEW_THREADS
from ewallet_core.server.http import monitoring
from ewallet_core.storage.postgresql.maintenance import MaintenanceThread

pytestmark = pytest.mark.usefixtures("looks_often")
NEVER = 3_600.0


@pytest.fixture(params=["event port", "server-sent events"])
def servers(serve, request: pytest.FixtureRequest) -> tuple[EngineServer, EngineServer]:
    """Two servers whose events are read from the event port, and then over HTTP."""
    http = request.param == "server-sent events"
    return serve(http=http), serve(http=http)


@pytest.fixture
def only_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """No server looks for events unless it is told that there are some."""
    monkeypatch.setattr(event_broadcaster, "READ_INTERVAL_SECONDS", NEVER)


def subscribed(server: EngineServer, user: EngineClient) -> Wire | EventStreamWire:
    """A connection for the events of the user, after its first message."""
    wire = server.subscribe(user)
    assert wire.next_line()["event"] == "listening"
    return wire


# Events


def test_an_event_reaches_the_listeners_at_another_server(servers, only_when_told):
    first, second = servers
    ada = first.user("ada")
    events = subscribed(second, ada)
    for sequence in (1, 2, 3):
        ada.request(**supply(sequence))
        assert expect_event(events, "credits_arrived", sequence)["data"]["credits"] == sequence


def test_a_payment_reaches_both_sides_at_different_servers(servers, only_when_told):
    first, second = servers
    ada, bob = first.user("ada"), second.user("bob")
    ada.request(**supply(10))
    events = subscribed(second, ada), subscribed(first, bob)
    ada.request(**pay("bob@example.org", 3))
    assert events[0].next_line()["event"] == "credits_left"
    assert events[1].next_line()["event"] == "credits_arrived"


def test_an_event_of_which_no_server_was_told_comes_within_the_interval(servers, monkeypatch):
    monkeypatch.setattr(MaintenanceThread, "note_change", lambda self: None)
    monkeypatch.setattr(event_broadcaster, "READ_INTERVAL_SECONDS", 0.2)
    first, second = servers
    ada = first.user("ada")
    events = subscribed(second, ada)
    ada.request(**supply(1))
    expect_event(events, "credits_arrived", 1)


def test_an_event_comes_although_its_connection_was_lost_meanwhile(
    servers, only_when_told, postgresql_server, shared_database
):
    first, second = servers
    ada = first.user("ada")
    events = subscribed(second, ada)
    for sequence in (1, 2, 3):
        postgresql_server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", shared_database
        )
        ada.request(**supply(1))
        expect_event(events, "credits_arrived", sequence)


@contextmanager
def event_under_way(conninfo: str, email: str) -> Iterator[psycopg.Connection]:
    """A transaction that has written an event of that account."""
    with closing(psycopg.connect(conninfo)) as connection:
        connection.execute(
            "UPDATE accounts SET event_sequence = event_sequence + 1 WHERE email = %s", (email,)
        )
        connection.execute(
            "INSERT INTO events (account_id, sequence, kind, data, at)"
            " SELECT id, event_sequence, 'account_changed', '{}', written_at FROM accounts WHERE email = %s",
            (email,),
        )
        yield connection


def test_an_event_that_is_committed_after_later_ones_comes_too(servers, postgresql_server, shared_database):
    first, second = servers
    ada, bob = first.user("ada"), first.user("bob")
    events, later = subscribed(second, ada), subscribed(second, bob)
    with event_under_way(postgresql_server.conninfo(shared_database), "ada@example.org") as connection:
        for sequence in (1, 2, 3):
            bob.request(**supply(1))
            expect_event(later, "credits_arrived", sequence)
        connection.commit()
    expect_event(events, "account_changed", 1)


def test_each_event_is_reported_once_while_an_earlier_one_is_under_way(
    open_engine, postgresql_server, shared_database
):
    first, second = open_engine(), open_engine()
    ada, bob = (EngineClient(first).open_session().register(name).log_in(name) for name in ("ada", "bob"))
    account = ada.request(**VIEW_ACCOUNT)["account_data"]["id"]
    other = bob.request(**VIEW_ACCOUNT)["account_data"]["id"]
    wait_until(lambda: second.changed_accounts()[0].later == frozenset())
    cursor, accounts = second.changed_accounts()
    assert accounts is None
    with event_under_way(postgresql_server.conninfo(shared_database), "ada@example.org") as connection:
        bob.request(**supply(1))
        cursor, accounts = second.changed_accounts(cursor)
        assert accounts == {other}
        for _ in range(3):
            cursor, accounts = second.changed_accounts(cursor)
            assert accounts == set()
        connection.commit()
    cursor, accounts = second.changed_accounts(cursor)
    assert accounts == {account}
    wait_until(lambda: second._database.settled_events.last_id > cursor.settled)
    cursor, accounts = second.changed_accounts(cursor)
    assert (accounts, cursor.later) == (set(), frozenset())


def test_a_session_that_ends_at_one_server_ends_its_events_at_the_other(servers):
    first, second = servers
    ada = first.user("ada")
    events = subscribed(second, ada)
    ada.request(**LOGOUT)
    events.expect_last_error("not_logged_in")


# Cleaners


def test_the_cleaners_of_one_server_run(serve, monkeypatch):
    wallclock, cleaned = Wallclock(), []
    servers = [serve(clock=wallclock), serve(clock=wallclock)]
    clean_up = Dispatcher._clean_up

    def count(dispatcher: Dispatcher, what: str) -> Answer:
        cleaned.append(dispatcher)
        return clean_up(dispatcher, what)

    monkeypatch.setattr(Dispatcher, "_clean_up", count)
    for server in servers:
        # Reads what to call, so it comes after the replacement.
        server.engine.dispatcher._cleanup_thread._scheduler._clean_up = server.engine.dispatcher._clean_up
        server.request_system(**start_cleaner("clock"))
    ada, bob = servers[1].user("ada"), servers[1].user("bob")
    events = subscribed(servers[1], ada)

    def run_out() -> None:
        ada.request(**supply(1))
        ada.request(**to_clock(1))
        ada.request(**START)
        wallclock.forward(MINUTE)
        # Nothing looks at a clock that a test moves; a change of another user makes the cleaners look.
        bob.request(**supply(1))
        while events.next_line()["event"] != "timer_ran_out":
            pass

    run_out()
    assert set(cleaned) == {servers[0].engine.dispatcher}
    servers[0].stop()
    wait_until(lambda: servers[1].engine._database.is_in_charge)
    run_out()
    assert set(cleaned) == {server.engine.dispatcher for server in servers}


# While the database does not answer


@pytest.fixture
def frozen(postgresql_server: PostgresqlServer) -> Iterator[Callable[[], None]]:
    """Call it to let the database server stand still; at the end, or when it is called again, it goes on."""
    states = itertools.cycle([postgresql_server.freeze, postgresql_server.thaw])

    def change() -> None:
        next(states)()

    yield change
    postgresql_server.thaw()


def test_a_view_waits_for_the_database_and_the_server_for_no_view(serve, frozen):
    server = serve(http=True)
    users = [server.user(f"user{number}") for number in range(3 * VIEW_THREADS)]
    frozen()
    for user in users:
        user.engine.send({**SELECTORS, **user.credentials, **VIEW_WALLET})
    server.wait_for_requests(len(users))
    assert server.http_wire().get("/health/live").answer == {"status": "live"}
    server.wait_for_requests(len(users))
    frozen()
    assert [user.engine.next_line()["failed"] for user in users] == [False] * len(users)


def test_a_server_whose_database_does_not_answer_is_not_ready(serve, frozen, monkeypatch):
    monkeypatch.setattr(monitoring, "READY_SECONDS", 0.2)
    wire = serve(http=True).http_wire()
    assert wire.get("/health/ready").answer == {"status": "ready"}
    frozen()
    response = wire.get("/health/ready")
    assert (response.status, response.answer["code"]) == (503, "storage_failed")
    frozen()
    wait_until(lambda: wire.get("/health/ready").status == 200)


def test_the_requests_of_a_session_are_carried_out_in_order(serve):
    server = serve()
    users = [server.user(f"user{number}") for number in range(4)]
    requests = [supply(1), VIEW_WALLET] * 5
    for user in users:
        user.engine.send(*({**SELECTORS, **user.credentials, **request} for request in requests))
    for user in users:
        answers = [user.engine.next_line() for _ in requests]
        seen = [answer["ewallet_data"]["credits"] for answer in answers if "ewallet_data" in answer]
        assert seen[-1] == 5
        assert seen == sorted(seen)
        assert not any(answer["failed"] for answer in answers)
