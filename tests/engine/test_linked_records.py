"""Linked records: a transfer, its invoice, its journal entry and its refunds."""

from __future__ import annotations

from typing import Any

import pytest
from database_file import rows
from engine_client import EngineClient
from examples_payments import pay, refund, transfer
from examples_sheets import new_contact, record_verb
from instructions import STOP, supply, view_record
from owned_items import create_sheet, switch_list, unlink_list, unlink_record, view_sheet

from ewallet_core.storage.linked_records import MOST_LINKED

BOB = "bob@example.org"


@pytest.fixture
def paid(supplied: EngineClient, bob: EngineClient) -> dict[str, Any]:
    """The answer to ada's payment of 30 credits to bob."""
    return supplied.request(**pay(BOB, 30))


@pytest.fixture
def received(bob: EngineClient, paid: dict[str, Any]) -> int:
    """The id of bob's record of it."""
    return newest(bob)


def newest(caller: EngineClient, kind: str = "transfer") -> int:
    return caller.records(kind)[0]["id"]


def linked(caller: EngineClient, record: int, kind: str = "transfer") -> list[tuple[str, str, int]]:
    """The relation, kind and id of each record that is linked to this one."""
    found = caller.request(**view_record(kind, record))["linked_records"]
    return [(each["relation"], each["kind"], each["record"]) for each in found]


def left_to_refund(caller: EngineClient, record: int) -> int | None:
    return caller.request(**view_record("transfer", record))["left_to_refund"]


def test_a_payment_and_its_invoice_are_linked(supplied, bob, paid, received):
    sides = (
        (supplied, paid["transfer_record"], paid["invoice_record"]),
        (bob, received, newest(bob, "invoice")),
    )
    for caller, record, invoice in sides:
        assert linked(caller, record) == [("invoice", "invoice", invoice)]
        assert linked(caller, invoice, "invoice") == [("transfer", "transfer", record)]


def test_a_supply_has_an_invoice_and_a_transfer_has_none(supplied, bob):
    assert linked(supplied, newest(supplied)) == [("invoice", "invoice", newest(supplied, "invoice"))]
    supplied.request(**transfer(BOB, 1))
    for caller in (supplied, bob):
        assert linked(caller, newest(caller)) == []


def test_a_linked_record_is_answered_with_its_reference(supplied, paid):
    invoice = supplied.records("invoice")[0]
    (link,) = supplied.request(**view_record("transfer", paid["transfer_record"]))["linked_records"]
    assert (link["record"], link["reference"]) == (invoice["id"], invoice["reference"])


def test_a_payment_and_its_refunds_are_linked_on_both_sides(supplied, bob, paid, received):
    for credits in (10, 5):
        bob.request(**refund(received, credits=credits))
    for caller, payment in ((supplied, paid["transfer_record"]), (bob, received)):
        second, first = (row["id"] for row in caller.records("transfer")[:2])
        assert linked(caller, payment)[1:] == [
            ("refunded_by", "transfer", second),
            ("refunded_by", "transfer", first),
        ]
        assert linked(caller, first) == linked(caller, second) == [("refund_of", "transfer", payment)]
        assert linked(caller, newest(caller, "invoice"), "invoice") == [
            ("transfer", "transfer", payment),
            *linked(caller, payment)[1:],
        ]


def test_only_the_newest_of_many_refunds_are_linked(supplied, bob):
    supplied.request(**supply(1))
    supplied.request(**pay(BOB, MOST_LINKED + 1))
    received = newest(bob)
    given = [bob.request(**refund(received, credits=1))["transfer_record"] for _ in range(MOST_LINKED + 1)]
    named = [record for relation, _, record in linked(bob, received) if relation == "refunded_by"]
    assert named == given[:0:-1]


def test_unlinked_records_are_not_listed_as_links(supplied, bob, paid, received):
    bob.request(**refund(received, credits=10))
    given, got = newest(bob), newest(supplied)
    bob.request(**unlink_record("transfer", received))
    bob.request(**unlink_record("invoice", newest(bob, "invoice")))
    assert linked(bob, given) == []
    supplied.request(**unlink_record("transfer", got))
    assert linked(supplied, paid["transfer_record"]) == [("invoice", "invoice", paid["invoice_record"])]


def test_records_of_an_unlinked_sheet_are_not_listed_as_links(supplied, paid):
    sheet = view_sheet(supplied, "invoice")["id"]
    supplied.request(**switch_list("invoice", create_sheet(supplied, "invoice")))
    assert len(linked(supplied, paid["transfer_record"])) == 1
    supplied.request(**unlink_list("invoice", sheet))
    assert linked(supplied, paid["transfer_record"]) == []


def test_every_record_except_a_contact_names_its_entry(running, wallet_url):
    running.request(**STOP)
    kinds = {"transfer": "supply", "invoice": "supply", "conversion": "credits2clock", "time": "time_spent"}
    for kind, moved in kinds.items():
        answer = running.request(**view_record(kind, newest(running, kind)))
        (entry,) = rows(wallet_url, "SELECT kind FROM entries WHERE id = ?", answer["entry"])
        assert entry["kind"] == moved
        assert kind in ("transfer", "invoice") or answer["linked_records"] == []


def test_a_contact_has_no_entry_and_no_links(ada):
    record = ada.request(**new_contact())["contact_record"]
    answer = ada.request(**record_verb("view", "contact", record_id=record))
    assert (answer["entry"], answer["linked_records"]) == (None, [])


def test_a_received_payment_shows_the_credits_left_to_refund(bob, received):
    assert left_to_refund(bob, received) == 30
    bob.request(**refund(received, credits=10))
    assert left_to_refund(bob, received) == 20
    bob.request(**refund(received))
    assert left_to_refund(bob, received) == 0


def test_other_records_have_no_credits_left_to_refund(supplied, bob, paid, received):
    bob.request(**refund(received, credits=10))
    refunds = ((bob, newest(bob)), (supplied, newest(supplied)))
    supplied.request(**transfer(BOB, 1))
    supplied_with = supplied.records("transfer")[-1]["id"]
    others = ((supplied, paid["transfer_record"]), (supplied, supplied_with), (bob, newest(bob)))
    assert [left_to_refund(caller, record) for caller, record in (*refunds, *others)] == [None] * 5
