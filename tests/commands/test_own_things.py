"""The commands that change contacts, wallets, clocks and sessions."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from invoked import ADA, BOB, Wallet, new_wallet

from ewallet_core.commands.sessions import StoredSessions
from ewallet_core.data_folder import SESSIONS_FILE


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wallet")
    new_wallet(folder)
    return folder


@pytest.fixture
def wallet(prepared: Path, tmp_path: Path) -> Wallet:
    """A wallet in which Ada is logged in: a copy, because no process has it open."""
    return Wallet(shutil.copytree(prepared, tmp_path / "wallet"))


def refused(wallet: Wallet, *words: object) -> str:
    """What stderr says when a command is refused, which prints no data."""
    result = wallet.run(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    return result.stderr


def contacts(wallet: Wallet) -> list[tuple[str, str, str, str]]:
    found = wallet.answer("contacts", "--json")["rows"]
    return [(each["name"], each["email"], each["phone"], each["notes"]) for each in found]


# Contacts


def test_a_contact_is_added_edited_and_removed_by_its_name_or_email(wallet: Wallet) -> None:
    assert "Add the first one" in wallet.run("contacts").stderr
    assert wallet.done("contacts", "add", "Bob", BOB, "--phone", "1") == f"Saved Bob <{BOB}>.\n"
    assert wallet.done("contacts", "edit", "bob", "--name", "Robert") == f"Saved Robert <{BOB}>.\n"
    wallet.done("contacts", "edit", BOB.upper(), "--notes", "from the office")
    assert contacts(wallet) == [("Robert", BOB, "1", "from the office")]
    assert wallet.done("contacts", "remove", "ROBERT") == f"Removed Robert <{BOB}>.\n"
    assert contacts(wallet) == []


def test_contacts_with_the_same_name_are_told_apart_by_their_numbers(wallet: Wallet) -> None:
    for email in (BOB, ADA):
        wallet.done("contacts", "add", "Sam", email)
    told = refused(wallet, "contacts", "remove", "sam")
    assert "Several contacts are called sam. Give a number:" in told
    number = wallet.answer("contacts", "--json")["rows"][0]["id"]
    assert f"{number} (Sam," in told
    wallet.done("contacts", "remove", number)
    assert len(contacts(wallet)) == 1


def test_a_contact_that_is_not_known_and_an_edit_of_nothing_change_nothing(wallet: Wallet) -> None:
    assert refused(wallet, "contacts", "edit", "zoe", "--name", "Zoe").startswith(
        "You have no contact called zoe."
    )
    result = wallet.run("contacts", "edit", "zoe")
    assert (result.exit_code, result.stdout) == (2, "")
    assert refused(wallet, "contacts", "add", "Bob", "no email")


def test_adding_under_the_same_request_id_is_done_once(wallet: Wallet) -> None:
    for _ in range(2):
        wallet.done("contacts", "add", "Bob", BOB, "--request-id", "adding-bob-1")
    assert len(contacts(wallet)) == 1


# Wallets and clocks


@pytest.mark.parametrize(
    ("group", "noun", "first"), [("wallets", "wallet", "Wallet 1"), ("clocks", "clock", "Clock 1")]
)
def test_wallets_and_clocks_are_created_switched_renamed_and_removed(
    wallet: Wallet, group: str, noun: str, first: str
) -> None:
    assert wallet.done(group, "new", "Trip") == f"The {noun} Trip was created.\n"
    assert active(wallet, group) == first
    assert wallet.done(group, "switch", "trip") == f"The {noun} Trip is active now.\n"
    assert active(wallet, group) == "Trip"
    assert wallet.done(group, "rename", "Trip", "Tour") == f"The {noun} Trip is called Tour now.\n"
    assert refused(wallet, group, "remove", "Tour").startswith(f"This {noun} is the active one.")
    wallet.done(group, "new", "Other", "--switch")
    assert active(wallet, group) == "Other"
    assert wallet.done(group, "remove", "Tour") == f"The {noun} Tour was removed.\n"
    assert "Tour" not in wallet.done(group)


def active(wallet: Wallet, group: str) -> str:
    key = "ewallets" if group == "wallets" else group
    (found,) = [each["reference"] for each in wallet.answer(group, "--json")[key] if each["active"]]
    return str(found)


def test_a_name_that_several_have_is_refused_and_a_number_or_a_wallet_decides(wallet: Wallet) -> None:
    wallet.done("wallets", "new", "Trip")
    told = refused(wallet, "clocks", "rename", "Clock 1", "Mine")
    assert "Several clocks are called Clock 1. Give a number:" in told
    assert "(in Trip)" in told
    wallet.done("clocks", "rename", "clock 1 in trip", "Far away")
    wallet.done("clocks", "rename", "Clock 1", "Mine")
    assert [each["reference"] for each in wallet.answer("clocks", "--json")["clocks"]] == ["Mine", "Far away"]
    assert refused(wallet, "wallets", "switch", "Nowhere") == (
        "You have no wallet called Nowhere. Yours: Wallet 1, Trip.\n"
    )


def test_a_running_timer_and_what_it_is_for_are_listed(wallet: Wallet) -> None:
    wallet.done("supply", 10, "--cost", 1, "--currency", "EUR")
    wallet.done("convert", 10)
    wallet.done("start", "--note", "an essay", "--tag", "acme")
    line = wallet.done("clocks").splitlines()[1]
    assert "running since today" in line
    assert line.endswith("an essay  #acme")
    wallet.done("pause")
    assert "paused since today" in wallet.done("clocks")


# Sessions


def test_the_other_sessions_are_ended_and_their_commands_are_logged_out(wallet: Wallet) -> None:
    stored = wallet.folder / SESSIONS_FILE
    before = stored.rename(wallet.folder / "sessions of another machine")
    wallet.done("login", "ada")
    assert len(wallet.answer("sessions", "--json")["sessions"]) == 2
    assert wallet.done("sessions", "end", "--others") == "Session 1 of this computer has ended.\n"
    assert wallet.done("sessions", "end", "--others") == "There is no other session.\n"
    before.replace(stored)
    assert wallet.run("whoami").exit_code == 4


def test_to_end_the_commands_own_session_is_to_log_out(wallet: Wallet) -> None:
    (own,) = wallet.answer("sessions", "--json")["sessions"]
    assert "has ended" in wallet.done("sessions", "end", own["session_id"])
    assert wallet.run("sessions").exit_code == 4
    assert StoredSessions(wallet.folder / SESSIONS_FILE).places() == []


@pytest.mark.parametrize("words", [(), (1, "--others")])
def test_either_a_session_or_the_others_are_ended(wallet: Wallet, words: tuple[object, ...]) -> None:
    assert wallet.run("sessions", "end", *words).exit_code == 2


def test_a_session_that_is_not_the_accounts_is_refused(wallet: Wallet) -> None:
    assert refused(wallet, "sessions", "end", 99).startswith("You have no session with that number.")
