"""Two servers of one database that are killed in mid-load, one after the other or both at once."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from effort import count
from fakes import CHEAP
from hopping_load import Hopping, HoppingLoad
from new_database import NewDatabase
from random_load import open_funded_sessions, with_kills
from replication import wait_until
from server_pair import in_ports, running_pair, start
from server_process import ServerProcess

from ewallet_core import EWalletSessionManager

SENDERS = 6
MOMENT_SECONDS = 0.02
UNSEALED = "SELECT id FROM entries WHERE id NOT IN (SELECT entry_id FROM seals)"


@pytest.fixture
def servers(tmp_path: Path, database: NewDatabase) -> Iterator[list[ServerProcess]]:
    with running_pair(tmp_path, database.url()) as servers:
        yield servers


@with_kills(usual=2, of_one=8)
def test_clients_of_killed_servers_have_each_request_carried_out_once(
    servers: list[ServerProcess], database: NewDatabase, tmp_path: Path, seed: str, kills: int
) -> None:
    drawn = random.Random(seed)
    with closing(EWalletSessionManager(database.url(), passwords=CHEAP)) as engine:
        sessions = open_funded_sessions(engine, SENDERS)
    load = HoppingLoad(database.url(), seed, sessions, in_ports(servers), tmp_path / "known_servers")
    with load.running():
        for _ in range(kills):
            load.wait_for_any(drawn.randint(1, 100))
            time.sleep(drawn.uniform(0, MOMENT_SECONDS))
            killed = drawn.sample(servers, drawn.choice([1, 1, 2]))
            for server in killed:
                server.kill()
            start(killed)
        load.wait_for_all(2)
    load.database.check(is_complete=True)
    # The server that sealed entries may be one of those that were killed.
    wait_until(lambda: database.execute(UNSEALED) == [])
    with Hopping(in_ports(servers), drawn) as hopping:
        load.database.repeat(load.database.sent.values(), lambda sent: load.ask_again(sent, hopping))
    load.database.check(is_complete=True)
    count(kills_of_a_pair=kills, acknowledged_by_pairs=len(load.database.answers))
