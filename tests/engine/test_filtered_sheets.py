"""One filter on one sheet: a search finds what it shows, and an export takes that along."""

from __future__ import annotations

import json
from typing import Any

import pytest
from engine_client import EngineClient
from examples_payments import pay
from examples_sheets import new_contact
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import supply
from owned_items import archive, made, sheet_key, switch_list
from reports import EXPORT, SEARCH, pages, witness


@pytest.fixture
def second_sheet(ada: EngineClient, bob: EngineClient) -> int:
    """Ada's second transfer sheet; a lunch is on each of the two, and a payment to bob on the first."""
    ada.asks_ok(**supply(5, notes="Lunch at Émile's"))
    ada.asks_ok(**pay("bob@example.org", 2))
    sheet = made(ada, "transfer")
    ada.asks_ok(**switch_list("transfer", sheet))
    ada.asks_ok(**supply(7, notes="lunch again"))
    return sheet


def found(caller: EngineClient, **wanted: Any) -> list[dict[str, Any]]:
    """The records that a search finds."""
    return [row["record_data"] for page in pages(caller, SEARCH, **wanted) for row in page["rows"]]


def exported(caller: EngineClient, **wanted: Any) -> list[dict[str, Any]]:
    """The records that an export has."""
    contents = [page["content"] for page in pages(caller, EXPORT, format="json", **wanted)]
    return json.loads("".join(contents))


def credits(records: list[dict[str, Any]]) -> list[int]:
    return [record["credits"] for record in records]


def test_a_search_may_be_for_one_sheet(ada, second_sheet):
    wanted = {"kind": "transfer", "text": "LUNCH"}
    assert credits(found(ada, **wanted)) == [7, 5]
    assert credits(found(ada, **wanted, sheet_id=second_sheet)) == [7]
    assert found(ada, kind="transfer", text="émile", sheet_id=second_sheet) == []


def test_a_search_may_be_for_one_list_of_contacts(ada):
    friends = made(ada, "contact")
    ada.asks_ok(**new_contact("Grace"))
    ada.asks_ok(**new_contact("Alan", contact_list=friends))
    assert [row["name"] for row in found(ada, kind="contact", sheet_id=friends)] == ["Alan"]


def test_a_sheet_is_searched_with_its_kind(ada, second_sheet, nothing_changes):
    nothing_changes()
    answer = ada.is_refused("missing_argument", **SEARCH, sheet_id=second_sheet)
    assert answer["details"] == {"field": "kind"}
    assert "transfer, invoice, conversion, time or contact" in answer["warning"]


def test_a_sheet_of_another_kind_or_of_somebody_else_is_not_searched(ada, bob, second_sheet, nothing_changes):
    nothing_changes()
    for caller, kind in ((ada, "invoice"), (bob, "transfer")):
        answer = caller.is_refused("not_found", **SEARCH, kind=kind, sheet_id=second_sheet)
        assert answer["details"] == {"field": "sheet_id"}


def test_an_export_may_be_of_what_holds_a_text(ada, second_sheet):
    first_sheet = next(int(sheet) for sheet in archive(ada, "transfer") if int(sheet) != second_sheet)
    assert credits(exported(ada, kind="transfer", text="lunch")) == [7]
    assert credits(exported(ada, kind="transfer", text="LUNCH", sheet_id=first_sheet)) == [5]
    assert credits(exported(ada, kind="transfer", text="bob@", sheet_id=first_sheet)) == [2]


def test_an_export_in_which_nothing_holds_the_text_is_a_file_too(ada, second_sheet):
    assert exported(ada, kind="transfer", text="nowhere") == []
    table = ada.asks_ok(**EXPORT, kind="transfer", text="nowhere")
    assert (table["content"].count("\r\n"), table["records"]) == (1, 0)


def test_a_text_is_looked_for_in_a_month_of_all_invoice_sheets(ada, second_sheet):
    ada.asks_ok(**switch_list("invoice", made(ada, "invoice")))
    ada.asks_ok(**supply(9, notes="lunch once more"))
    assert credits(exported(ada, kind="invoice", month="2026-11", text="lunch")) == [9, 7, 5]


letters = some.text("aBß%_ ", max_size=3)


@settings(max_examples=30, deadline=None)
@given(
    some.lists(some.tuples(some.booleans(), letters), max_size=6),
    letters,
    some.integers(1, 4),
    some.sampled_from(("transfer", "invoice")),
)
def test_what_is_found_and_exported_of_a_sheet_is_what_is_found_of_all_that_is_on_it(
    new_wallet_file, supplies, text, limit, kind
):
    with witness(new_wallet_file) as somebody:
        sheets = [*map(int, archive(somebody.caller, kind)), made(somebody.caller, kind)]
        for is_on_the_second, notes in supplies:
            somebody.asks_ok(**switch_list(kind, sheets[is_on_the_second]))
            somebody.asks_ok(**supply(5, notes=notes))
        of_all = found(somebody.caller, kind=kind, text=text)
        for sheet in sheets:
            wanted = {"kind": kind, "sheet_id": sheet, "text": text, "limit": limit}
            on_it = [record for record in of_all if record[sheet_key(kind)] == sheet]
            assert found(somebody.caller, **wanted) == exported(somebody.caller, **wanted) == on_it
