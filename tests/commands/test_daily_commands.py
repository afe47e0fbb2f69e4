"""The daily commands, on the wallet of this computer and at a server."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from invoked import ADA, BOB, Wallet, new_wallet
from running_server import RunningServer, database_url_in, violations_in

from ewallet_core.commands.sessions import StoredSessions
from ewallet_core.data_folder import SESSIONS_FILE
from ewallet_core.engine.wall_clock import system_clock
from ewallet_core.operations.context import EngineConfig
from ewallet_core.protocol.address import THIS_MACHINE

SERVER = "a server"
REQUEST_ID = "one-payment"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wallet with 100 credits in which Ada is logged in; Bob has an account, and is a contact of hers."""
    wallet = new_wallet(tmp_path_factory.mktemp("prepared"))
    wallet.done("register", "bob", "--email", BOB)
    wallet.done("login", "ada")
    wallet.done("do", "new", "contact", "record", "--user-name", "Bob", "--user-email", BOB)
    wallet.done("supply", 100, "--cost", 20, "--currency", "EUR")
    return wallet.folder


@pytest.fixture(params=[THIS_MACHINE, SERVER])
def wallet(request: pytest.FixtureRequest, prepared: Path, tmp_path: Path) -> Iterator[Wallet]:
    """That wallet, on this computer or at a server; its ledger must verify after the test."""
    folder = tmp_path / "wallet"
    shutil.copytree(prepared, folder)
    url = database_url_in(folder)
    if request.param == THIS_MACHINE:
        yield Wallet(folder)
    else:
        server = RunningServer(url, system_clock, config=EngineConfig.for_owner())
        server.start()
        place = f"127.0.0.1:{server.ports[0]}"
        sessions = StoredSessions(folder / SESSIONS_FILE)
        session = sessions.find(THIS_MACHINE)
        assert session is not None
        sessions.put(place, session)
        yield Wallet(folder, place)
        server.stop()
    assert violations_in(url) == []


def credits_of(wallet: Wallet) -> int:
    return int(wallet.answer("balance", "--json")["ewallet_data"]["credits"])


def test_a_new_account_is_logged_in_until_it_logs_out(wallet: Wallet) -> None:
    where = f"at {wallet.server}" if wallet.server else "on this computer"
    said = wallet.done("register", "carl", "--email", "carl@example.org", "--phone", "12 34")
    assert said == f"Welcome, carl. You are logged in {where}.\n"
    assert wallet.done("whoami") == f"carl <carl@example.org> {where}\n"
    assert wallet.answer("whoami", "--json")["account_data"]["phone"] == "12 34"
    assert wallet.done("logout") == f"You are logged out {where}.\n"
    assert "You are not logged in" in wallet.refused("whoami", code=4)
    assert wallet.done("login", ADA) == f"You are logged in as ada <{ADA}> {where}.\n"
    assert wallet.done("whoami").startswith("ada ")


def test_a_supply_says_what_it_cost_and_the_balance(wallet: Wallet) -> None:
    said = wallet.done("supply", 5, "--cost", "1.50", "--currency", "eur", "--note", "for lunch")
    assert said == "You got 5 credits for EUR 1.50. New balance: 105.\n"
    assert wallet.answer("topup", 5, "--cost", 1, "--currency", "EUR", "--json")["ewallet_credits"] == 110
    assert wallet.done("balance") == "Wallet 1: 110 credits\nClock 1: 0:00 left\n"


def test_a_contact_is_paid_by_its_name_and_anyone_by_email(wallet: Wallet) -> None:
    assert wallet.done("pay", "bob", 10, "--note", "lunch") == "Paid Bob 10 credits. 90 left.\n"
    assert wallet.done("pay", BOB.upper(), 1) == "Paid Bob 1 credit. 89 left.\n"
    assert wallet.done("transfer", " Bob ", 9) == "Transferred 9 credits to Bob. 80 left.\n"
    rows = wallet.answer("do", "view", "transfer", "list")["sheet_data"]["rows"]
    assert [row["notes"] for row in rows[:3]] == ["", "", "lunch"]


def test_only_a_whole_name_is_a_contact(wallet: Wallet) -> None:
    assert (
        wallet.refused("pay", "bo", 10) == "You have no contact called bo. Similar: Bob (bob@example.org).\n"
    )
    assert "You have no contact called carl." in wallet.refused("transfer", "carl", 10)
    wallet.done("do", "new", "contact", "record", "--user-name", "BOB", "--user-email", "b@example.org")
    assert "Several contacts are called bob: " in wallet.refused("pay", "bob", 10)
    assert credits_of(wallet) == 100


def test_what_the_engine_refuses_is_told_and_exits_with_1(wallet: Wallet) -> None:
    assert wallet.refused("pay", "bob", 101).startswith("Not enough credits: 101 needed, balance 100.")
    assert "use `ewallet move`" in wallet.refused("pay", ADA, 1)
    result = wallet.run("pay", "bob", 101, "--json")
    assert json.loads(result.stdout)["code"] == "not_enough_credits"
    assert (result.exit_code, result.stderr.count("Not enough credits")) == (1, 1)


