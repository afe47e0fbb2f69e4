"""Payments to an account that can be mistaken for another one, or that has a contact's email now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from invoked import BOB, Wallet, new_wallet
from running_server import RunningServer, database_url_in
from terminal import Terminal

from ewallet_core.storage.payees import RESERVED_MS

NOW = 1_790_000_000_000
ALIKE = "bob@exarnple.org"


@pytest.fixture
def now() -> list[int]:
    return [NOW]


@pytest.fixture
def wallet(tmp_path: Path, now: list[int]) -> Iterator[Wallet]:
    """Ada's account with 10 credits at a server where Bob has an account, and is a contact of hers."""
    folder = tmp_path / "server"
    folder.mkdir()
    server = RunningServer(database_url_in(folder), lambda: now[0])
    server.start()
    wallet = new_wallet(tmp_path / "ada", f"127.0.0.1:{server.ports[0]}")
    wallet.done("register", "bob", "--email", BOB)
    wallet.done("login", "ada")
    wallet.done("supply", 10, "--cost", 0, "--currency", "EUR")
    wallet.done("contacts", "add", "Bob", BOB)
    yield wallet
    server.stop()


def answered(wallet: Wallet, answer: str, *words: object) -> tuple[str, int]:
    """What a command at a terminal says after the answer to its question, and its exit code."""
    terminal = Terminal([*map(str, words)], columns=200, **wallet.environment)
    terminal.wait_for("[y/N]:")
    terminal.press(answer, "enter")
    code = terminal.wait_for_end()
    return terminal.text.partition(f"[y/N]: {answer}")[2].strip(), code


def test_a_payee_that_can_be_mistaken_is_asked_about(wallet: Wallet) -> None:
    eve = replace(wallet, folder=wallet.folder / "eve")
    eve.folder.mkdir()
    eve.password_file.write_text(wallet.password_file.read_text())
    eve.done("register", "eve", "--email", ALIKE)
    pay = ("pay", ALIKE, 1)
    assert wallet.refused(*pay) == (
        f"eve ({ALIKE}): looks like another account. Make sure it is who you mean. Send 1 credit?"
        " Nothing was done. Add --yes if you want that.\n"
    )
    assert answered(wallet, "n", *pay) == ("Nothing was done.", 1)
    assert answered(wallet, "y", *pay) == ("Paid eve 1 credit. 9 left.", 0)
    assert wallet.done(*pay, "--yes") == "Paid eve 1 credit. 8 left.\n"


def test_the_new_owner_of_a_contacts_email_is_paid_only_if_the_user_agrees(
    wallet: Wallet, now: list[int]
) -> None:
    wallet.done("login", "bob")
    wallet.done("do", "edit", "account", "--user-email", "bob@new.example.org")
    now[0] += RESERVED_MS + 60_000
    wallet.done("register", "eve", "--email", BOB)
    wallet.done("login", "ada")
    pay = ("pay", "bob", 1)
    question = f"{BOB} belongs to another account now: eve. It is not the one that you saved as Bob."
    assert wallet.refused(*pay, "--yes").startswith(f"{question} Send 1 credit to it? Nothing was done.")
    assert answered(wallet, "n", *pay) == ("Nothing was done.", 1)
    assert answered(wallet, "y", *pay) == ("Paid eve 1 credit. 9 left.", 0)
    assert wallet.done(*pay) == "Paid Bob 1 credit. 8 left.\n"


def test_a_payment_to_a_new_owner_is_done_although_the_contact_was_removed_meanwhile(
    wallet: Wallet, now: list[int]
) -> None:
    wallet.done("login", "bob")
    wallet.done("do", "edit", "account", "--user-email", "bob@new.example.org")
    now[0] += RESERVED_MS + 60_000
    wallet.done("register", "eve", "--email", BOB)
    wallet.done("login", "ada")
    terminal = Terminal(["pay", "bob", "1"], columns=200, **wallet.environment)
    terminal.wait_for("[y/N]:")
    wallet.done("contacts", "remove", "bob")
    terminal.press("y", "enter")
    terminal.wait_for("Paid eve 1 credit. 9 left.", "The contact Bob still means the account from before.")
    assert terminal.wait_for_end() == 0
