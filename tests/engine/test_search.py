"""Finding records across all sheets of an account."""

from __future__ import annotations

from functools import partial

import pytest
from database_file import changed_by_hand
from engine_client import EngineClient
from examples_payments import pay
from examples_sheets import list_verb, new_contact, new_list, record_verb
from fakes import DAY, FRIDAY_NOON, MINUTE
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import START, STOP, edit_account, supply, to_clock
from reports import SEARCH, iso, pages, witness

KINDS = ("transfer", "invoice", "conversion", "time")


def found(caller: EngineClient, **wanted: object) -> list[str]:
    """The references of what is found, which are what a person tells records by."""
    return [row["record_data"]["reference"] for row in caller.asks_ok(**SEARCH, **wanted)["rows"]]


@pytest.fixture
def busy(ada: EngineClient, wallclock) -> EngineClient:
    """Ada with two supplies a minute apart, a conversion and a time record."""
    ada.asks_ok(**supply(100, notes="Lunch at Émile's"))
    wallclock.forward(MINUTE)
    ada.asks_ok(**supply(50, notes="100% of it", currency="USD"))
    wallclock.forward(MINUTE)
    ada.asks_ok(**to_clock(20, notes="an hour_of work"))
    ada.asks_ok(**START)
    wallclock.forward(MINUTE)
    ada.asks_ok(**STOP)
    return ada


def test_a_search_for_nothing_finds_everything_the_newest_first(busy):
    assert found(busy) == [
        "Time 1",
        "Conversion 1",
        "Transfer 2",
        "Invoice 2",
        "Transfer 1",
        "Invoice 1",
    ]
    assert found(busy, text="") == found(busy)


def test_what_is_found_is_the_record_as_the_lists_show_it(busy):
    shown = {(kind, data["id"]): data for kind in KINDS for data in busy.records(kind)}
    rows = busy.asks_ok(**SEARCH)["rows"]
    assert {(row["kind"], row["record"]): row["record_data"] for row in rows} == shown


def test_a_text_is_found_in_notes_references_and_currencies_whatever_its_case(busy):
    assert found(busy, text="éMILE") == ["Transfer 1", "Invoice 1"]
    assert found(busy, text="usd") == ["Invoice 2"]
    assert found(busy, text="NVOICE 1") == ["Invoice 1"]
    assert found(busy, text="nowhere") == []


def test_percent_and_underscore_mean_themselves(busy):
    assert found(busy, text="0%") == ["Transfer 2", "Invoice 2"]
    assert found(busy, text="r_o") == ["Conversion 1"]
    assert found(busy, text="%_") == found(busy, text="!") == []


def test_a_transfer_and_its_invoice_are_found_by_the_other_sides_name_and_email(busy):
    paid = ["Transfer 2", "Invoice 2", "Transfer 1", "Invoice 1"]
    assert found(busy, text="SYSTEM cor") == paid
    assert found(busy, text="core@EWALLET.local") == paid


def test_records_are_not_found_by_the_searchers_own_name(busy):
    assert found(busy, text="ada") == found(busy, text="ada@example.org") == []


def test_the_other_side_is_found_by_the_name_it_has_today(busy, wallet_file):
    changed_by_hand(wallet_file, "UPDATE accounts SET name_key = 'mint', email_key = 'm@x.org' WHERE id = 1")
    assert found(busy, text="mint", kind="transfer") == ["Transfer 2", "Transfer 1"]
    assert found(busy, text="system core") == []


def test_a_search_may_be_for_one_kind(busy):
    for kind in KINDS:
        assert {row["kind"] for row in busy.asks_ok(**SEARCH, kind=kind)["rows"]} == {kind}
    assert found(busy, kind="contact") == []


def test_a_search_begins_with_its_first_millisecond_and_ends_before_its_last(busy):
    first, second, third = (iso(FRIDAY_NOON + n * MINUTE) for n in range(3))
    assert found(busy, since=first, until=second) == ["Transfer 1", "Invoice 1"]
    assert found(busy, since=second, until=third) == ["Transfer 2", "Invoice 2"]
    assert found(busy, since=third) == ["Time 1", "Conversion 1"]


def test_a_period_that_ends_before_it_begins_is_refused(busy, nothing_changes):
    nothing_changes()
    busy.is_refused("period_backwards", **SEARCH, since="2026-11-21", until="2026-11-20")


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
def test_what_no_search_takes_is_refused(busy, nothing_changes, argument, value):
    nothing_changes()
    assert busy.is_refused("bad_value", **SEARCH, **{argument: value})["details"] == {"field": argument}


def test_nothing_of_anybody_else_is_found(busy, bob):
    assert found(bob) == []


def test_what_was_unlinked_is_not_found(ada):
    for credits in (1, 2):
        ada.asks_ok(**supply(credits))
    ada.asks_ok(**record_verb("unlink", "transfer", record_id=ada.records("transfer")[-1]["id"]))
    first_sheet = ada.asks_ok(**list_verb("view", "invoice"))["invoice_sheet"]
    second_sheet = ada.asks_ok(**new_list("invoice"))["invoice_sheet"]
    ada.asks_ok(**list_verb("switch", "invoice", sheet_id=second_sheet))
    assert found(ada) == ["Transfer 2", "Invoice 2", "Invoice 1"]
    ada.asks_ok(**list_verb("unlink", "invoice", sheet_id=first_sheet))
    assert found(ada) == ["Transfer 2"]


def test_a_contact_is_found_by_its_words(busy):
    busy.asks_ok(**new_contact("Grace", user_phone="555 0100", notes="met at the fair"))
    assert found(busy, text="gRaCe@") == found(busy, text="0100") == found(busy, text="fair") == ["Contact 1"]


def test_a_page_goes_on_where_the_one_before_ended_whatever_is_new(busy):
    first = busy.asks_ok(**SEARCH, limit=3)
    busy.asks_ok(**supply(1))
    second = busy.asks_ok(**SEARCH, limit=3, before=first["next"])
    references = [row["record_data"]["reference"] for row in (*first["rows"], *second["rows"])]
    assert references == ["Time 1", "Conversion 1", "Transfer 2", "Invoice 2", "Transfer 1", "Invoice 1"]
    assert second["next"] is None


def test_the_searchers_other_name_is_no_other_side(busy):
    busy.asks_ok(**edit_account(user_name="system core of it all"))
    assert len(found(busy, text="system core", kind="invoice")) == 2
    assert found(busy, text="of it all") == []


LETTERS = "aAßsSİiÉé%_!ﬁfi 1"
DOINGS = (partial(supply, 5), partial(to_clock, 1), partial(pay, "bob@example.org", 2))
texts = some.text(LETTERS, max_size=4) | some.sampled_from(("B@", "SYSTEM CORE", "bob"))
waits = some.sampled_from((0, 0, 1, DAY, -DAY))
steps = some.lists(some.tuples(waits, texts, some.sampled_from(DOINGS)), max_size=6)


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
def test_a_search_finds_exactly_what_holds_the_text(new_wallet_file, steps, text, limit, kind):
    with witness(new_wallet_file) as somebody:
        for after, notes, doing in steps:
            somebody.does(after, **doing(notes=notes))
        everything = somebody.asks_ok(**SEARCH)["rows"]
        found = list(pages(somebody.caller, SEARCH, text=text, kind=kind, limit=limit))
    dates = [row["record_data"]["create_date"] for row in everything]
    assert dates == sorted(dates, reverse=True)
    assert [row for page in found for row in page["rows"]] == [
        row for row in everything if holds(row, text) and kind in (None, row["kind"])
    ]
