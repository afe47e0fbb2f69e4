"""A signal, a closed terminal and an error of its own end the app and leave the terminal as it was."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from main_job import PASSWORD, make_account, start_timer, supply_and_convert
from serve_process import EWALLET
from terminal import Terminal

from ewallet_core.client import EWalletClient
from ewallet_core.data_folder import database_url

CRASHES = """
import sys
from ewallet_tui import __main__
from ewallet_tui.screens.login import LoginScreen

def crash(self, event):
    if event.key == "f9":
        raise RuntimeError("on purpose")

LoginScreen.on_key = crash
sys.argv = ["ewallet", "--data-dir", sys.argv[1]]
__main__.main()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def open_app(folder: Path) -> Iterator[Callable[..., Terminal]]:
    opened: list[Terminal] = []

    def open_one(words: Sequence[str | Path] = ("--data-dir", folder), **choices: Any) -> Terminal:
        opened.append(Terminal(words, **choices))
        opened[-1].wait_for("Log in", "New account", "● this computer")
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


def clock_state(folder: Path) -> str:
    with EWalletClient(database_url=database_url(folder)) as wallet:
        wallet.send(action="login", user_name="ada", user_pass=PASSWORD)
        return str(wallet.send(action="view", view="credit", credit="clock")["clock_data"]["clock_state"])


def assert_restored(terminal: Terminal) -> None:
    assert terminal.modes_left_on == set()
    assert terminal.is_cooked


@pytest.mark.parametrize(
    ("number", "on_quit", "state"),
    [(signal.SIGTERM, "ask", "active"), (signal.SIGINT, "stop", "inactive")],
)
def test_a_signal_ends_it_as_quitting_would_and_the_timer_is_as_the_user_set(
    open_app: Callable[..., Terminal], folder: Path, number: int, on_quit: str, state: str
) -> None:
    folder.mkdir()
    (folder / "preferences.toml").write_text(f'timer_on_quit = "{on_quit}"\n', encoding="utf-8")
    terminal = open_app()
    assert {"1049", "1000", "1003", "1006", "2004", "25"} <= terminal.modes_left_on
    make_account(terminal)
    supply_and_convert(terminal)
    start_timer(terminal)
    terminal.send_signal(number)
    assert terminal.wait_for_end() == 128 + number
    assert_restored(terminal)
    assert "Traceback" not in terminal.text
    assert clock_state(folder) == state


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1])
def test_other_signals_restore_the_terminal_too(open_app: Callable[..., Terminal], number: int) -> None:
    terminal = open_app(program=EWALLET if number == signal.SIGUSR1 else None)
    terminal.send_signal(number)
    assert terminal.wait_for_end() == 128 + number
    assert_restored(terminal)


def test_it_ends_when_its_terminal_is_closed(open_app: Callable[..., Terminal], folder: Path) -> None:
    terminal = open_app(program=EWALLET)
    make_account(terminal)
    assert terminal.hang_up() == 128 + signal.SIGHUP
    # No signal, where the terminal is not the one of its session.
    deaf = open_app(["-c", f"trap '' HUP; exec {EWALLET} --data-dir {folder}"], program="/bin/sh")
    assert deaf.hang_up() == 128 + signal.SIGHUP


def test_an_error_of_its_own_is_shown_on_a_restored_terminal(
    open_app: Callable[..., Terminal], folder: Path
) -> None:
    terminal = open_app([folder], script=CRASHES)
    terminal.press("\x1b[20~")
    assert terminal.wait_for_end() == 1
    assert_restored(terminal)
    assert "on purpose" in terminal.text
