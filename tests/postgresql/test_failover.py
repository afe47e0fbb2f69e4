"""Two servers on a primary with a standby: one is killed, then the primary, and the standby takes over."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import argon2
import pytest
from effort import SEED, count, effort
from hopping_load import Hopping, HoppingLoad
from random_load import open_funded_sessions
from replication import Replication, running_replication
from server_process import EWALLET, ServerProcess

from ewallet_core import EWalletSessionManager
from ewallet_core.security.passwords import Passwords

SENDERS = 6
ROLE = "wallet"
LONGEST_PAUSE_SECONDS = 1.0
CHEAP = Passwords(argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
NO_RATE_LIMITS = """
[limits]
requests_per_second_per_session = 1_000_000
"""


def ewallet(*words: str) -> str:
    """The output of a command; its failure fails the test."""
    done = subprocess.run([EWALLET, *words], capture_output=True, text=True, check=False)
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
    settings = tmp_path / "ewallet.toml"
    settings.write_text(NO_RATE_LIMITS)
    with ExitStack() as ended:
        made = []
        for name in ("first", "second"):
            made.append(ServerProcess(tmp_path / name, "--config", settings, "--database", wallet_url))
            ended.callback(made[-1].kill)
            made[-1].start()
        yield made


@pytest.mark.parametrize("seed", [f"{SEED}-{number}" for number in range(effort(1, 5))])
def test_nothing_acknowledged_is_lost_or_done_twice_when_a_server_and_the_primary_are_killed(
    seed: str, replication: Replication, servers: list[ServerProcess], wallet_url: str
) -> None:
    drawn = random.Random(seed)
    with closing(EWalletSessionManager(wallet_url, passwords=CHEAP)) as engine:
        sessions = open_funded_sessions(engine, SENDERS)
    ports = [int(server.place.rpartition(":")[2]) for server in servers]
    load = HoppingLoad(wallet_url, seed, sessions, ports)
    with load.running():
        load.wait_for_all(2)
        load.wait_for_any(drawn.randint(1, 100))

        killed = drawn.choice(servers)
        killed.kill()
        load.wait_for_all(2)
        killed.start()
        load.wait_for_any(drawn.randint(1, 100))

        replication.primary.kill()
        time.sleep(drawn.uniform(0, LONGEST_PAUSE_SECONDS))
        replication.promote()
        load.wait_for_all(5)
    load.database.check(is_complete=True)
    ewallet("verify", "--database", wallet_url)
    with Hopping(ports, drawn) as hopping:
        load.database.repeat(load.database.sent.values(), lambda sent: load.ask_again(sent, hopping))
    load.database.check(is_complete=True)
    count(failovers=1, acknowledged_over_failovers=len(load.database.answers), repeated=load.repeated)
