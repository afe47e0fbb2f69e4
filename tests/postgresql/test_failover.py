"""Two servers on a primary with a standby: one is killed, then the primary, and the standby takes over."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from threading import Event

import forked_process
import psycopg
import pytest
from effort import SEED, count, effort
from engine_client import EngineClient, without_sequence
from examples_payments import pay
from fakes import CHEAP
from hopping_load import Hopping, HoppingLoad
from instructions import ANOTHER_PASSWORD, NEW_WORKER, PASSWORD, edit_account, new_account, supply
from postgresql_server import PATIENCE_SECONDS, PostgresqlServer
from random_load import open_funded_sessions
from replication import Replication, running_replication, wait_until
from server_pair import in_ports, running_pair
from server_process import ServerProcess

from ewallet_core import EWalletSessionManager
from ewallet_core.errors.server import StorageFailedError
from ewallet_core.operations.context import EngineConfig
from ewallet_core.storage.database import open_database
from ewallet_core.storage.postgresql import database as database_module
from ewallet_core.storage.postgresql import maintenance, retries
from ewallet_core.storage.postgresql.pipeline import Patience
from ewallet_core.storage.sessions import workers
from ewallet_core.storage.transaction import Transaction

SENDERS = 6
ROLE = "wallet"
LONGEST_PAUSE_SECONDS = 1.0
SOON_SECONDS, AT_ONCE_SECONDS = 0.5, 0.1
CHARGES = "SELECT pid FROM pg_locks WHERE locktype = 'advisory'"


def ewallet(*words: str) -> str:
    """The output of a command; its failure fails the test."""
    done = forked_process.run(words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def replication() -> Iterator[Replication]:
    """Servers of this test's own, because it destroys them."""
    with running_replication() as replication:
        yield replication


@pytest.fixture
def wallet_url(replication: Replication) -> str:
    """The URL of a database with its tables, with a role that only may use them."""
    database = replication.primary.new_database()
    replication.primary.execute(f"CREATE ROLE {ROLE} LOGIN")
    ewallet("migrate", "--database", replication.url(database), "--grant-to", ROLE)
    return replication.url(database, ROLE)


@pytest.fixture
def servers(tmp_path: Path, wallet_url: str) -> Iterator[list[ServerProcess]]:
    """Two servers of the database."""
    with running_pair(tmp_path, wallet_url) as servers:
        yield servers


with_ends = pytest.mark.parametrize(
    ("seed", "end"),
    [
        pytest.param(f"{SEED}-{number}", end, id=f"EWALLET_SEED={SEED} {end.__name__} {number}")
        for number in range(effort(1, 3))
        for end in effort([PostgresqlServer.kill], [PostgresqlServer.kill, PostgresqlServer.shut_down])
    ],
)
"""How the primary ends: by the death of its machine, and in a soak also as planned."""


@with_ends
def test_nothing_acknowledged_is_lost_or_done_twice_when_a_server_and_the_primary_are_killed(
    tmp_path: Path,
    seed: str,
    end: Callable[[PostgresqlServer], None],
    replication: Replication,
    servers: list[ServerProcess],
    wallet_url: str,
) -> None:
    drawn = random.Random(seed)
    with closing(EWalletSessionManager(wallet_url, passwords=CHEAP)) as engine:
        sessions = open_funded_sessions(engine, SENDERS)
    ports = in_ports(servers)
    load = HoppingLoad(wallet_url, seed, sessions, ports, tmp_path / "known_servers")
    with load.running():
        load.wait_for_all(2)
        load.wait_for_any(drawn.randint(1, 100))

        killed = drawn.choice(servers)
        killed.kill()
        load.wait_for_all(2)
        killed.start()
        load.wait_for_any(drawn.randint(1, 100))

        end(replication.primary)
        time.sleep(drawn.uniform(0, LONGEST_PAUSE_SECONDS))
        replication.promote()
        load.wait_for_all(5)
    load.database.check(is_complete=True)
    ewallet("verify", "--database", wallet_url)
    with Hopping(ports, drawn) as hopping:
        load.database.repeat(load.database.sent.values(), lambda sent: load.ask_again(sent, hopping))
    load.database.check(is_complete=True)
    count(failovers=1, acknowledged_over_failovers=len(load.database.answers), repeated=load.repeated)


