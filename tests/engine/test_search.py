"""Searching records across all sheets of an account."""

from __future__ import annotations

from functools import partial

import pytest
from database_file import execute_sql
from engine_client import EngineClient
from examples_payments import pay
from examples_sheets import list_verb, new_contact, new_list, record_verb
from fakes import DAY, FRIDAY_NOON, MINUTE
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import START, STOP, edit_account, supply, to_clock
from reports import SEARCH, iso, pages, timed_user

from ewallet_core.lookalikes import skeleton

KINDS = ("transfer", "invoice", "conversion", "time")


def found(caller: EngineClient, **arguments: object) -> list[str]:
    """The references of the records that are found."""
    return [row["record_data"]["reference"] for row in caller.request(**SEARCH, **arguments)["rows"]]


@pytest.fixture
def busy(ada: EngineClient, wallclock) -> EngineClient:
    """Ada with two supplies a minute apart, a conversion and a time record."""
    ada.request(**supply(100, notes="Lunch at Émile's"))
    wallclock.forward(MINUTE)
    ada.request(**supply(50, notes="100% of it", currency="USD"))
    wallclock.forward(MINUTE)
    ada.request(**to_clock(20, notes="an hour_of work"))
    ada.request(**START)
    wallclock.forward(MINUTE)
    ada.request(**STOP)
    return ada


def test_a_search_without_filters_finds_everything_newest_first(busy):
    assert found(busy) == [
        "Time 1",
        "Conversion 1",
        "Transfer 2",
        "Invoice 2",
        "Transfer 1",
        "Invoice 1",
    ]
    assert found(busy, text="") == found(busy)


def test_a_found_record_is_equal_to_that_of_the_list(busy):
    shown = {(kind, data["id"]): data for kind in KINDS for data in busy.records(kind)}
    rows = busy.request(**SEARCH)["rows"]
    assert {(row["kind"], row["record"]): row["record_data"] for row in rows} == shown


def test_a_text_is_found_in_notes_references_and_currencies_ignoring_case(busy):
    assert found(busy, text="éMILE") == ["Transfer 1", "Invoice 1"]
    assert found(busy, text="usd") == ["Invoice 2"]
    assert found(busy, text="NVOICE 1") == ["Invoice 1"]
    assert found(busy, text="nowhere") == []


def test_percent_and_underscore_are_no_wildcards(busy):
    assert found(busy, text="0%") == ["Transfer 2", "Invoice 2"]
    assert found(busy, text="r_o") == ["Conversion 1"]
    assert found(busy, text="%_") == found(busy, text="!") == []


def test_a_transfer_and_its_invoice_are_found_by_the_partners_name_and_email(busy):
    paid = ["Transfer 2", "Invoice 2", "Transfer 1", "Invoice 1"]
    assert found(busy, text="SYSTEM cor") == paid
    assert found(busy, text="core@EWALLET.local") == paid


def test_partners_are_found_alike_among_few_and_many_records(busy, bob, wallet_url):
    busy.request(**pay("bob@example.org", 3))
    bob.request(**pay("ada@example.org", 2))

    def find_all() -> list[list[str]]:
        return [found(busy, text=text, kind=kind) for text in ("bob", "core", "ada") for kind in KINDS]

    among_few = find_all()
    assert among_few[:2] == [["Transfer 4", "Transfer 3"], ["Invoice 4", "Invoice 3"]]
    execute_sql(wallet_url, "UPDATE sheets SET record_count = record_count + 1000")
    assert find_all() == among_few
    execute_sql(wallet_url, "UPDATE sheets SET record_count = record_count - 1000")


def test_records_are_not_found_by_the_users_own_name(busy):
    assert found(busy, text="ada") == found(busy, text="ada@example.org") == []


RENAMED = (
    "UPDATE accounts SET name = 'mint', name_key = 'mint', email = 'm@x.org', email_key = 'm@x.org',"
    f" name_skeleton = '{skeleton('mint')}', email_skeleton = '{skeleton('m@x.org')}' WHERE id = 1"
)


def test_a_partner_is_found_by_the_current_name(busy, wallet_url):
    execute_sql(wallet_url, RENAMED)
    assert found(busy, text="mint", kind="transfer") == ["Transfer 2", "Transfer 1"]
    assert found(busy, text="system core", kind="transfer") == []


def test_an_invoice_is_found_by_the_partners_names_of_then_and_now(busy, wallet_url):
    execute_sql(wallet_url, RENAMED)
    for name in ("mint", "system core"):
        assert found(busy, text=name, kind="invoice") == ["Invoice 2", "Invoice 1"]
    # The searching account's own name is on every invoice.
    assert found(busy, text="ada@example.org") == []


def test_a_search_can_be_limited_to_one_kind(busy):
    for kind in KINDS:
        assert {row["kind"] for row in busy.request(**SEARCH, kind=kind)["rows"]} == {kind}
    assert found(busy, kind="contact") == []


