"""A person's way through the screens, in a terminal without colours and in a small one with few."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from main_job import IN_SHORT, PASSWORD, make_account, start_timer, supply_and_convert
from terminal import Terminal

from ewallet_core.client import EWalletClient
from ewallet_core.data_folder import database_url


def is_grey(colour: str) -> bool:
    return colour == "default" or colour[:2] == colour[2:4] == colour[4:]


def is_named(colour: str) -> bool:
    """Whether it is one of the terminal's own sixteen, which has a name."""
    return not any(letter.isdigit() for letter in colour)


TERMINALS = {
    "without colours": ({"NO_COLOR": "1"}, (80, 24), is_grey),
    "small, with 16 colours": ({"TERM": "xterm-16color", "COLORTERM": ""}, (60, 20), is_named),
}


@pytest.fixture
def saved_to(tmp_path: Path) -> Path:
    return tmp_path / "saved"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder in which Bob has an account."""
    made = tmp_path / "data"
    made.mkdir()
    with EWalletClient(database_url=database_url(made)) as wallet:
        account = {"user_name": "bob", "user_email": "bob@example.org", "user_pass": PASSWORD}
        assert not wallet.send(action="new", new="account", **account)["failed"]
    return made


@pytest.fixture(params=TERMINALS.values(), ids=TERMINALS)
def opened(
    request: pytest.FixtureRequest, folder: Path, saved_to: Path
) -> Iterator[tuple[Terminal, Callable[[str], bool]]]:
    variables, (columns, rows), fits = request.param
    words = ["--data-dir", folder]
    terminal = Terminal(words, columns, rows, EWALLET_EXPORT_DIR=str(saved_to), **variables)
    terminal.wait_for("Log in", "New account", "● this computer")
    yield terminal, fits
    terminal.close()


def write_bob_down_and_pay_him(terminal: Terminal) -> None:
    terminal.press("4")
    terminal.wait_for("No contacts on this list yet.")
    terminal.press("n")
    terminal.wait_for("New contact", "Phone")
    terminal.press("Bob", "tab", "bob@example.org", "enter")
    terminal.wait_for("Bob is saved.", "1 contact")
    # The form would get a key that is pressed before it has closed.
    terminal.wait_until(lambda: "New contact" not in terminal.text)
    terminal.press("p")
    terminal.wait_for("Balance: 80 credits.")
    terminal.press("10", "tab", "tab", "lunch")
    terminal.wait_for("You pay Bob", "70 left.", "lunch")
    terminal.press("enter")
    terminal.wait_for("✓ Paid Bob", IN_SHORT.format(70))


def find_it_and_export_it(terminal: Terminal) -> None:
    terminal.press("5")
    terminal.wait_for("2 transfers", "paid", "bob@example.org")
    terminal.press("/")
    terminal.wait_for("find a name")
    terminal.press("lunch", "enter")
    terminal.wait_for("1 transfer found")
    terminal.press("E")
    terminal.wait_for("csv")
    terminal.press("enter")
    terminal.wait_for("✓ Saved 1 record")


def use_some_time(terminal: Terminal) -> None:
    terminal.press("1")
    terminal.wait_for("Recent activity")
    start_timer(terminal)
    terminal.press("x")
    terminal.wait_for("○ stopped", "✓ Used")


def test_from_a_new_account_through_the_screens_to_another_look(
    opened: tuple[Terminal, Callable[[str], bool]], folder: Path, saved_to: Path
) -> None:
    terminal, fits = opened
    make_account(terminal)
    supply_and_convert(terminal)
    write_bob_down_and_pay_him(terminal)
    find_it_and_export_it(terminal)
    use_some_time(terminal)
    assert all(map(fits, terminal.colours)), terminal.colours
    terminal.press(",")
    terminal.wait_for("Theme")
    terminal.press("right")
    terminal.wait_for("✓ Theme: ewallet-light.", IN_SHORT.format(70))
    terminal.press("q")
    assert terminal.wait_for_end() == 0

    (exported,) = saved_to.iterdir()
    with exported.open(newline="", encoding="utf-8-sig") as lines:
        assert [(row["Credits"], row["Notes"]) for row in csv.DictReader(lines)] == [("-10", "lunch")]
    assert 'theme = "ewallet-light"' in (folder / "preferences.toml").read_text(encoding="utf-8")