def test_what_the_standby_lacks_is_not_acknowledged_until_it_is_back(
    replication: Replication, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = replication.url(replication.primary.new_database())
    with (
        closing(EWalletSessionManager(url, passwords=CHEAP, config=EngineConfig(self_supply=True))) as first,
        closing(EWalletSessionManager(url, passwords=CHEAP)) as second,
    ):
        ada, bob = (EngineClient(first).open_session().register(name).log_in(name) for name in ("ada", "bob"))
        ada.request(**supply(100))
        operator = EngineClient(first)
        changes = [
            (ada, pay("bob@example.org", 30)),
            # Those with a password look for an earlier answer before they begin.
            (bob, edit_account(old_pass=PASSWORD, user_pass=ANOTHER_PASSWORD)),
            (EngineClient(first).open_session(), new_account("cyd")),
            (operator, NEW_WORKER),
        ]
        requests = [
            (caller, {**change, "request_id": f"without standby {number}"})
            for number, (caller, change) in enumerate(changes)
        ]
        replication.standby.freeze()
        with monkeypatch.context() as patched:
            patched.setattr(database_module, "COMMIT_SECONDS", AT_ONCE_SECONDS)
            for caller, request in requests:
                for engine in (first, second, first):
                    caller.at(engine).expect_error("outcome_unknown", **request)
        replication.standby.thaw()
        for caller, request in requests:
            answers = [caller.at(engine).request(**request) for engine in (first, second)]
            assert without_sequence(answers[0]) == without_sequence(answers[1])
        assert (ada.credits, bob.credits) == (70, 30)


def test_connections_to_an_old_primary_that_comes_back_are_not_used_again(
    replication: Replication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "RECONNECT_SECONDS", SOON_SECONDS)
    name = replication.primary.new_database()
    is_begun, may_end = Event(), Event()

    def hold(transaction: Transaction) -> None:
        workers.all(transaction)
        is_begun.set()
        assert may_end.wait(PATIENCE_SECONDS)

    with closing(open_database(replication.url(name))) as database, ThreadPoolExecutor(1) as threads:
        replication.do_without_standby()
        held = threads.submit(database.read, hold)
        assert is_begun.wait(PATIENCE_SECONDS)
        replication.primary.freeze()
        replication.promote()
        database.write(add_worker)
        replication.primary.thaw()
        may_end.set()
        held.result()
        # The pool gives out the one that was returned last.
        with pytest.raises(StorageFailedError, match="a standby was promoted"):
            database.write(add_worker)
        wait_until(lambda: replication.primary.execute(CHARGES) == [])
        replication.primary.shut_down()
        database.write(add_worker)
        with closing(psycopg.connect(replication.standby.conninfo(name))) as promoted:
            assert promoted.execute("SELECT count(*) FROM workers").fetchone() == (2,)
        wait_until(lambda: replication.standby.execute(CHARGES) != [])


def test_a_primary_that_hangs_is_left_also_by_what_seals_and_hears_of_changes(
    replication: Replication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "HUNG_SECONDS", SOON_SECONDS)
    name = replication.primary.new_database()
    with closing(open_database(replication.url(name))) as database:
        wait_until(lambda: database.is_in_charge)
        replication.primary.freeze()
        replication.promote()
        # Transactions leave it first.
        with monkeypatch.context() as patched, suppress(StorageFailedError):
            patched.setattr(Patience, "answer_seconds", SOON_SECONDS)
            database.read(workers.all)

        def is_in_charge_at_the_promoted() -> bool:
            database.read(workers.all)
            return replication.standby.execute(CHARGES) != []

        try:
            wait_until(is_in_charge_at_the_promoted)
        finally:
            replication.primary.thaw()


def add_worker(transaction: Transaction) -> None:
    workers.add(transaction, session_limit=1, created_at=0, written_at=0)


def test_an_old_primary_that_comes_back_is_not_used(
    replication: Replication, wallet_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "RECONNECT_SECONDS", SOON_SECONDS)
    old, new = replication.primary, replication.standby
    with closing(
        EWalletSessionManager(wallet_url, passwords=CHEAP, config=EngineConfig(self_supply=True))
    ) as engine:
        ada = EngineClient(engine).open_session().register().log_in()
        replication.do_without_standby()
        old.kill()
        replication.promote()
        ada.request(**supply(1))
        new.kill()
        old.start()
        error = ada.expect_error("storage_failed", **supply(10))
        assert "is on timeline 1, but a standby was promoted to 2" in error["error"]
        new.start()
        old.shut_down()
        ada.request(**supply(100))
        assert ada.credits == 101
