"""What belongs together: a transfer, its invoice, its entry in the journal, and what was given back."""

from __future__ import annotations

from typing import Any

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_payments import pay, refund, transfer
from examples_sheets import new_contact, record_verb
from instructions import STOP, supply, view_record
from owned_items import listed, made, switch_list, unlink_list, unlink_record

from ewallet_core.storage.linked_records import MOST_LINKED

BOB = "bob@example.org"


@pytest.fixture
def paid(supplied: EngineClient, bob: EngineClient) -> dict[str, Any]:
    """What ada was answered when she paid bob 30 credits."""
    return supplied.asks_ok(**pay(BOB, 30))


@pytest.fixture
def received(bob: EngineClient, paid: dict[str, Any]) -> int:
    """The number of bob's record of it."""
    return newest(bob)


def newest(caller: EngineClient, kind: str = "transfer") -> int:
    return caller.records(kind)[0]["id"]


def linked(caller: EngineClient, record: int, kind: str = "transfer") -> list[tuple[str, str, int]]:
    """The relation, kind and number of each record that is linked to this one."""
    found = caller.asks_ok(**view_record(kind, record))["linked_records"]
    return [(each["relation"], each["kind"], each["record"]) for each in found]


def left(caller: EngineClient, record: int) -> int | None:
    return caller.asks_ok(**view_record("transfer", record))["left_to_refund"]


def test_a_payment_and_its_invoice_name_each_other(supplied, bob, paid, received):
    sides = (
        (supplied, paid["transfer_record"], paid["invoice_record"]),
        (bob, received, newest(bob, "invoice")),
    )
    for caller, record, invoice in sides:
        assert linked(caller, record) == [("invoice", "invoice", invoice)]
        assert linked(caller, invoice, "invoice") == [("transfer", "transfer", record)]


def test_a_supply_has_an_invoice_and_a_transfer_has_none(supplied, bob):
    assert linked(supplied, newest(supplied)) == [("invoice", "invoice", newest(supplied, "invoice"))]
    supplied.asks_ok(**transfer(BOB, 1))
    for caller in (supplied, bob):
        assert linked(caller, newest(caller)) == []


def test_a_linked_record_is_told_by_its_reference(supplied, paid):
    invoice = supplied.records("invoice")[0]
    (told,) = supplied.asks_ok(**view_record("transfer", paid["transfer_record"]))["linked_records"]
    assert (told["record"], told["reference"]) == (invoice["id"], invoice["reference"])


def test_a_payment_names_its_refunds_and_each_of_them_the_payment_on_either_side(
    supplied, bob, paid, received
):
    for credits in (10, 5):
        bob.asks_ok(**refund(received, credits=credits))
    for caller, payment in ((supplied, paid["transfer_record"]), (bob, received)):
        second, first = (row["id"] for row in caller.records("transfer")[:2])
        assert linked(caller, payment)[1:] == [
            ("refunded_by", "transfer", second),
            ("refunded_by", "transfer", first),
        ]
        assert linked(caller, first) == linked(caller, second) == [("refund_of", "transfer", payment)]


def test_of_many_refunds_the_newest_are_named(supplied, bob):
    supplied.asks_ok(**supply(1))
    supplied.asks_ok(**pay(BOB, MOST_LINKED + 1))
    received = newest(bob)
    given = [bob.asks_ok(**refund(received, credits=1))["transfer_record"] for _ in range(MOST_LINKED + 1)]
    named = [record for relation, _, record in linked(bob, received) if relation == "refunded_by"]
    assert named == given[:0:-1]


def test_what_was_unlinked_is_not_named(supplied, bob, paid, received):
    bob.asks_ok(**refund(received, credits=10))
    given, got = newest(bob), newest(supplied)
    bob.asks_ok(**unlink_record("transfer", received))
    bob.asks_ok(**unlink_record("invoice", newest(bob, "invoice")))
    assert linked(bob, given) == []
    supplied.asks_ok(**unlink_record("transfer", got))
    assert linked(supplied, paid["transfer_record"]) == [("invoice", "invoice", paid["invoice_record"])]


def test_what_was_on_a_sheet_that_was_unlinked_is_not_named(supplied, paid):
    sheet = listed(supplied, "invoice")["id"]
    supplied.asks_ok(**switch_list("invoice", made(supplied, "invoice")))
    assert len(linked(supplied, paid["transfer_record"])) == 1
    supplied.asks_ok(**unlink_list("invoice", sheet))
    assert linked(supplied, paid["transfer_record"]) == []


def test_every_record_but_a_contact_tells_its_entry(running, wallet_file):
    running.asks_ok(**STOP)
    kinds = {"transfer": "supply", "invoice": "supply", "conversion": "credits2clock", "time": "time_spent"}
    for kind, moved in kinds.items():
        answer = running.asks_ok(**view_record(kind, newest(running, kind)))
        (entry,) = rows(wallet_file, "SELECT kind FROM entries WHERE id = ?", answer["entry"])
        assert entry["kind"] == moved
        assert kind in ("transfer", "invoice") or answer["linked_records"] == []


def test_a_contact_has_no_entry_and_is_linked_to_nothing(ada):
    record = ada.asks_ok(**new_contact())["contact_record"]
    answer = ada.asks_ok(**record_verb("view", "contact", record_id=record))
    assert (answer["entry"], answer["linked_records"]) == (None, [])


def test_a_received_payment_tells_what_may_still_be_given_back(bob, received):
    assert left(bob, received) == 30
    bob.asks_ok(**refund(received, credits=10))
    assert left(bob, received) == 20
    bob.asks_ok(**refund(received))
    assert left(bob, received) == 0


def test_what_can_not_be_refunded_tells_nothing_of_it(supplied, bob, paid, received):
    bob.asks_ok(**refund(received, credits=10))
    refunds = ((bob, newest(bob)), (supplied, newest(supplied)))
    supplied.asks_ok(**transfer(BOB, 1))
    supplied_with = supplied.records("transfer")[-1]["id"]
    others = ((supplied, paid["transfer_record"]), (supplied, supplied_with), (bob, newest(bob)))
    assert [left(caller, record) for caller, record in (*refunds, *others)] == [None] * 5
