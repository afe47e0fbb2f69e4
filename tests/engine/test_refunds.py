"""Refunds: who was paid gives it back, in one or in parts, and never more than was paid."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from answer_shapes import misfits
from database_file import changed_by_hand, rows
from engine_client import EngineClient
from examples_payments import REFUND_RECORD, edit_limit, pay, refund, transfer
from instructions import VIEW_ACCOUNT, VIEW_WALLET, supply, to_clock, view_record

from ewallet_core.operations.provisioning import open_wallet

BOB = "bob@example.org"
ADA = "ada@example.org"


@pytest.fixture
def received(supplied, bob) -> int:
    """The number of bob's record of 30 credits that ada has paid him."""
    supplied.asks_ok(**pay(BOB, 30, notes="lunch"))
    return bob.records("transfer")[0]["id"]


def newest(caller: EngineClient) -> dict[str, object]:
    return caller.records("transfer")[0]


def put(wallet_file, name: str, state: str) -> None:
    changed_by_hand(wallet_file, "UPDATE accounts SET state = ? WHERE name = ?", state, name)


def unlink(wallet_file, record_id: int) -> None:
    """Take a record off its sheet, as its owner would."""
    changed_by_hand(wallet_file, "UPDATE transfer_records SET unlinked_at = 1 WHERE id = ?", record_id)
    counted = "(SELECT sheet_id FROM transfer_records WHERE id = ?)"
    changed_by_hand(
        wallet_file, f"UPDATE sheets SET record_count = record_count - 1 WHERE id = {counted}", record_id
    )


def test_a_payment_is_given_back_whole_unless_a_part_is_asked_for(supplied, bob, received):
    answer = bob.asks_ok(**refund(received))
    assert (answer["refunded_to"], answer["refunded_credits"], answer["left_to_refund"]) == (ADA, 30, 0)
    assert (answer["ewallet_credits"], bob.credits, supplied.credits) == (0, 0, 100)


def test_a_payment_is_given_back_in_parts_until_nothing_is_left(supplied, bob, received):
    answers = [bob.asks_ok(**refund(received, credits=credits)) for credits in (10, 5, None)]
    assert [answer["refunded_credits"] for answer in answers] == [10, 5, 15]
    assert [answer["left_to_refund"] for answer in answers] == [20, 15, 0]
    assert (supplied.credits, bob.credits) == (100, 0)


def test_both_sides_have_a_record_of_a_refund_that_names_their_own_of_the_payment(supplied, bob, received):
    paid = newest(supplied)
    answer = bob.asks_ok(**refund(received, credits=10, notes="too dear"))
    given, got = newest(bob), newest(supplied)
    assert given["id"] == answer["transfer_record"]
    assert got["id"] == answer["transfer_record"] + 1
    assert (given["transfer_type"], got["transfer_type"]) == ("refund", "incoming")
    assert (given["refund_of"], got["refund_of"]) == (received, paid["id"])
    for record in (given, got):
        assert misfits(record, REFUND_RECORD) == []
        assert (record["transfer_from"], record["transfer_to"]) == (BOB, ADA)
        assert (record["credits"], record["notes"]) == (10, "too dear")


def test_a_record_says_what_it_gives_back_also_when_it_is_viewed_alone(bob, received):
    record = bob.asks_ok(**refund(received))["transfer_record"]
    assert bob.asks_ok(**view_record("transfer", record))["record_data"]["refund_of"] == received


def test_only_a_refund_says_what_it_gives_back(supplied, bob, received):
    bob.asks_ok(**transfer(ADA, 1))
    bob.asks_ok(**refund(received, credits=1))
    assert ["refund_of" in row for row in bob.records("transfer")] == [True, False, False]
    assert ["refund_of" in row for row in supplied.records("transfer")] == [True, False, False, False]


def test_a_refund_of_a_payment_that_is_unlinked_names_none_on_that_side(supplied, bob, received, wallet_file):
    paid = newest(supplied)["id"]
    bob.asks_ok(**refund(received))
    unlink(wallet_file, paid)
    assert newest(supplied)["refund_of"] is None
    assert newest(bob)["refund_of"] == received


def test_a_refund_leaves_every_invoice_as_it_is(supplied, bob, received):
    before = supplied.records("invoice"), bob.records("invoice")
    bob.asks_ok(**refund(received))
    assert (supplied.records("invoice"), bob.records("invoice")) == before


def test_the_journal_says_which_entry_a_refund_reverses(bob, received, wallet_file):
    bob.asks_ok(**refund(received))
    (payment,) = rows(wallet_file, "SELECT id FROM entries WHERE kind = 'payment'")
    (reversal,) = rows(wallet_file, "SELECT reverses_id FROM entries WHERE kind = 'refund'")
    assert reversal["reverses_id"] == payment["id"]


def test_both_are_told_of_a_refund(supplied, bob, received):
    bob.asks_ok(**refund(received))
    told = [caller.engine.events(**caller.credentials, since=0).events[-1] for caller in (bob, supplied)]
    assert [event["event"] for event in told] == ["credits_left", "credits_arrived"]
    assert [event["data"]["credits"] for event in told] == [30, 30]


def test_a_repeated_request_refunds_once(supplied, bob, received):
    asked = refund(received, credits=10)
    first = bob.asks_ok(**asked, request_id="request-0001")
    assert bob.ask(**asked, request_id="request-0001") == first
    assert supplied.credits == 80


