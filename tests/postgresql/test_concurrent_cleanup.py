"""Cleaners beside clients and other cleaners: what is in use meanwhile stays, and nothing is done twice."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest
from engine_client import EngineClient
from examples_payments import pay
from examples_system import cleanup
from fakes import MINUTE, Wallclock
from instructions import (
    REQUEST_SESSION_TOKEN,
    START,
    login,
    new_account,
    supply,
    switch_account,
    to_clock,
)
from replication import wait_until

from ewallet_core import EWalletSessionManager
from ewallet_core.engine.cleanup import CLEANERS
from ewallet_core.instructions.envelope import Answer
from ewallet_core.storage.postgresql.database import MOST_RUNS
from ewallet_core.storage.verification import run_checks
from ewallet_core.storage.verification.check import Violation

ROUNDS = 6
FAULTS = {
    "a login to no session": "SELECT session_id FROM session_accounts LEFT JOIN sessions ON id = session_id"
    " WHERE id IS NULL",
    "an active account that is not logged in": "SELECT id FROM sessions WHERE account_id IS NOT NULL AND NOT"
    " EXISTS (SELECT FROM session_accounts m WHERE m.session_id = id AND m.account_id = sessions.account_id)",
    "a timer that has stopped twice": "SELECT clock_id FROM time_records t JOIN sheets s ON s.id = t.sheet_id"
    " JOIN clocks ON clocks.id = s.owner_id CROSS JOIN LATERAL (SELECT clocks.id AS clock_id) c"
    " GROUP BY clock_id, time_start HAVING count(*) > 1",
}


@pytest.fixture
def wallclock() -> Wallclock:
    return Wallclock()


@pytest.fixture
def engine(open_engine, wallclock) -> EWalletSessionManager:
    return open_engine(clock=wallclock)


@pytest.fixture
def other_transaction(postgresql_server, shared_database) -> Iterator[psycopg.Connection]:
    """A connection of another process."""
    with closing(psycopg.connect(postgresql_server.conninfo(shared_database))) as connection:
        yield connection


def user_of(engine: EWalletSessionManager, name: str) -> EngineClient:
    return EngineClient(engine).open_session().register(name).log_in(name)


@contextmanager
def cleaning(engine: EWalletSessionManager, what: str, server, database: str) -> Iterator[list[Answer]]:
    """Begin to clean up, and wait until that waits for another transaction; it must succeed."""
    answers: list[Answer] = []
    thread = threading.Thread(
        target=lambda: answers.append(engine.answer({"ctype": "action", **cleanup(what)}))
    )
    thread.start()
    waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
    wait_until(lambda: server.execute(waiting, database) != [])
    yield answers
    thread.join()
    assert answers[0]["failed"] is False, answers


def test_a_session_that_is_used_while_it_expires_stays_whole(
    engine, wallclock, other_transaction, postgresql_server, shared_database
):
    ada = user_of(engine, "ada")
    user_of(engine, "bob")
    ada.request(**supply(1))
    wallclock.forward(30 * MINUTE)
    is_ada = "account_id = (SELECT id FROM accounts WHERE name = 'ada')"
    other_transaction.execute(f"UPDATE sessions SET expires_at = expires_at + 3600000 WHERE {is_ada}")
    other_transaction.execute(
        "UPDATE client_ids SET expires_at = expires_at + 3600000"
        f" WHERE id IN (SELECT client_id FROM sessions WHERE {is_ada})"
    )
    with cleaning(engine, "sessions", postgresql_server, shared_database) as answers:
        other_transaction.commit()
    assert len(answers[0]["sessions"]) == 1
    assert ada.credits == 1
    ada.request(**switch_account("ada@example.org"))


def test_a_client_id_that_is_used_while_it_expires_stays(
    engine, wallclock, other_transaction, postgresql_server, shared_database
):
    visitors = [EngineClient(engine).request_client_id() for _ in range(2)]
    wallclock.forward(30 * MINUTE)
    other_transaction.execute(
        "UPDATE client_ids SET expires_at = expires_at + 3600000 WHERE id = (SELECT min(id) FROM client_ids)"
    )
    with cleaning(engine, "ctokens", postgresql_server, shared_database) as answers:
        other_transaction.commit()
    assert answers[0]["ctokens"] == 1
    visitors[0].request(**REQUEST_SESSION_TOKEN)


def test_many_timers_that_run_out_at_once_are_stopped_together(engine, wallclock):
    users = [user_of(engine, f"user{number}") for number in range(MOST_RUNS + 2)]
    for user in users:
        user.request(**supply(1))
        user.request(**to_clock(1))
        user.request(**START)
    wallclock.forward(MINUTE)
    answer = engine.answer({"ctype": "action", **cleanup("clocks")})
    assert len(answer["clocks"]) == len(users)


def clean_up(engine: EWalletSessionManager) -> None:
    for cleaner in CLEANERS:
        answer = engine.answer({"ctype": "action", **cleanup(cleaner.cleans)})
        assert answer["failed"] is False, answer


def work(engines: list[EWalletSessionManager], name: str, choices: random.Random) -> None:
    """Log in to a new session each time, because the last one may have expired at any moment."""
    for _ in range(ROUNDS):
        client = EngineClient(choices.choice(engines)).open_session()
        client.send(**new_account(name))
        steps = [
            login(name),
            supply(2),
            to_clock(1),
            START,
            pay("user0@example.org", 1),
        ]
        for step in steps:
            client = client.at(choices.choice(engines))
            answer = client.send(**step)
            assert answer.get("code") not in {"engine_failed", "storage_failed"}, answer


def test_cleaners_of_two_servers_and_clients_do_no_harm(open_engine, postgresql_server, shared_database):
    wallclock = Wallclock()
    engines = [open_engine(clock=wallclock), open_engine(clock=wallclock)]
    faults: list[BaseException] = []
    end = threading.Event()

    def in_thread(function: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                function()
            except BaseException as fault:
                faults.append(fault)
                raise

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def clean(engine: EWalletSessionManager) -> None:
        while not end.is_set():
            clean_up(engine)
            wallclock.forward(2 * MINUTE)

    cleaners = [in_thread(lambda engine=engine: clean(engine)) for engine in engines]
    clients = [
        in_thread(lambda name=f"user{number}": work(engines, name, random.Random(name)))
        for number in range(5)
    ]
    for thread in clients:
        thread.join()
    end.set()
    for thread in cleaners:
        thread.join()
    assert faults == []
    with closing(psycopg.connect(postgresql_server.conninfo(shared_database))) as connection:
        for what, statement in FAULTS.items():
            assert connection.execute(statement).fetchall() == [], what
    wait_until(lambda: not violations(engines[0]._database))
    wallclock.forward(60 * MINUTE)
    clean_up(engines[0])
    with closing(psycopg.connect(postgresql_server.conninfo(shared_database))) as connection:
        for table in ("sessions", "session_accounts", "client_ids"):
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchall() == [(0,)]
        ((timers, records),) = connection.execute(
            "SELECT (SELECT count(*) FROM clocks WHERE runs_out_at IS NOT NULL),"
            " (SELECT count(*) FROM time_records)"
        )
    assert timers == 0
    assert records > 0


def violations(database) -> list[str]:
    findings = database.read(lambda transaction: list(run_checks(transaction)))
    return [found.sentence for found in findings if isinstance(found, Violation)]
