"""Paying and transferring: what leaves one person arrives at the other, and both can read why."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from database_file import changed_by_hand, faults_in, rows
from engine_client import EngineClient
from examples_payments import pay, transfer
from fakes import CHEAP, SECOND, Wallclock
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import VIEW_ACCOUNT, VIEW_WALLET, edit_account, supply

from ewallet_core import EWalletSessionManager
from ewallet_core.operations.provisioning import open_wallet

BOB = "bob@example.org"
ADA = "ada@example.org"
FRIDAY_NOON = "2026-11-20T12:00:00.000Z"

each_way = pytest.mark.parametrize("give", [pay, transfer], ids=["pay", "transfer"])
named = {pay: "pay", transfer: "transfer_to"}


def events_of(caller: EngineClient):
    return caller.engine.events(**caller.credentials, since=0).events


@pytest.fixture
def state_of_bob(wallet_file, bob) -> Callable[[str], None]:
    """Put bob's account into a state, as an operator or its owner would."""

    def put(state: str) -> None:
        changed_by_hand(wallet_file, "UPDATE accounts SET state = ? WHERE name = 'bob'", state)
        if state == "erased":
            changed_by_hand(
                wallet_file, "UPDATE accounts SET name_key = NULL, email_key = NULL WHERE name = 'bob'"
            )

    return put


def test_a_payment_leaves_the_payer_and_reaches_the_partner(supplied, bob):
    answer = supplied.asks_ok(**pay(BOB, 30))
    assert (answer["paid"], answer["spent_credits"]) == (BOB, 30)
    assert (answer["total_credits"], answer["ewallet_credits"]) == (70, 70)
    assert (supplied.credits, bob.credits) == (70, 30)


def test_a_transfer_leaves_the_giver_and_reaches_the_receiver(supplied, bob):
    answer = supplied.asks_ok(**transfer(BOB, 30))
    assert (answer["transfered_to"], answer["transfered_credits"], answer["ewallet_credits"]) == (BOB, 30, 70)
    assert (supplied.credits, bob.credits) == (70, 30)


@each_way
def test_all_that_is_there_can_be_given(supplied, bob, give):
    supplied.asks_ok(**give(BOB, 100))
    assert (supplied.credits, bob.credits) == (0, 100)


@each_way
def test_a_partner_is_named_by_email_in_whatever_case(supplied, bob, give):
    supplied.asks_ok(**give("BOB@Example.ORG", 30))
    assert bob.credits == 30


@each_way
def test_a_partner_is_found_under_the_email_of_today(supplied, bob, nobody, give):
    bob.asks_ok(**edit_account(user_email="robert@example.org"))
    supplied.asks_ok(**give("robert@example.org", 30))
    supplied.is_refused("partner_unknown", **give(BOB, 30))


@pytest.mark.parametrize(
    ("give", "word"), [(pay, "payment"), (transfer, "transfer")], ids=["pay", "transfer"]
)
def test_both_sides_have_a_transfer_record_the_givers_first(supplied, bob, wallclock, give, word):
    answer = supplied.asks_ok(**give(BOB, 30, notes="lunch"))
    given, received = supplied.records("transfer")[0], bob.records("transfer")[0]
    same = {
        "create_date": FRIDAY_NOON,
        "write_date": FRIDAY_NOON,
        "transfer_from": ADA,
        "transfer_to": BOB,
        "credits": 30,
        "notes": "lunch",
    }
    assert given == {
        "id": answer["transfer_record"],
        "transfer_sheet": supplied.asks_ok(**VIEW_WALLET)["ewallet_data"]["transfer_sheet"],
        "reference": "Transfer 2",
        "transfer_type": word,
        **same,
    }
    assert received == {
        "id": answer["transfer_record"] + 1,
        "transfer_sheet": bob.asks_ok(**VIEW_WALLET)["ewallet_data"]["transfer_sheet"],
        "reference": "Transfer 1",
        "transfer_type": "incoming",
        **same,
    }


def test_both_sides_have_an_invoice_of_a_payment_and_the_seller_is_who_is_paid(supplied, bob):
    answer = supplied.asks_ok(**pay(BOB, 30, notes="lunch"))
    bought, sold = supplied.records("invoice")[0], bob.records("invoice")[0]
    assert bought["id"] == answer["invoice_record"]
    assert [bought["transfer_record"], sold["transfer_record"]] == [
        answer["transfer_record"],
        answer["transfer_record"] + 1,
    ]
    for invoice in (bought, sold):
        assert invoice["seller"] == bob.asks_ok(**VIEW_ACCOUNT)["account_data"]["id"]
        assert (invoice["seller_email"], invoice["credits"], invoice["notes"]) == (BOB, 30, "lunch")


