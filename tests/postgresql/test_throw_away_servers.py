"""The servers that tests start: if one is killed, what was committed stays, and nothing of them is left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from postgresql_server import PATIENCE_SECONDS, is_alive, running_postgresql

KILLED_PROCESS = """
import os, signal
from postgresql_server import PostgresqlServer

server = PostgresqlServer()
print(server.folder, *server.processes(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""

# So that one that is missing is noticed, and the tests skipped, before another is started.
pytestmark = pytest.mark.usefixtures("postgresql_server")


def test_what_was_committed_stays_when_the_server_is_killed():
    with running_postgresql() as server:
        name = server.new_database()
        before = server.processes()
        server.kill()
        assert [process for process in before if is_alive(process)] == []
        server.start()
        assert server.execute("SELECT datname FROM pg_database WHERE datname = %s", name) == [(name,)]
    assert not server.folder.exists()


def test_a_server_ends_with_the_process_that_started_it():
    found = subprocess.run(
        [sys.executable, "-c", KILLED_PROCESS],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    folder, *processes = found.stdout.split()
    end = time.monotonic() + PATIENCE_SECONDS
    while Path(folder).exists() or any(is_alive(int(process)) for process in processes):
        assert time.monotonic() < end
        time.sleep(0.05)
