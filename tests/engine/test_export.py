"""Exporting a sheet as a file, page by page."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from engine_client import EngineClient
from examples_payments import pay, refund
from examples_sheets import list_verb, new_contact, new_list, record_verb
from fakes import DAY, FRIDAY_NOON, MINUTE
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import START, STOP, supply, to_clock
from reports import EXPORT, iso, pages, timed_user

KINDS = ("transfer", "invoice", "conversion", "time")
FORMATS = ("csv", "json", "jsonl")
LARGEST_ANSWER = 48 * 1_024


def file_of(caller: EngineClient, kind: str, **more: Any) -> str:
    """The whole file: the pages' contents, one after another."""
    return "".join(page["content"] for page in pages(caller, EXPORT, kind=kind, **more))


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def as_cells(row: dict[str, Any], kind: str = "") -> dict[str, str]:
    """The row as CSV cells, with an empty cell for every value that the record lacks."""
    empty = {"refund_of": ""} if kind == "transfer" else {}
    return empty | {name: "" if value is None else str(value) for name, value in row.items()}


@pytest.fixture
def busy(ada: EngineClient, bob: EngineClient, wallclock) -> EngineClient:
    """Ada with three supplies, a payment, its refund, two conversions and a time record."""
    for credits in (1, 2, 3):
        ada.request(**supply(credits, notes=f'"{credits}", or\nso'))
        wallclock.forward(MINUTE)
    paid = ada.request(**pay("bob@example.org", 3))["transfer_record"]
    bob.request(**refund(bob.records("transfer")[0]["id"], credits=2))
    assert ada.records("transfer")[0]["refund_of"] == paid
    for credits in (1, 2):
        ada.request(**to_clock(credits))
    ada.request(**START)
    wallclock.forward(MINUTE)
    ada.request(**STOP)
    return ada


@pytest.mark.parametrize("limit", [1, 2, 1000])
@pytest.mark.parametrize("kind", KINDS)
def test_an_export_has_the_records_of_the_list(busy, kind, limit):
    shown = busy.records(kind)
    assert json.loads(file_of(busy, kind, format="json", limit=limit)) == shown
    lines = file_of(busy, kind, format="jsonl", limit=limit).splitlines()
    assert [json.loads(line) for line in lines] == shown
    assert read_csv(file_of(busy, kind, limit=limit)) == [as_cells(row, kind) for row in shown]


@pytest.mark.parametrize("kind", [*KINDS, "contact"])
def test_an_empty_sheet_is_exported_as_a_valid_file(ada, kind):
    assert json.loads(file_of(ada, kind, format="json")) == []
    assert file_of(ada, kind, format="jsonl") == ""
    header = file_of(ada, kind, format="csv")
    assert header.startswith("id,")
    assert header.index("\r\n") == len(header) - 2


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_sheets_columns_are_those_of_a_full_one(busy, kind):
    empty = {"until": "2026-11-01"}
    assert file_of(busy, kind).splitlines()[0] == file_of(busy, kind, **empty).splitlines()[0]


def test_a_page_names_its_sheet_kind_format_and_file(busy):
    page = busy.request(**EXPORT, kind="invoice", format="jsonl", limit=2)
    sheet = busy.request(action="view", view="invoice", invoice="list")["invoice_sheet"]
    assert (page["sheet"], page["kind"], page["format"]) == (sheet, "invoice", "jsonl")
    assert page["file_name"] == f"invoice-sheet-{sheet}.jsonl"
    assert page["records"] == len(page["content"].splitlines()) == 2
    assert busy.request(**EXPORT, kind="contact")["file_name"].startswith("contact-list-")


def test_an_export_is_csv_unless_asked_for_another_format(busy):
    assert busy.request(**EXPORT, kind="time") == busy.request(**EXPORT, kind="time", format="csv")