def test_a_payment_is_of_credits_alone_so_its_invoice_has_no_money(supplied, bob):
    supplied.asks_ok(**pay(BOB, 30))
    assert [(row["currency"], row["cost"]) for row in supplied.records("invoice")] == [
        (None, None),
        ("EUR", "12.50"),
    ]


def test_a_transfer_writes_no_invoice(supplied, bob):
    supplied.asks_ok(**transfer(BOB, 30))
    assert (len(supplied.records("invoice")), bob.records("invoice")) == (1, [])


@each_way
def test_what_is_received_goes_to_the_active_wallet_and_its_sheets(
    supplied, bob, database, wallet_file, give
):
    account = bob.asks_ok(**VIEW_ACCOUNT)["account_data"]
    another = database.write(lambda transaction: open_wallet(transaction, 0, account["id"]))
    changed_by_hand(wallet_file, "UPDATE accounts SET ewallet_id = ? WHERE name = 'bob'", another)
    supplied.asks_ok(**give(BOB, 30))
    assert bob.asks_ok(**VIEW_WALLET)["ewallet_data"]["id"] == another
    assert (bob.credits, len(bob.records("transfer"))) == (30, 1)


@each_way
def test_both_are_told(supplied, bob, give):
    supplied.asks_ok(**give(BOB, 30))
    left, arrived = events_of(supplied)[-1], events_of(bob)[-1]
    assert (left["event"], arrived["event"]) == ("credits_left", "credits_arrived")
    assert (left["data"]["credits"], left["data"]["transfer_to"]) == (30, BOB)
    assert (arrived["data"]["credits"], arrived["data"]["transfer_from"]) == (30, ADA)
    assert arrived["data"]["ewallet"] == bob.asks_ok(**VIEW_WALLET)["ewallet_data"]["id"]


@each_way
def test_the_write_dates_of_both_wallets_move_and_of_no_account(supplied, bob, wallclock, give):
    def write_dates(caller: EngineClient) -> tuple[str, str]:
        wallet = caller.asks_ok(**VIEW_WALLET)["ewallet_data"]["write_date"]
        return wallet, caller.asks_ok(**VIEW_ACCOUNT)["account_data"]["write_date"]

    wallclock.forward(SECOND)
    supplied.asks_ok(**give(BOB, 30))
    for caller in (supplied, bob):
        assert write_dates(caller) == ("2026-11-20T12:00:01.000Z", FRIDAY_NOON)


@each_way
def test_a_repeated_request_gives_once(supplied, bob, give):
    first = supplied.asks_ok(**give(BOB, 30), request_id="request-0001")
    assert supplied.ask(**give(BOB, 30), request_id="request-0001") == first
    assert (supplied.credits, bob.credits) == (70, 30)


@each_way
def test_a_request_that_was_refused_stays_refused(ada, bob, give):
    first = ada.is_refused("not_enough_credits", **give(BOB, 30), request_id="request-0001")
    ada.asks_ok(**supply(100))
    assert ada.ask(**give(BOB, 30), request_id="request-0001") == first
    assert bob.credits == 0


@each_way
@pytest.mark.parametrize("email", ["carol@example.org", "core@ewallet.local", "CORE@ewallet.local"])
def test_nobody_is_given_credits_who_has_no_account_or_is_the_issuer(supplied, nothing_changes, give, email):
    nothing_changes()
    answer = supplied.is_refused("partner_unknown", **give(email))
    assert answer["details"] == {"field": named[give]}


@each_way
@pytest.mark.parametrize("email", [ADA, "ADA@Example.org"])
def test_nobody_gives_credits_to_themselves(supplied, nothing_changes, give, email):
    nothing_changes()
    assert supplied.is_refused("own_account", **give(email))["details"] == {"field": named[give]}


@each_way
def test_a_frozen_and_a_leaving_partner_take_nothing_and_are_not_told_apart(
    supplied, state_of_bob, nothing_changes, give
):
    state_of_bob("frozen")
    frozen = supplied.is_refused("partner_unavailable", **give(BOB))
    state_of_bob("unlink_pending")
    nothing_changes()
    assert supplied.is_refused("partner_unavailable", **give(BOB)) == frozen
    assert frozen["details"] == {"field": named[give]}


@each_way
def test_an_erased_account_is_as_unknown_as_one_that_never_was(supplied, state_of_bob, nothing_changes, give):
    state_of_bob("erased")
    nothing_changes()
    erased = supplied.is_refused("partner_unknown", **give(BOB))
    assert erased == supplied.is_refused("partner_unknown", **give("carol@example.org"))


