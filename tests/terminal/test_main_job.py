"""The main job, as a person does it: the installed command in a real terminal, on a real file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from main_job import IN_SHORT, log_in, make_account, seconds_left, supply_and_convert
from terminal import Terminal

EWALLET = Path(sys.executable).with_name("ewallet")


@pytest.fixture
def open_app(tmp_path: Path) -> Iterator[Callable[[], Terminal]]:
    opened: list[Terminal] = []

    def open_one() -> Terminal:
        opened.append(Terminal([EWALLET, "--data-dir", tmp_path / "data"]))
        opened[-1].wait_for("Log in", "New account", "● embedded")
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


def test_from_a_new_account_to_its_time_record_and_back_the_next_day(
    open_app: Callable[[], Terminal],
) -> None:
    today = open_app()
    make_account(today)
    supply_and_convert(today)
    today.press("3")
    today.wait_for("○ stopped")
    today.press("space")
    today.wait_for("● running")
    today.press("space")
    today.wait_for("‖ paused")
    today.press("space")
    today.wait_for("● running")
    today.press("x")
    today.wait_for("○ stopped", "today")
    left = seconds_left(today)
    today.press("q")
    assert today.wait_for_end() == 0

    tomorrow = open_app()
    log_in(tomorrow)
    tomorrow.wait_for(IN_SHORT.format(80))
    tomorrow.press("3")
    tomorrow.wait_for("○ stopped", "today")
    assert seconds_left(tomorrow) == left


def test_a_running_timer_goes_on_when_the_app_is_killed(open_app: Callable[[], Terminal]) -> None:
    killed = open_app()
    make_account(killed)
    supply_and_convert(killed)
    killed.press("3")
    killed.wait_for("○ stopped")
    killed.press("space")
    killed.wait_for("● running")
    left = seconds_left(killed)
    killed.kill()

    again = open_app()
    log_in(again)
    again.wait_for("● running")
    assert 0 < seconds_left(again) < left


@pytest.mark.parametrize(("key", "state"), [("l", "● running"), ("s", "○ stopped")])
def test_quitting_with_a_running_timer_asks(open_app: Callable[[], Terminal], key: str, state: str) -> None:
    terminal = open_app()
    make_account(terminal)
    supply_and_convert(terminal)
    terminal.press("3")
    terminal.wait_for("○ stopped")
    terminal.press("space")
    terminal.wait_for("● running")
    terminal.press("q")
    terminal.wait_for("Stop it", "Leave it running", "Stay")
    terminal.press("escape")
    terminal.wait_for("● running", "x Stop")
    terminal.press("q")
    terminal.wait_for("Leave it running")
    terminal.press(key)
    assert terminal.wait_for_end() == 0

    again = open_app()
    log_in(again)
    again.wait_for(state)


def test_without_a_terminal_it_says_what_to_do_instead() -> None:
    done = subprocess.run([EWALLET], input="", capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "ewallet demo" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_a_data_folder_that_cannot_be_used_is_named_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    terminal = Terminal([EWALLET, "--data-dir", tmp_path / "file" / "data"])
    assert terminal.wait_for_end() == 1
    assert "Traceback" not in terminal.text
    assert "data" in terminal.text
    terminal.close()