def test_csv_lines_end_and_quote_as_the_standard_says(busy):
    text = file_of(busy, "transfer")
    assert text.count("\r\n") == 6
    assert '"""3"", or\nso"' in text


@pytest.mark.parametrize(
    "notes",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "\tx",
        "\rx",
        "\n=1",
        "\N{FULLWIDTH EQUALS SIGN}1+1",
        "=",
        "-",
        "+44-1",
    ],
)
def test_text_that_a_spreadsheet_would_run_as_a_formula_is_escaped(ada, notes):
    ada.request(**supply(5, notes=notes))
    assert read_csv(file_of(ada, "transfer"))[0]["notes"] == f"'{notes}"
    assert json.loads(file_of(ada, "transfer", format="json"))[0]["notes"] == notes


@pytest.mark.parametrize("notes", ["1+1", "-5", "-5.25", "+44 (20) 79", "a=b", "'=x", " =x"])
def test_text_that_is_no_formula_is_unchanged(ada, notes):
    ada.request(**supply(5, notes=notes))
    assert read_csv(file_of(ada, "transfer"))[0]["notes"] == notes


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("character", ["x", "\N{PILE OF POO}", '"', "\\", "\n", "\x01"], ids=ascii)
def test_no_answer_is_longer_than_48_kib_in_any_format(ada, format, character):
    for credits in range(1, 51):
        ada.request(**supply(credits, notes=character * 1_000))
    found = list(pages(ada, EXPORT, kind="invoice", format=format))
    for escaped in (True, False):
        assert max(len(json.dumps(page, ensure_ascii=escaped).encode()) for page in found) < LARGEST_ANSWER
    assert len(found) > 1
    assert sum(page["records"] for page in found) == 50


def test_a_page_is_filled_up_to_the_size_limit(ada):
    for credits in range(1, 201):
        ada.request(**supply(credits))
    first, *_ = pages(ada, EXPORT, kind="transfer", format="jsonl")
    assert len(first["content"].encode()) > 24 * 1_024


def test_an_export_can_be_limited_to_a_period(busy):
    between = {"since": iso(FRIDAY_NOON + MINUTE), "until": iso(FRIDAY_NOON + 2 * MINUTE)}
    exported = json.loads(file_of(busy, "transfer", format="json", **between))
    assert [row["credits"] for row in exported] == [2]


def test_an_export_can_be_limited_to_a_month(ada, wallclock):
    wallclock.now += 10 * DAY
    ada.open_session().log_in()
    for after in (0, 12 * 60 * MINUTE - 1, 1):
        wallclock.forward(after)
        ada.open_session().log_in()
        ada.request(**supply(5))
    dates = {
        month: [
            row["create_date"][:10]
            for row in json.loads(file_of(ada, "transfer", format="json", month=month))
        ]
        for month in ("2026-10", "2026-11", "2026-12")
    }
    assert dates == {"2026-10": [], "2026-11": ["2026-11-30"] * 2, "2026-12": ["2026-12-01"]}


def test_an_export_of_a_month_of_invoices_covers_all_invoice_sheets(ada):
    ada.request(**supply(1))
    first_sheet = ada.request(**EXPORT, kind="invoice")["sheet"]
    second_sheet = ada.request(**new_list("invoice"))["invoice_sheet"]
    ada.request(**list_verb("switch", "invoice", sheet_id=second_sheet))
    ada.request(**supply(2))
    month = ada.request(**EXPORT, kind="invoice", month="2026-11", format="json")
    assert [row["credits"] for row in json.loads(month["content"])] == [2, 1]
    assert (month["sheet"], month["file_name"]) == (None, "invoices-2026-11.json")
    one = ada.request(**EXPORT, kind="invoice", month="2026-11", format="json", sheet_id=first_sheet)
    assert [row["credits"] for row in json.loads(one["content"])] == [1]
    assert one["file_name"] == f"invoice-sheet-{first_sheet}-2026-11.json"
    transfers = ada.request(**EXPORT, kind="transfer", month="2026-11")
    assert transfers["sheet"] is not None