@each_way
def test_no_more_is_given_than_is_there(supplied, bob, nothing_changes, give):
    nothing_changes()
    answer = supplied.is_refused("not_enough_credits", **give(BOB, 101))
    assert answer["details"] == {"field": "credits", "needed": 101, "there": 100}


@each_way
def test_a_partner_whose_wallet_is_full_takes_nothing_and_how_full_it_is_is_not_told(
    supplied, bob, nothing_changes, give
):
    bob.asks_ok(**supply(10**12 - 29))
    nothing_changes()
    answer = supplied.is_refused("partner_balance_limit", **give(BOB, 30))
    assert answer["details"] == {"field": "credits", "most": 10**12}
    assert str(10**12 - 29) not in str(answer)


@each_way
def test_a_partner_takes_credits_up_to_the_limit(supplied, bob, give):
    bob.asks_ok(**supply(10**12 - 30))
    supplied.asks_ok(**give(BOB, 30))
    assert bob.credits == 10**12


@pytest.mark.parametrize("selectors", [{"controller": "system"}, {"ctype": "event"}], ids=str)
def test_a_wrong_path_to_pay_is_answered_with_the_right_one_and_without_the_email(supplied, selectors):
    answer = supplied.is_refused("unknown_instruction", **{**pay(BOB), **selectors})
    assert "client action pay" in answer["details"]["nearest"]
    assert BOB not in str(answer)


def test_pay_without_a_partner_misses_an_argument_and_not_a_selector(supplied):
    answer = supplied.is_refused("missing_argument", action="pay", credits=5)
    assert answer["details"] == {"field": "pay"}


def test_what_the_issuer_has_given_out_is_what_circulates_whoever_holds_it(supplied, bob, wallet_file):
    supplied.asks_ok(**pay(BOB, 30))
    bob.asks_ok(**transfer(ADA, 10))
    (kept,) = rows(wallet_file, "SELECT sum(amount) AS credits FROM balances WHERE unit = 'credit'")
    assert kept["credits"] == 100


# Many people


@contextmanager
def people_on(new_wallet_file: Path, names: str, credits: int) -> Iterator[tuple[list[EngineClient], Path]]:
    """People with that many credits each, on an engine of their own."""
    with TemporaryDirectory() as folder:
        file = Path(shutil.copy(new_wallet_file, folder))
        url = f"sqlite:///{file}"
        with EWalletSessionManager(url, clock=Wallclock(), passwords=CHEAP) as engine:
            people = [EngineClient(engine).opens_a_session().registers(name).logs_in(name) for name in names]
            for person in people:
                person.asks_ok(**supply(credits))
            yield people, file


gifts = some.lists(
    some.tuples(
        some.sampled_from([pay, transfer]),
        some.integers(0, 2),
        some.integers(0, 2),
        some.integers(1, 120),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None)
@given(gifts=gifts)
def test_whatever_three_people_give_each_other_nothing_is_made_and_nothing_lost(new_wallet_file, gifts):
    held = [100, 100, 100]
    with people_on(new_wallet_file, "abc", 100) as (people, file):
        for give, sender, recipient, credits in gifts:
            answer = people[sender].ask(**give(f"{'abc'[recipient]}@example.org", credits))
            assert answer["failed"] is (sender == recipient or credits > held[sender])
            if not answer["failed"]:
                held[sender] -= credits
                held[recipient] += credits
        assert [person.credits for person in people] == held
        assert sum(held) == 300
        assert faults_in(file) == []


def test_eight_who_pay_in_a_ring_at_once_keep_what_they_have(new_wallet_file):
    names = "abcdefgh"
    with people_on(new_wallet_file, names, 20) as (people, file):

        def pays_the_next(place: int) -> list[bool]:
            ahead, behind = names[(place + 1) % 8], names[place - 1]
            gifts = [pay(f"{ahead}@example.org", 3), transfer(f"{behind}@example.org", 2)] * 5
            return [people[place].ask(**gift)["failed"] for gift in gifts]

        with ThreadPoolExecutor(8) as threads:
            failed = [refused for answers in threads.map(pays_the_next, range(8)) for refused in answers]
        assert not any(failed)
        assert [person.credits for person in people] == [20] * 8
        assert faults_in(file) == []


def test_eight_who_all_pay_one_out_of_one_wallet_spend_it_once(new_wallet_file):
    with people_on(new_wallet_file, "ab", 20) as (people, file):
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(lambda _: people[0].ask(**pay("b@example.org", 6)), range(8)))
        assert [answer["failed"] for answer in answers].count(False) == 3
        assert [person.credits for person in people] == [2, 38]
        assert faults_in(file) == []