@pytest.mark.parametrize(
    "words",
    [
        ("pay", "bob"),
        ("pay", "bob", "ten"),
        ("pay", "bob", "1_0"),
        ("pay", "bob", "0"),
        ("pay", "bob", "9" * 5_000),
        ("refund", "1_0"),
        ("invoice", "+1"),
        ("history", "--limit", " 5"),
        ("sessions", "end", "1_0"),
        ("pay", "bob", "10", "--request-id", "short"),
        ("supply", "10"),
        ("convert",),
        ("convert", "10", "--minutes", "5"),
        ("convert", "--back", "10", "--minutes", "5"),
        ("stop", "--at", "25:99"),
        ("login", "ada", "--for", "a week"),
        ("login", "ada", "--for", "31d"),
        ("balance", "--server", "127.0.0.1:1", "--embedded"),
        ("balance", "--server", "no address"),
        ("pax", "bob", "10"),
    ],
)
def test_a_command_that_is_not_understood_exits_with_2(words: tuple[str, ...], tmp_path: Path) -> None:
    assert "Usage: " in Wallet(tmp_path).refused(*words, code=2)
    assert not list(tmp_path.iterdir())


def test_a_number_out_of_range_is_told_the_range(tmp_path: Path) -> None:
    for number in (0, 10**13):
        told = Wallet(tmp_path).refused("pay", "bob", number, code=2)
        assert "It must be a number from 1 to 1,000,000,000,000." in told


def test_a_change_under_the_same_request_id_is_done_once(wallet: Wallet) -> None:
    for _ in range(2):
        said = wallet.done("pay", "bob", 10, "--request-id", REQUEST_ID)
        assert said == "Paid Bob 10 credits. 90 left.\n"
    assert "request id was used before" in wallet.refused("pay", "bob", 11, "--request-id", REQUEST_ID)


def test_credits_are_moved_between_wallets_by_their_names(wallet: Wallet) -> None:
    wallet.done("do", "new", "credit", "ewallet", "--reference", "Holidays")
    assert wallet.done("move", 30, "--to", "holidays") == "Moved 30 credits to Holidays. 70 left.\n"
    said = wallet.done("move", 10, "--from", "Holidays", "--to", "wallet 1")
    assert said == "Moved 10 credits from Holidays to Wallet 1. 20 left.\n"
    said = wallet.refused("move", 10, "--to", "Holiday")
    assert said == "You have no wallet called Holiday. Yours: Wallet 1, Holidays.\n"
    assert credits_of(wallet) == 80


def test_wallets_with_the_same_name_are_told_apart_by_their_credits(wallet: Wallet) -> None:
    wallet.done("wallets", "new", "Trip")
    wallet.done("wallets", "new", "trip")
    wallet.done("move", 20, "--to", wallet.answer("wallets", "--json")["ewallets"][1]["id"])
    told = wallet.refused("move", 5, "--to", "Trip")
    assert re.search(r"Give a number: \d+ \(20 credits\), \d+ \(0 credits\)\.\n$", told), told


def test_a_received_payment_is_refunded(wallet: Wallet) -> None:
    wallet.done("pay", "bob", 10)
    wallet.done("login", "bob")
    record = wallet.answer("do", "view", "transfer", "list")["sheet_data"]["rows"][0]["id"]
    assert wallet.done("refund", record, 4) == f"Refunded 4 credits to {ADA}. 6 left.\n"
    assert wallet.done("refund", record) == f"Refunded 6 credits to {ADA}. 0 left.\n"


def test_credits_become_time_and_time_becomes_credits(wallet: Wallet) -> None:
    assert wallet.done("convert", 20) == "Converted 20 credits to time. 80 credits and 20:00 left.\n"
    assert wallet.done("convert", "--back", 5) == "Converted 5:00 to 5 credits. 85 credits and 15:00 left.\n"
    said = wallet.done("convert", "--back", "--minutes", 2)
    assert said == "Converted 2:00 to 2 credits. 87 credits and 13:00 left.\n"


def test_the_timer_is_started_paused_resumed_and_stopped(wallet: Wallet) -> None:
    assert "There is no time left" in wallet.refused("start")
    wallet.done("convert", 100)
    assert wallet.done("start", "--note", "taxes", "--tag", "acme", "--tag", "Urgent").startswith(
        "The timer runs. 1:"
    )
    assert wallet.done("balance").endswith(" left, running\n")
    assert wallet.refused("start") == "The timer runs already. Pause it or stop it.\n"
    assert wallet.done("pause").startswith("The timer is paused. ")
    assert wallet.done("balance").endswith(" left, paused\n")
    assert wallet.done("resume").startswith("The timer runs again. ")
    answer = wallet.answer("stop", "--json")
    assert answer["record_data"]["notes"] == "taxes"
    assert answer["record_data"]["tags"] == ["acme", "urgent"]


def test_the_timer_can_be_stopped_at_an_earlier_time_of_its_run(wallet: Wallet) -> None:
    wallet.done("convert", 10)
    wallet.done("start")
    said = wallet.refused("stop", "--at", "yesterday 10:00")
    assert said.startswith("The timer was started after that moment. Give a time from today ")
    assert wallet.done("stop", "--at", "now").startswith("Used ")


@pytest.mark.parametrize("amount", ["-5", "-12.50", "-.5"])
@pytest.mark.parametrize(
    "command",
    ["supply", "pay bob@example.org", "transfer bob@example.org", "move --to Trip", "refund 1", "convert"],
)
def test_a_negative_amount_is_told_as_one(tmp_path: Path, command: str, amount: str) -> None:
    told = Wallet(tmp_path).refused(*command.split(), amount, code=2)
    assert "An amount is a whole number above 0, such as 10." in told


@pytest.mark.parametrize("option", ["-x", "--5", "--credits"])
def test_an_unknown_option_is_told_as_one(tmp_path: Path, option: str) -> None:
    assert f"No such option '{option}'" in Wallet(tmp_path).refused("pay", BOB, option, code=2)
