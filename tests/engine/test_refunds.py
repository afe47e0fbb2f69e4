"""Refunds: a recipient returns a payment, whole or in parts, and never more than was paid."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from answer_shapes import shape_errors
from database_file import execute_sql, rows, set_account_state
from engine_client import EngineClient
from examples_payments import REFUND_RECORD, edit_limit, pay, refund, transfer
from instructions import VIEW_ACCOUNT, VIEW_WALLET, supply, to_clock, view_record
from owned_items import unlink_record

from ewallet_core.operations.provisioning import open_wallet

BOB = "bob@example.org"
ADA = "ada@example.org"


@pytest.fixture
def received(supplied, bob) -> int:
    """The id of bob's record of a payment of 30 credits by ada."""
    supplied.request(**pay(BOB, 30, notes="lunch"))
    return bob.records("transfer")[0]["id"]


def newest(caller: EngineClient) -> dict[str, object]:
    return caller.records("transfer")[0]


def unlink(wallet_url, record_id: int) -> None:
    """Take a record off its sheet, as its owner would."""
    execute_sql(wallet_url, "UPDATE transfer_records SET unlinked_at = 1 WHERE id = ?", record_id)
    counted = "(SELECT sheet_id FROM transfer_records WHERE id = ?)"
    execute_sql(
        wallet_url, f"UPDATE sheets SET record_count = record_count - 1 WHERE id = {counted}", record_id
    )


def test_a_payment_is_refunded_whole_by_default(supplied, bob, received):
    answer = bob.request(**refund(received))
    assert (answer["refunded_to"], answer["refunded_credits"], answer["left_to_refund"]) == (ADA, 30, 0)
    assert (answer["ewallet_credits"], bob.credits, supplied.credits) == (0, 0, 100)


def test_a_payment_can_be_refunded_in_parts(supplied, bob, received):
    answers = [bob.request(**refund(received, credits=credits)) for credits in (10, 5, None)]
    assert [answer["refunded_credits"] for answer in answers] == [10, 5, 15]
    assert [answer["left_to_refund"] for answer in answers] == [20, 15, 0]
    assert (supplied.credits, bob.credits) == (100, 0)


def test_both_sides_get_a_refund_record_that_names_their_record_of_the_payment(supplied, bob, received):
    paid = newest(supplied)
    answer = bob.request(**refund(received, credits=10, notes="too dear"))
    given, got = newest(bob), newest(supplied)
    assert given["id"] == answer["transfer_record"]
    assert got["id"] == answer["transfer_record"] + 1
    assert (given["transfer_type"], got["transfer_type"]) == ("refund", "incoming")
    assert (given["refund_of"], got["refund_of"]) == (received, paid["id"])
    for record in (given, got):
        assert shape_errors(record, REFUND_RECORD) == []
        assert (record["transfer_from"], record["transfer_to"]) == (BOB, ADA)
        assert (record["credits"], record["notes"]) == (10, "too dear")


def test_a_single_refund_record_names_the_payment(bob, received):
    record = bob.request(**refund(received))["transfer_record"]
    assert bob.request(**view_record("transfer", record))["record_data"]["refund_of"] == received


def test_only_a_refund_names_a_payment(supplied, bob, received):
    bob.request(**transfer(ADA, 1))
    bob.request(**refund(received, credits=1))
    assert ["refund_of" in row for row in bob.records("transfer")] == [True, False, False]
    assert ["refund_of" in row for row in supplied.records("transfer")] == [True, False, False, False]


def test_a_refund_does_not_name_an_unlinked_payment_record(supplied, bob, received, wallet_url):
    paid = newest(supplied)["id"]
    bob.request(**refund(received))
    unlink(wallet_url, paid)
    assert newest(supplied)["refund_of"] is None
    assert newest(bob)["refund_of"] == received


def test_a_refund_changes_no_invoice(supplied, bob, received):
    before = supplied.records("invoice"), bob.records("invoice")
    bob.request(**refund(received))
    assert (supplied.records("invoice"), bob.records("invoice")) == before


def test_the_entry_of_a_refund_names_the_entry_it_reverses(bob, received, wallet_url):
    bob.request(**refund(received))
    (payment,) = rows(wallet_url, "SELECT id FROM entries WHERE kind = 'payment'")
    (reversal,) = rows(wallet_url, "SELECT reverses_id FROM entries WHERE kind = 'refund'")
    assert reversal["reverses_id"] == payment["id"]


def test_both_sides_get_an_event_of_a_refund(supplied, bob, received):
    bob.request(**refund(received))
    events = [caller.engine.events(**caller.credentials, since=0).events[-1] for caller in (bob, supplied)]
    assert [event["event"] for event in events] == ["credits_left", "credits_arrived"]
    assert [event["data"]["credits"] for event in events] == [30, 30]


def test_a_repeated_request_refunds_once(supplied, bob, received):
    instruction = refund(received, credits=10)
    first = bob.request(**instruction, request_id="request-0001")
    assert bob.send(**instruction, request_id="request-0001") == first
    assert supplied.credits == 80


def test_a_refund_beyond_the_payment_is_refused(supplied, bob, received, nothing_changes):
    bob.request(**supply(100))
    bob.request(**refund(received, credits=25))
    nothing_changes()
    answer = bob.expect_error("refund_exceeds_payment", **refund(received, credits=6))
    assert answer["details"] == {"field": "credits", "left": 5}