def test_no_more_is_given_back_than_was_paid(supplied, bob, received, nothing_changes):
    bob.asks_ok(**supply(100))
    bob.asks_ok(**refund(received, credits=25))
    nothing_changes()
    answer = bob.is_refused("refund_exceeds_payment", **refund(received, credits=6))
    assert answer["details"] == {"field": "credits", "left": 5}


@pytest.mark.parametrize("credits", [None, 1])
def test_a_payment_that_was_given_back_is_not_given_back_again(bob, received, nothing_changes, credits):
    bob.asks_ok(**supply(100))
    bob.asks_ok(**refund(received))
    nothing_changes()
    answer = bob.is_refused("already_refunded", **refund(received, credits=credits))
    assert answer["details"] == {"field": "record_id"}


def test_each_payment_is_given_back_by_itself(supplied, bob, received):
    supplied.asks_ok(**pay(BOB, 7))
    bob.asks_ok(**refund(received))
    assert bob.asks_ok(**refund(newest(supplied)["id"] - 2))["refunded_credits"] == 7


def test_who_paid_can_not_take_it_back(supplied, bob, received, nothing_changes):
    nothing_changes()
    supplied.is_refused("not_a_payment", **refund(newest(supplied)["id"]))


def test_a_transfer_a_supply_and_a_refund_are_no_payments(supplied, bob, received, nothing_changes):
    supplied.asks_ok(**transfer(BOB, 5))
    transfered = newest(bob)["id"]
    bob.asks_ok(**supply(100))
    bought = newest(bob)["id"]
    bob.asks_ok(**refund(received))
    given_back, got_back = newest(bob)["id"], newest(supplied)["id"]
    nothing_changes()
    for caller, record in ((bob, transfered), (bob, bought), (bob, given_back), (supplied, got_back)):
        answer = caller.is_refused("not_a_payment", **refund(record))
        assert answer["details"] == {"field": "record_id"}


def test_a_payment_to_somebody_else_is_not_found(supplied, received, nothing_changes):
    nothing_changes()
    theirs = supplied.is_refused("not_found", **refund(received))
    assert theirs == supplied.is_refused("not_found", **refund(999))


def test_a_record_that_was_unlinked_can_not_be_refunded(bob, received, wallet_file):
    unlink(wallet_file, received)
    bob.is_refused("not_found", **refund(received))


@pytest.mark.parametrize("state", ["frozen", "unlink_pending", "erased"])
def test_nothing_is_given_back_to_who_can_take_nothing(bob, received, wallet_file, nothing_changes, state):
    put(wallet_file, "ada", state)
    nothing_changes()
    bob.is_refused("partner_unavailable", **refund(received))


def test_what_is_no_longer_there_can_not_be_given_back(bob, received, nothing_changes):
    bob.asks_ok(**to_clock(10))
    nothing_changes()
    answer = bob.is_refused("not_enough_credits", **refund(received))
    assert answer["details"] == {"field": "credits", "needed": 30, "there": 20}


def test_a_refund_is_within_the_daily_limit(bob, received, nothing_changes):
    bob.asks_ok(**edit_limit(29))
    nothing_changes()
    bob.is_refused("daily_limit_reached", **refund(received))


def test_a_payer_whose_wallet_is_full_is_given_nothing_back(supplied, bob, received, nothing_changes):
    supplied.asks_ok(**supply(10**12 - 70))
    nothing_changes()
    bob.is_refused("partner_balance_limit", **refund(received))


@pytest.fixture
def another_wallet(supplied, received, database, wallet_file) -> None:
    """Ada has spent all of her first wallet, and has another active now."""
    supplied.asks_ok(**transfer(BOB, 70))
    account = supplied.asks_ok(**VIEW_ACCOUNT)["account_data"]["id"]
    another = database.write(lambda transaction: open_wallet(transaction, 0, account))
    changed_by_hand(wallet_file, "UPDATE accounts SET ewallet_id = ? WHERE id = ?", another, account)


def credits_by_wallet(wallet_file) -> list[int]:
    found = rows(
        wallet_file,
        "SELECT amount FROM balances JOIN ewallets ON ewallets.balance_id = balances.id"
        " JOIN accounts ON accounts.id = ewallets.account_id"
        " WHERE accounts.name = 'ada' ORDER BY ewallets.id",
    )
    return [wallet["amount"] for wallet in found]


def test_a_refund_goes_to_the_wallet_that_paid(supplied, bob, received, another_wallet, wallet_file):
    bob.asks_ok(**refund(received))
    assert credits_by_wallet(wallet_file) == [30, 0]
    assert supplied.records("transfer") == []


def test_where_the_wallet_that_paid_is_no_more_a_refund_goes_to_the_active_one(
    supplied, bob, received, another_wallet, wallet_file
):
    paid_from = rows(wallet_file, "SELECT min(id) AS id FROM ewallets WHERE account_id <> 1")[0]["id"]
    changed_by_hand(wallet_file, "UPDATE ewallets SET unlinked_at = 1 WHERE id = ?", paid_from)
    bob.asks_ok(**refund(received))
    assert credits_by_wallet(wallet_file) == [0, 30]
    assert supplied.asks_ok(**VIEW_WALLET)["ewallet_data"]["credits"] == 30
    assert newest(supplied)["transfer_type"] == "incoming"


def test_many_who_refund_one_payment_at_once_give_it_back_once(supplied, bob, received):
    bob.asks_ok(**supply(100))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: bob.ask(**refund(received, credits=10)), range(8)))
    assert [answer["failed"] for answer in answers].count(False) == 3
    assert (supplied.credits, bob.credits) == (100, 100)
