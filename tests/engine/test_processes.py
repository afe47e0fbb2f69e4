"""Processes that are killed in the middle, or that end without closing their engine."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from database_file import violations_in
from engine_client import EngineClient
from fakes import MINUTE, Wallclock
from instructions import START, supply, to_clock

pytestmark = pytest.mark.usefixtures("on_disk")

CHILD = Path(__file__).with_name("supply_process.py")
SEVERAL = 4


def kill_while_supplying(
    caller: EngineClient, url: str, now: int, *, after: int, threads: int = 1, first: int = 1
) -> list[int]:
    """Kill a child process when it has acknowledged that many supplies; returns the acknowledged numbers."""
    session = (caller.credentials["client_id"], caller.credentials["session_token"])
    arguments = [url, str(now), *session, str(threads), str(first)]
    with subprocess.Popen([sys.executable, CHILD, *arguments], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(after)]
        child.send_signal(signal.SIGKILL)
        lines += child.stdout.readlines()
    assert child.returncode == -signal.SIGKILL
    assert all(line.endswith("False\n") for line in lines), lines
    return [int(line.split()[0]) for line in lines]


@pytest.mark.parametrize("threads", [1, SEVERAL], ids=["one at a time", "several at once"])
def test_a_killed_process_has_stored_what_it_acknowledged_and_at_most_one_more_per_thread(
    ada, wallclock: Wallclock, wallet_file, threads
):
    first, url = 1, f"sqlite:///{wallet_file}"
    for after in (1, 8, 33, 60):
        before = ada.credits
        acknowledged = kill_while_supplying(
            ada, url, wallclock.now, after=after, threads=threads, first=first
        )
        assert len(acknowledged) <= ada.credits - before <= len(acknowledged) + threads
        assert violations_in(wallet_file) == []

        numbers = [*acknowledged, *(max(acknowledged) + more for more in range(1, 2 * threads + 1))]
        for number in sorted(set(numbers)):
            ada.request(**supply(1, cost="1"), request_id=f"request {number:06}")
        first = max(numbers) + 1
        assert ada.credits - before == len(set(numbers))


def test_a_running_timer_continues_after_its_process_is_killed(supplied, wallclock, wallet_file):
    supplied.request(**to_clock(20))
    supplied.request(**START)
    wallclock.forward(5 * MINUTE)
    kill_while_supplying(supplied, f"sqlite:///{wallet_file}", wallclock.now, after=5)
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
def test_an_unclosed_engine_does_not_keep_its_process_alive(wallet_file, storage, last_line):
    url = f"sqlite:///{wallet_file}" if storage == "file" else "sqlite://"
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
        subprocess.Popen(
            [sys.executable, "-c", UNCLOSED, f"sqlite:///{file}"], stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    assert [(child.communicate(timeout=60)[1], child.returncode) for child in children] == [("", 0)] * 3
    assert violations_in(file) == []