@pytest.mark.parametrize("credits", [None, 1])
def test_a_refunded_payment_can_not_be_refunded_again(bob, received, nothing_changes, credits):
    bob.request(**supply(100))
    bob.request(**refund(received))
    nothing_changes()
    answer = bob.expect_error("already_refunded", **refund(received, credits=credits))
    assert answer["details"] == {"field": "record_id"}


def test_each_payment_is_refunded_separately(supplied, bob, received):
    supplied.request(**pay(BOB, 7))
    second = newest(bob)["id"]
    bob.request(**refund(received))
    assert bob.request(**refund(second))["refunded_credits"] == 7


def test_the_payer_can_not_refund_a_payment(supplied, bob, received, nothing_changes):
    nothing_changes()
    supplied.expect_error("not_a_payment", **refund(newest(supplied)["id"]))


def test_transfers_supplies_and_refunds_can_not_be_refunded(supplied, bob, received, nothing_changes):
    supplied.request(**transfer(BOB, 5))
    transfered = newest(bob)["id"]
    bob.request(**supply(100))
    bought = newest(bob)["id"]
    bob.request(**refund(received))
    given_back, got_back = newest(bob)["id"], newest(supplied)["id"]
    nothing_changes()
    for caller, record in ((bob, transfered), (bob, bought), (bob, given_back), (supplied, got_back)):
        answer = caller.expect_error("not_a_payment", **refund(record))
        assert answer["details"] == {"field": "record_id"}


def test_a_payment_to_another_account_is_not_found(supplied, received, nothing_changes):
    nothing_changes()
    theirs = supplied.expect_error("not_found", **refund(received))
    assert theirs == supplied.expect_error("not_found", **refund(999))


def test_a_removed_payment_can_be_refunded(bob, supplied, received):
    bob.request(**unlink_record("transfer", received))
    assert bob.request(**refund(received))["left_to_refund"] == 0
    assert supplied.credits == 100
    bob.expect_error("already_refunded", **refund(received))


@pytest.mark.parametrize("state", ["frozen", "unlink_pending", "erased"])
def test_a_payer_who_can_not_be_paid_can_not_be_refunded(bob, received, wallet_url, nothing_changes, state):
    set_account_state(wallet_url, "ada", state)
    nothing_changes()
    bob.expect_error("partner_unavailable", **refund(received))


def test_a_refund_beyond_the_balance_is_refused(bob, received, nothing_changes):
    bob.request(**to_clock(10))
    nothing_changes()
    answer = bob.expect_error("not_enough_credits", **refund(received))
    assert answer["details"] == {"field": "credits", "needed": 30, "there": 20}


def test_a_refund_beyond_the_daily_limit_is_refused(bob, received, nothing_changes):
    bob.request(**edit_limit(29))
    nothing_changes()
    bob.expect_error("daily_limit_reached", **refund(received))


def test_a_refund_beyond_the_payers_balance_limit_is_refused(supplied, bob, received, nothing_changes):
    supplied.request(**supply(10**12 - 70))
    nothing_changes()
    bob.expect_error("partner_balance_limit", **refund(received))


@pytest.fixture
def another_wallet(supplied, received, database, wallet_url) -> None:
    """Ada has spent all credits of her first wallet, and another one is active."""
    supplied.request(**transfer(BOB, 70))
    account = supplied.request(**VIEW_ACCOUNT)["account_data"]["id"]
    another = database.write(lambda transaction: open_wallet(transaction, 0, account))
    execute_sql(wallet_url, "UPDATE accounts SET ewallet_id = ? WHERE id = ?", another, account)


def credits_by_wallet(wallet_url) -> list[int]:
    found = rows(
        wallet_url,
        "SELECT amount FROM balances JOIN ewallets ON ewallets.balance_id = balances.id"
        " JOIN accounts ON accounts.id = ewallets.account_id"
        " WHERE accounts.name = 'ada' ORDER BY ewallets.id",
    )
    return [wallet["amount"] for wallet in found]


def test_a_refund_goes_to_the_wallet_that_paid(supplied, bob, received, another_wallet, wallet_url):
    bob.request(**refund(received))
    assert credits_by_wallet(wallet_url) == [30, 0]
    assert supplied.records("transfer") == []


def test_a_refund_goes_to_the_active_wallet_if_the_paying_one_is_unlinked(
    supplied, bob, received, another_wallet, wallet_url
):
    paid_from = rows(wallet_url, "SELECT min(id) AS id FROM ewallets WHERE account_id <> 1")[0]["id"]
    execute_sql(wallet_url, "UPDATE ewallets SET unlinked_at = 1 WHERE id = ?", paid_from)
    bob.request(**refund(received))
    assert credits_by_wallet(wallet_url) == [0, 30]
    assert supplied.request(**VIEW_WALLET)["ewallet_data"]["credits"] == 30
    assert newest(supplied)["transfer_type"] == "incoming"


def test_concurrent_refunds_do_not_exceed_the_payment(supplied, bob, received):
    bob.request(**supply(100))
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: bob.send(**refund(received, credits=10)), range(8)))
    assert [answer["failed"] for answer in answers].count(False) == 3
    assert (supplied.credits, bob.credits) == (100, 100)
