"""Filters on one sheet: search and export select the same records."""

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
from owned_items import archive, create_sheet, sheet_key, switch_list
from reports import EXPORT, SEARCH, pages, timed_user


@pytest.fixture
def second_sheet(ada: EngineClient, bob: EngineClient) -> int:
    """Ada's second transfer sheet; a lunch is on each of the two, and a payment to bob on the first."""
    ada.request(**supply(5, notes="Lunch at Émile's"))
    ada.request(**pay("bob@example.org", 2))
    sheet = create_sheet(ada, "transfer")
    ada.request(**switch_list("transfer", sheet))
    ada.request(**supply(7, notes="lunch again"))
    return sheet


def found(caller: EngineClient, **arguments: Any) -> list[dict[str, Any]]:
    """The records of all pages of a search."""
    return [row["record_data"] for page in pages(caller, SEARCH, **arguments) for row in page["rows"]]


def exported(caller: EngineClient, **arguments: Any) -> list[dict[str, Any]]:
    """The records of all pages of an export."""
    contents = [page["content"] for page in pages(caller, EXPORT, format="json", **arguments)]
    return json.loads("".join(contents))


def credits(records: list[dict[str, Any]]) -> list[int]:
    return [record["credits"] for record in records]


def test_a_search_can_be_limited_to_one_sheet(ada, second_sheet):
    arguments = {"kind": "transfer", "text": "LUNCH"}
    assert credits(found(ada, **arguments)) == [7, 5]
    assert credits(found(ada, **arguments, sheet_id=second_sheet)) == [7]
    assert found(ada, kind="transfer", text="émile", sheet_id=second_sheet) == []


def test_a_search_can_be_limited_to_one_contact_list(ada):
    friends = create_sheet(ada, "contact")
    ada.request(**new_contact("Grace"))
    ada.request(**new_contact("Alan", contact_list=friends))
    assert [row["name"] for row in found(ada, kind="contact", sheet_id=friends)] == ["Alan"]


def test_a_search_of_a_sheet_needs_the_kind(ada, second_sheet, nothing_changes):
    nothing_changes()
    answer = ada.expect_error("missing_argument", **SEARCH, sheet_id=second_sheet)
    assert answer["details"] == {"field": "kind"}
    assert "transfer, invoice, conversion, time or contact" in answer["warning"]


def test_a_sheet_of_another_kind_or_account_is_not_found(ada, bob, second_sheet, nothing_changes):
    nothing_changes()
    for caller, kind in ((ada, "invoice"), (bob, "transfer")):
        answer = caller.expect_error("not_found", **SEARCH, kind=kind, sheet_id=second_sheet)
        assert answer["details"] == {"field": "sheet_id"}


def test_an_export_can_be_limited_to_records_with_a_text(ada, second_sheet):
    first_sheet = next(int(sheet) for sheet in archive(ada, "transfer") if int(sheet) != second_sheet)
    assert credits(exported(ada, kind="transfer", text="lunch")) == [7]
    assert credits(exported(ada, kind="transfer", text="LUNCH", sheet_id=first_sheet)) == [5]
    assert credits(exported(ada, kind="transfer", text="bob@", sheet_id=first_sheet)) == [2]


def test_an_export_without_matches_is_a_valid_file(ada, second_sheet):
    assert exported(ada, kind="transfer", text="nowhere") == []
    table = ada.request(**EXPORT, kind="transfer", text="nowhere")
    assert (table["content"].count("\r\n"), table["records"]) == (1, 0)


def test_a_text_filter_applies_to_a_month_of_all_invoice_sheets(ada, second_sheet):
    ada.request(**switch_list("invoice", create_sheet(ada, "invoice")))
    ada.request(**supply(9, notes="lunch once more"))
    assert credits(exported(ada, kind="invoice", month="2026-11", text="lunch")) == [9, 7, 5]


letters = some.text("aBß%_ ", max_size=3)


@settings(max_examples=30, deadline=None)
@given(
    some.lists(some.tuples(some.booleans(), letters), max_size=6),
    letters,
    some.integers(1, 4),
    some.sampled_from(("transfer", "invoice")),
)
def test_search_and_export_of_a_sheet_match_the_search_of_all_sheets(new_wallet, supplies, text, limit, kind):
    with timed_user(new_wallet) as user:
        sheets = [*map(int, archive(user.caller, kind)), create_sheet(user.caller, kind)]
        for is_on_the_second, notes in supplies:
            user.request(**switch_list(kind, sheets[is_on_the_second]))
            user.request(**supply(5, notes=notes))
        of_all = found(user.caller, kind=kind, text=text)
        for sheet in sheets:
            arguments = {"kind": kind, "sheet_id": sheet, "text": text, "limit": limit}
            on_it = [record for record in of_all if record[sheet_key(kind)] == sheet]
            assert found(user.caller, **arguments) == exported(user.caller, **arguments) == on_it