def test_since_is_inclusive_and_until_is_exclusive(busy):
    first, second, third = (iso(FRIDAY_NOON + n * MINUTE) for n in range(3))
    assert found(busy, since=first, until=second) == ["Transfer 1", "Invoice 1"]
    assert found(busy, since=second, until=third) == ["Transfer 2", "Invoice 2"]
    assert found(busy, since=third) == ["Time 1", "Conversion 1"]


def test_a_period_that_ends_before_it_begins_is_refused(busy, nothing_changes):
    nothing_changes()
    busy.expect_error("period_backwards", **SEARCH, since="2026-11-21", until="2026-11-20")


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("kind", "wallet"),
        ("text", "x" * 201),
        ("before", "7"),
        ("before", "1-transfer-1\n"),
        ("before", "1-transfer-" + "9" * 19),
        ("limit", 1_001),
    ],
)
def test_an_invalid_argument_is_refused(busy, nothing_changes, argument, value):
    nothing_changes()
    assert busy.expect_error("bad_value", **SEARCH, **{argument: value})["details"] == {"field": argument}


def test_records_of_other_accounts_are_not_found(busy, bob):
    assert found(bob) == []


def test_unlinked_records_are_not_found(ada):
    for credits in (1, 2):
        ada.request(**supply(credits))
    ada.request(**record_verb("unlink", "transfer", record_id=ada.records("transfer")[-1]["id"]))
    first_sheet = ada.request(**list_verb("view", "invoice"))["invoice_sheet"]
    second_sheet = ada.request(**new_list("invoice"))["invoice_sheet"]
    ada.request(**list_verb("switch", "invoice", sheet_id=second_sheet))
    assert found(ada) == ["Transfer 2", "Invoice 2", "Invoice 1"]
    ada.request(**list_verb("unlink", "invoice", sheet_id=first_sheet))
    assert found(ada) == ["Transfer 2"]


def test_a_contact_is_found_by_its_text(busy):
    busy.request(**new_contact("Grace", user_phone="555 0100", notes="met at the fair"))
    assert found(busy, text="gRaCe@") == found(busy, text="0100") == found(busy, text="fair") == ["Contact 1"]


def test_pages_are_consecutive_despite_new_records(busy):
    first = busy.request(**SEARCH, limit=3)
    busy.request(**supply(1))
    second = busy.request(**SEARCH, limit=3, before=first["next"])
    references = [row["record_data"]["reference"] for row in (*first["rows"], *second["rows"])]
    assert references == ["Time 1", "Conversion 1", "Transfer 2", "Invoice 2", "Transfer 1", "Invoice 1"]
    assert second["next"] is None


def test_the_users_new_name_is_not_taken_for_the_partners(busy):
    busy.request(**edit_account(user_name="system core of it all"))
    assert len(found(busy, text="system core", kind="invoice")) == 2
    assert found(busy, text="of it all") == []


LETTERS = "aAßsSİiÉé%_!ﬁfi 1"
ACTIONS = (partial(supply, 5), partial(to_clock, 1), partial(pay, "bob@example.org", 2))
texts = some.text(LETTERS, max_size=4) | some.sampled_from(("B@", "SYSTEM CORE", "bob"))
waits = some.sampled_from((0, 0, 1, DAY, -DAY))
steps = some.lists(some.tuples(waits, texts, some.sampled_from(ACTIONS)), max_size=6)


def holds(row: dict, text: str) -> bool:
    data = row["record_data"]
    words = " ".join(data.get(name) or "" for name in ("reference", "notes", "currency"))
    is_paid = row["kind"] == "transfer" and data["transfer_type"] != "supply"
    is_paid |= row["kind"] == "invoice" and data["seller_email"] != "core@ewallet.local"
    other = ("bob", "bob@example.org") if is_paid else ("system core", "core@ewallet.local")
    names = other if row["kind"] in ("transfer", "invoice") else ()
    return text.casefold() in words.casefold() or any(text.casefold() in name for name in names)


@settings(max_examples=40, deadline=None)
@given(steps, texts, some.integers(1, 5), some.sampled_from((None, *KINDS)))
def test_a_search_finds_exactly_the_records_with_the_text(new_wallet, steps, text, limit, kind):
    with timed_user(new_wallet) as user:
        for after, notes, action in steps:
            user.request_after(after, **action(notes=notes))
        everything = user.request(**SEARCH)["rows"]
        found = list(pages(user.caller, SEARCH, text=text, kind=kind, limit=limit))
    dates = [row["record_data"]["create_date"] for row in everything]
    assert dates == sorted(dates, reverse=True)
    assert [row for page in found for row in page["rows"]] == [
        row for row in everything if holds(row, text) and kind in (None, row["kind"])
    ]
