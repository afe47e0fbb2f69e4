"""The main job, as a person does it: the installed command in a real terminal, on a real file."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from main_job import IN_SHORT, PASSWORD, log_in, make_account, seconds_left, start_timer, supply_and_convert
from serve_process import EWALLET
from terminal import Terminal

from ewallet_core.client import EWalletClient
from ewallet_core.data_folder import database_url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def open_app(folder: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_one(*, program: str | None = None) -> Terminal:
        opened.append(Terminal(["--data-dir", folder], program=program))
        opened[-1].wait_for("Log in", "New account", "● this computer")
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


def test_from_a_new_account_to_its_time_record_and_back_the_next_day(
    open_app: Callable[..., Terminal],
) -> None:
    today = open_app(program=EWALLET)
    make_account(today)
    supply_and_convert(today)
    today.press("3")
    today.wait_for("○ stopped")
    start_timer(today)
    today.press("space")
    today.wait_for("‖ paused", "paused 0:01")
    start_timer(today)
    today.press("x")
    today.wait_for("○ stopped", "today")
    left = seconds_left(today)
    today.press("q")
    assert today.wait_for_end() == 0

    tomorrow = open_app(program=EWALLET)
    log_in(tomorrow)
    tomorrow.wait_for(IN_SHORT.format(80))
    tomorrow.press("3")
    tomorrow.wait_for("○ stopped", "today")
    assert seconds_left(tomorrow) == left


def test_a_running_timer_goes_on_without_the_app_unless_it_is_stopped(
    open_app: Callable[..., Terminal], folder: Path
) -> None:
    left_running = open_app()
    make_account(left_running)
    supply_and_convert(left_running)
    start_timer(left_running)
    left_running.press("q")
    left_running.wait_for("Stop it", "Leave it running", "Stay")
    left_running.press("escape")
    left_running.wait_for("● running", "space Pause")
    left = seconds_left(left_running)
    left_running.press("q")
    left_running.wait_for("Leave it running")
    left_running.press("l")
    assert left_running.wait_for_end() == 0

    killed = open_app()
    log_in(killed)
    killed.wait_for("● running")
    assert 0 < seconds_left(killed) <= left
    killed.kill()

    stopped = open_app()
    log_in(stopped)
    stopped.wait_for("● running")
    stopped.press("q")
    stopped.wait_for("Stop it")
    stopped.press("s")
    assert stopped.wait_for_end() == 0
    with EWalletClient(database_url=database_url(folder)) as wallet:
        wallet.send(action="login", user_name="ada", user_pass=PASSWORD)
        clock = wallet.send(action="view", view="credit", credit="clock")["clock_data"]
        assert clock["clock_state"] == "inactive"


def test_without_a_terminal_it_says_what_to_do_instead() -> None:
    done = subprocess.run([EWALLET], input="", capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "ewallet demo" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_a_data_folder_that_cannot_be_used_is_named_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    terminal = Terminal(["--data-dir", tmp_path / "file" / "data"])
    assert terminal.wait_for_end() == 1
    assert "Traceback" not in terminal.text
    assert "data" in terminal.text
    terminal.close()
