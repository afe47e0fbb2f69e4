"""Cleanup with the real clock, in real threads and processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from database_file import rows, violations_in
from engine_client import EngineClient
from examples_system import cleanup, start_cleaner
from fakes import HOUR
from forked_process import ForkedProcess
from instructions import START, supply, to_clock

from ewallet_core.engine.wall_clock import system_clock
from ewallet_core.operations.context import EngineConfig

TIMEOUT_SECONDS = 20


def wait_for_rows(file: Path, table: str) -> list[dict[str, int]]:
    """Wait until the table has rows, and return them."""
    until = time.monotonic() + TIMEOUT_SECONDS
    while not (found := rows(file, f"SELECT * FROM {table}")):
        assert time.monotonic() < until, f"nothing came into {table}"
    return found


def test_a_timer_stops_when_it_runs_out_without_any_request(open_engine, wallet_url):
    engine = open_engine(clock=system_clock, config=EngineConfig(milliseconds_per_credit=200))
    ada = EngineClient(engine).open_session().register().log_in()
    ada.request(**start_cleaner("clock"))
    ada.request(**supply())
    ada.request(**to_clock(1))
    ada.request(**START)
    (record,) = wait_for_rows(wallet_url, "time_records")
    assert record["time_stop"] - record["time_start"] == record["time_spent"] == 200
    (clock,) = rows(wallet_url, "SELECT timer_state, runs_out_at FROM clocks WHERE account_id > 1")
    assert clock == {"timer_state": "inactive", "runs_out_at": None}
    assert violations_in(wallet_url) == []


def test_a_timer_is_settled_once_by_several_engines_on_one_file(open_engine, wallet_url):
    engines = [
        open_engine(clock=system_clock, config=EngineConfig(milliseconds_per_credit=100)) for _ in range(3)
    ]
    ada = EngineClient(engines[0]).open_session().register().log_in()
    ada.request(**supply())
    ada.request(**to_clock(2))
    ada.request(**START)
    for engine in engines:
        EngineClient(engine).request(**start_cleaner("clock"))
    wait_for_rows(wallet_url, "time_records")
    assert {EngineClient(engine).request(**cleanup("clocks"))["clocks"] == [] for engine in engines} == {True}
    (record,) = rows(wallet_url, "SELECT * FROM time_records")
    assert record["time_spent"] == 200
    assert violations_in(wallet_url) == []


SETTLING = """
import sys
from ewallet_core import EWalletSessionManager
now = int(sys.argv[2])
engine = EWalletSessionManager(sys.argv[1], clock=lambda: now)
answer = engine.session_manager_controller(
    controller="system", ctype="action", action="cleanup", cleanup="clocks"
)
print(answer["clocks"])
"""


def test_a_timer_is_settled_once_by_several_processes(running, wallclock, wallet_url):
    wallclock.forward(HOUR)
    url = wallet_url
    children = [
        ForkedProcess([url, wallclock.now], script=SETTLING, stdout=subprocess.PIPE) for _ in range(3)
    ]
    answers = sorted(child.communicate(timeout=60)[0].strip() for child in children)
    assert answers == ["[2]", "[]", "[]"]
    assert len(rows(wallet_url, "SELECT id FROM time_records")) == 1


LEFT_RUNNING = """
import sys
from ewallet_core import EWalletSessionManager
engine = EWalletSessionManager(sys.argv[1])
engine.session_manager_controller(
    controller="system", ctype="action", action="start", start="cleaner", cleaner="all"
)
"""


def test_cleanup_threads_do_not_keep_a_process_alive(wallet_url):
    ended = subprocess.run(
        [sys.executable, "-c", LEFT_RUNNING, wallet_url],
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
