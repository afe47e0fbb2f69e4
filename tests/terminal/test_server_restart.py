"""The app in a real terminal against a server in another process, which is killed and started again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import forked_process
import pytest
from main_job import IN_SHORT, make_account, seconds_left, supply_and_convert
from server_process import ServerProcess
from terminal import Terminal

IS_ASKED_AGAIN = "Will be sent once"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    started = ServerProcess(tmp_path / "served")
    started.start()
    yield started
    started.kill()


@pytest.fixture
def second(tmp_path: Path) -> Iterator[ServerProcess]:
    """Another server of the same wallets."""
    started = ServerProcess(tmp_path / "served")
    started.start()
    yield started
    started.kill()


@pytest.fixture
def open_app(tmp_path: Path, server: ServerProcess) -> Iterator[Callable[[], Terminal]]:
    opened: list[Terminal] = []

    def open_one(*options: str) -> Terminal:
        opened.append(Terminal(["--data-dir", tmp_path / "own", *options]))
        opened[-1].wait_for("Log in", "New account", f"● {server.place}")
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


def fill_in_supply(terminal: Terminal, credits: int) -> None:
    terminal.press("u")
    terminal.wait_for("Supply credits", "Currency")
    terminal.press(str(credits), "tab", "tab", "1", "tab", f"note {credits}")
    terminal.wait_for(f"You get {credits} credits for EUR 1.", f"note {credits}")


def test_nothing_is_lost_or_doubled_when_the_server_is_killed_and_started_again(
    open_app: Callable[..., Terminal], server: ServerProcess, tmp_path: Path
) -> None:
    app = open_app("--server", server.place)
    make_account(app, server.place)
    supply_and_convert(app)
    app.press("3")
    app.wait_for("○ stopped")
    app.press("space")
    app.wait_for("● running")
    app.press("1")

    # Sent while there is no server.
    fill_in_supply(app, 50)
    server.kill()
    app.wait_for("◌ reconnecting")
    app.press("enter")
    app.wait_for(IS_ASKED_AGAIN)
    left = seconds_left(app)
    app.wait_until(lambda: seconds_left(app) < left)
    server.start()
    app.wait_for(
        f"ada ● {server.place}", IN_SHORT.format(130), "✓ You got 50 credits. New balance: 130.", "● running"
    )

    # Sent to a server that dies of it, done or not.
    fill_in_supply(app, 7)
    app.press("enter")
    server.kill()
    server.start()
    app.wait_for(
        f"ada ● {server.place}", IN_SHORT.format(137), "✓ You got 7 credits. New balance: 137.", "● running"
    )
    app.wait_until(lambda: app.text.count("note 50") == app.text.count("note 7") == 1)

    app.press("3", "x")
    app.wait_for("○ stopped", "today")
    app.press("q")
    assert app.wait_for_end() == 0
    verified = forked_process.run(["--data-dir", tmp_path / "served", "verify"])
    assert verified.returncode == 0


def test_another_server_of_the_same_wallets_is_used_when_one_is_killed(
    open_app: Callable[..., Terminal], server: ServerProcess, second: ServerProcess, tmp_path: Path
) -> None:
    app = open_app("--server", f"{server.place},{second.place}")
    make_account(app, server.place)
    supply_and_convert(app)
    app.press("3")
    app.wait_for("○ stopped")
    app.press("space")
    app.wait_for("● running")
    app.press("1")

    # What is typed stays, and is sent to the other server.
    fill_in_supply(app, 50)
    server.kill()
    app.wait_for(f"You are now connected to {second.place}.", "note 50")
    app.press("enter")
    app.wait_for(f"ada ● {second.place}", IN_SHORT.format(130), "● running")

    # Sent to a server that dies of it, done or not.
    server.start()
    fill_in_supply(app, 7)
    app.press("enter")
    second.kill()
    app.wait_for(f"ada ● {server.place}", IN_SHORT.format(137), "● running")
    app.wait_until(lambda: app.text.count("note 50") == app.text.count("note 7") == 1)
    app.press("q")
    app.wait_for("Leave it running")
    app.press("l")
    assert app.wait_for_end() == 0
    server.stop()
    verified = forked_process.run(["--data-dir", tmp_path / "served", "verify"])
    assert verified.returncode == 0


def test_the_server_is_remembered_and_its_absence_explained(
    open_app: Callable[..., Terminal], server: ServerProcess, tmp_path: Path
) -> None:
    first = open_app("--server", server.place)
    first.press("^q")
    assert first.wait_for_end() == 0
    second = open_app()
    second.press("^q")
    assert second.wait_for_end() == 0
    server.kill()
    third = Terminal(["--data-dir", tmp_path / "own"])
    third.wait_for("Connection", "This computer", server.place, "Another server")
    third.press("escape")
    third.wait_for("✕ offline", server.place)
    third.press("^q")
    assert third.wait_for_end() == 0