@pytest.mark.parametrize("end", ["since", "until"])
def test_a_month_excludes_since_and_until(ada, nothing_changes, end):
    nothing_changes()
    answer = ada.expect_error(
        "arguments_clash", **EXPORT, kind="time", month="2026-11", **{end: "2026-11-20"}
    )
    assert answer["details"]["fields"] == ["month", end]


def test_a_period_that_ends_before_it_begins_is_refused(ada, nothing_changes):
    nothing_changes()
    ada.expect_error("period_backwards", **EXPORT, kind="time", since="2026-11-21", until="2026-11-20")


@pytest.mark.parametrize("sheet_id", [999, 2, 7])
def test_a_sheet_of_another_account_or_kind_is_not_found(ada, nothing_changes, sheet_id):
    nothing_changes()
    answer = ada.expect_error("not_found", **EXPORT, kind="invoice", sheet_id=sheet_id)
    assert answer["details"] == {"field": "sheet_id"}


@pytest.mark.parametrize(
    ("argument", "value"),
    [("kind", "wallet"), ("format", "xml"), ("month", "2026-13"), ("month", "2026-11-01"), ("before", "x")],
)
def test_an_invalid_argument_is_refused(ada, nothing_changes, argument, value):
    nothing_changes()
    answer = ada.expect_error("bad_value", **{**EXPORT, "kind": "time", argument: value})
    assert answer["details"] == {"field": argument}


def test_unlinked_records_are_not_exported(ada):
    for credits in (1, 2, 3):
        ada.request(**supply(credits))
    oldest = ada.records("transfer")[-1]["id"]
    first, *_ = pages(ada, EXPORT, kind="transfer", format="json", limit=2)
    ada.request(**record_verb("unlink", "transfer", record_id=oldest))
    rest = ada.request(**EXPORT, kind="transfer", format="json", limit=2, before=first["next"])
    # A record that is unlinked between two pages leaves the file valid.
    assert [row["credits"] for row in json.loads(first["content"] + rest["content"])] == [3, 2]


def test_contacts_can_be_exported(ada):
    for name in ("Grace", "Edsger"):
        ada.request(**new_contact(name, user_phone="+1 555"))
    shown = ada.request(**list_verb("view", "contact"))["list_data"]["rows"]
    assert json.loads(file_of(ada, "contact", format="json", limit=1)) == shown
    # What has two names in the data has one column.
    once = [{name: value for name, value in row.items() if not name.startswith("user_")} for row in shown]
    assert read_csv(file_of(ada, "contact")) == [as_cells(row) for row in once]


notes = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@settings(max_examples=30, deadline=None)
@given(some.lists(notes, max_size=5), some.integers(1, 6), some.sampled_from(("transfer", "invoice")))
def test_an_export_reads_back_as_the_same_records(new_wallet_file, all_notes, limit, kind):
    with timed_user(new_wallet_file) as user:
        for text in all_notes:
            user.request(**supply(5, notes=text))
        shown = user.caller.records(kind)
        as_csv, as_json, as_lines = (
            file_of(user.caller, kind, format=format, limit=limit) for format in FORMATS
        )
    assert json.loads(as_json) == shown
    assert [json.loads(line) for line in as_lines.split("\n")[:-1]] == shown
    assert read_csv(as_csv) == [as_cells({**row, "notes": escaped(row["notes"])}, kind) for row in shown]


FULL_WIDTH = (
    "\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)


def escaped(text: str) -> str:
    is_number = text.removeprefix("-").isdecimal() and text.isascii()
    is_phone = (
        text[:1] == "+" and text[1:2].isdecimal() and text.isascii() and set(text[1:]) <= set("0123456789 ()")
    )
    begins_one = text[:1] in tuple("=+-@\t\r\n" + FULL_WIDTH)
    return f"'{text}" if begins_one and not is_number and not is_phone else text
