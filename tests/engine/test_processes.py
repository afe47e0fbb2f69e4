"""Processes that are killed in the middle, or that end without closing their engine."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from database_file import violations_in
from engine_client import EngineClient
from fakes import MINUTE
from forked_process import ForkedProcess
from instructions import START, to_clock

pytestmark = pytest.mark.usefixtures("on_disk")

CHILD = Path(__file__).with_name("supply_process.py")


def kill_while_supplying(caller: EngineClient, url: str, now: int, *, after: int) -> None:
    """Kill a child process when it has acknowledged that many supplies."""
    session = (caller.credentials["client_id"], caller.credentials["session_token"])
    script = CHILD.read_text()
    with ForkedProcess([url, now, *session], script=script, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert [child.stdout.readline() for _ in range(after)] == ["False\n"] * after
        child.send_signal(signal.SIGKILL)
    assert child.returncode == -signal.SIGKILL


def test_a_running_timer_continues_after_its_process_is_killed(supplied, wallclock, wallet_url):
    supplied.request(**to_clock(20))
    supplied.request(**START)
    wallclock.forward(5 * MINUTE)
    kill_while_supplying(supplied, wallet_url, wallclock.now, after=5)
    wallclock.forward(3 * MINUTE)
    assert supplied.clock["clock_state"] == "active"
    assert supplied.milliseconds_left == 12 * MINUTE


UNCLOSED = """
import sys
from ewallet_core import EWalletSessionManager
engine = EWalletSessionManager(sys.argv[1])
request = {"controller": "client", "ctype": "action", "action": "request", "request": "client_id"}
assert engine.answer(request)["failed"] is False
"""


@pytest.mark.parametrize("last_line", ["", "raise SystemExit(0)"], ids=["ends", "exits"])
@pytest.mark.parametrize("storage", ["file", "memory"])
def test_an_unclosed_engine_does_not_keep_its_process_alive(wallet_url, storage, last_line):
    url = wallet_url if storage == "file" else "sqlite://"
    ended = subprocess.run(
        [sys.executable, "-c", UNCLOSED + last_line, url],
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


def test_several_processes_can_create_one_new_file_concurrently(tmp_path):
    file = tmp_path / "new.sqlite3"
    children = [
        ForkedProcess([f"sqlite:///{file}"], script=UNCLOSED, stderr=subprocess.PIPE) for _ in range(3)
    ]
    assert [(child.communicate(timeout=60)[1], child.returncode) for child in children] == [("", 0)] * 3
    assert violations_in(file) == []
