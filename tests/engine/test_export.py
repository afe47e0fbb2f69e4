"""Exporting a sheet as a file, page by page."""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
from database_file import execute_sql
from engine_client import EngineClient
from examples_payments import pay, refund
from examples_sheets import list_verb, new_contact, new_list, record_verb
from fakes import DAY, FRIDAY_NOON, MINUTE
from hypothesis import given, settings
from hypothesis import strategies as some
from instructions import START, STOP, supply, to_clock
from reports import EXPORT, iso, pages, timed_user

SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
NUMBER = r"-[0-9]+(\.[0-9]+)?|\+[0-9][0-9 ()]*"
KINDS = ("transfer", "invoice", "conversion", "time")
FORMATS = ("csv", "json", "jsonl")
LARGEST_ANSWER = 48 * 1_024


def file_of(caller: EngineClient, kind: str, **more: Any) -> str:
    """The whole file: the pages' contents, one after another."""
    return "".join(page["content"] for page in pages(caller, EXPORT, kind=kind, **more))


def read_csv(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def as_cells(row: dict[str, Any], columns: Iterable[str]) -> dict[str, str]:
    """The row as CSV cells of these columns, empty where the record has no value."""
    values = {name: row.get(name) for name in columns}
    # What has two names in the data has one column.
    assert not {name for name in row if not name.startswith("user_")} - set(values)
    return {
        name: " ".join(value) if isinstance(value, list) else "" if value is None else str(value)
        for name, value in values.items()
    }


def csv_of(rows: list[dict[str, Any]], found: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows as an export with the columns of `found` has them."""
    return [as_cells(row, found[0]) for row in rows]


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
    ada.request(**START, notes="invoices", tags="urgent acme")
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
    found = read_csv(file_of(busy, kind, limit=limit))
    assert found == csv_of(shown, found)


@pytest.mark.parametrize("kind", [*KINDS, "contact"])
def test_an_empty_sheet_is_exported_as_a_valid_file(ada, kind):
    assert json.loads(file_of(ada, kind, format="json")) == []
    assert file_of(ada, kind, format="jsonl") == ""
    header = file_of(ada, kind, format="csv")
    assert header.startswith('"id",')
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


@pytest.mark.parametrize("notes", ["1+1", "-5", "-5.25", "+44 (20) 79", "a=b", "'x", "'-5"])
def test_text_that_is_no_formula_is_unchanged(ada, notes):
    ada.request(**supply(5, notes=notes))
    assert read_csv(file_of(ada, "transfer"))[0]["notes"] == notes


@pytest.mark.parametrize("character", ["x", "\N{PILE OF POO}", '"', "\\", "\n", "\x01"], ids=ascii)
def test_no_answer_is_longer_than_48_kib_in_any_format(ada, character):
    for credits in range(1, 51):
        ada.request(**supply(credits, notes=character * 1_000))
    for format in FORMATS:
        found = list(pages(ada, EXPORT, kind="invoice", format=format))
        for escaped in (True, False):
            lengths = [len(json.dumps(page, ensure_ascii=escaped).encode()) for page in found]
            assert max(lengths) < LARGEST_ANSWER, format
        assert len(found) > 1
        assert sum(page["records"] for page in found) == 50


def test_a_page_is_filled_up_to_the_size_limit(ada):
    for credits in range(1, 201):
        ada.request(**supply(credits))
    first, *_ = pages(ada, EXPORT, kind="transfer", format="jsonl")
    assert len(first["content"].encode()) > 24 * 1_024


@pytest.mark.parametrize(
    ("notes", "shown"),
    [
        ("lunch;=1+1;x", "lunch;'=1+1;x"),
        ("a, =1", "a, '=1"),
        # The user's own apostrophes are still told from those of the export.
        ("'=1", "''=1"),
        ("Twitter,'@ada", "Twitter,''@ada"),
        ("'\n", "''\n"),
        (" =x", " '=x"),
        ("\n=1", "'\n'=1"),
        ("a\t@x", "a\t'@x"),
        ('a|"+x"', 'a|"\'+x"'),
        ("a\n-x", "a\n'-x"),
        ("first; -5; +44 20", "first; -5; +44 20"),
        ("5-3=2", "5-3=2"),
    ],
)
def test_a_formula_is_escaped_behind_any_separator_too(ada, notes, shown):
    ada.request(**supply(5, notes=notes))
    for style, separator in itertools.product(("raw", "people"), SEPARATORS):
        text = file_of(ada, "transfer", separator=separator, style=style)
        (row,) = csv.DictReader(io.StringIO(text, newline=""), delimiter=SEPARATORS[separator])
        assert (row.get("notes") or row["Notes"]) == shown, (style, separator)
        for other in set(SEPARATORS.values()):
            for line in csv.reader(io.StringIO(text, newline=""), delimiter=other):
                found = [cell for cell in line if cell.lstrip('" ').startswith(("=", "@", "-x", "+x"))]
                assert found == [], "a spreadsheet that splits at another separator would run it"


def test_an_export_for_people_has_titles_local_dates_signed_amounts_and_names(busy, wallet_url):
    busy.request(**new_contact("Bobby", user_email="bob@example.org"))
    execute_sql(
        wallet_url,
        "UPDATE contact_records SET payee_account_id ="
        " (SELECT id FROM accounts WHERE email = 'bob@example.org')",
    )
    tokyo = {"style": "people", "time_zone": "Asia/Tokyo"}
    transfers = read_csv(file_of(busy, "transfer", **tokyo))
    assert [list(row.values())[1:6] for row in transfers[:3]] == [
        ["received", "2", "Bobby", "bob@example.org", ""],
        ["paid", "-3", "Bobby", "bob@example.org", ""],
        ["supplied", "3", "", "", '"3", or\nso'],
    ]
    assert transfers[2]["When"] == "2026-11-20 21:02:00"
    sale = read_csv(file_of(busy, "invoice", **tokyo))[1]
    assert {**sale, "When": "", "Notes": ""} == {
        "When": "",
        "Number": "Invoice 3",
        "What": "bought",
        "Credits": "3",
        "Currency": "EUR",
        "Cost": "-12.50",
        "Seller": "System core",
        "Seller's email": "core@ewallet.local",
        "Buyer": "ada",
        "Buyer's email": "ada@example.org",
        "Notes": "",
    }
    conversions = read_csv(file_of(busy, "conversion", **tokyo))
    assert [(row["Credits"], row["Minutes"]) for row in conversions] == [("-2", "2"), ("-1", "1")]
    (run,) = read_csv(file_of(busy, "time", **tokyo))
    assert (run["Started"], run["Minutes used"]) == ("2026-11-20 21:03:00", "1")
    (contact,) = read_csv(file_of(busy, "contact", **tokyo))
    assert (contact["Name"], contact["Email"]) == ("Bobby", "bob@example.org")


def test_a_json_file_for_people_has_exact_numbers(busy):
    sale = json.loads(file_of(busy, "invoice", style="people", format="json"))[1]
    assert (sale["Credits"], sale["Cost"]) == (3, -12.5)
    lines = file_of(busy, "conversion", style="people", format="jsonl").splitlines()
    assert [json.loads(line)["Minutes"] for line in lines] == [2, 1]
    busy.request(**supply(1) | {"cost": "999999999999.000001"})
    assert '"Cost":-999999999999.000001' in file_of(busy, "invoice", style="people", format="json")


def test_a_file_for_people_is_named_after_its_sheet(busy):
    page = busy.request(**EXPORT, kind="transfer", style="people")
    assert page["file_name"] == "Transfer sheet 1.csv"
    of_month = {"month": "2026-11", "style": "people", "format": "json"}
    assert busy.request(**EXPORT, kind="invoice", **of_month)["file_name"] == "Invoices 2026-11.json"


def test_a_csv_file_has_the_separator_and_byte_order_mark_that_were_asked_for(busy):
    text = file_of(busy, "invoice", separator="semicolon", bom=True, style="people", limit=1)
    assert text.startswith('\ufeff"When";"Number"')
    assert text.count("\ufeff") == 1
    assert '"-12,50"' in text, "programs that split at semicolons have decimals with a comma"
    for name in ("separator", "bom"):
        value = {"separator": "tab", "bom": False}[name]
        answer = busy.expect_error("arguments_clash", **EXPORT, kind="time", format="json", **{name: value})
        assert answer["details"]["fields"] == ["format", name]
    busy.expect_error("bad_value", **EXPORT, kind="time", style="people", time_zone="Mars/Olympus")


@pytest.mark.parametrize(("zone", "invoices"), [("UTC", 1), ("America/Los_Angeles", 2)])
def test_a_month_is_that_of_the_time_zone(ada, wallclock, zone, invoices):
    wallclock.now = FRIDAY_NOON + 11 * DAY - 13 * 60 * MINUTE
    assert wallclock.now < FRIDAY_NOON + 11 * DAY
    ada.open_session().log_in()
    ada.request(**supply(1))
    wallclock.forward(120 * MINUTE)
    ada.open_session().log_in()
    ada.request(**supply(2))
    exported = json.loads(file_of(ada, "invoice", format="json", month="2026-11", time_zone=zone))
    assert len(exported) == invoices


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
    assert (found := read_csv(file_of(ada, "contact"))) == csv_of(shown, found)


notes = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20)


@settings(max_examples=30, deadline=None)
@given(some.lists(notes, max_size=5), some.integers(1, 6), some.sampled_from(("transfer", "invoice")))
def test_an_export_reads_back_as_the_same_records(new_wallet, all_notes, limit, kind):
    with timed_user(new_wallet) as user:
        for text in all_notes:
            user.request(**supply(5, notes=text))
        shown = user.caller.records(kind)
        as_csv, as_json, as_lines = (
            file_of(user.caller, kind, format=format, limit=limit) for format in FORMATS
        )
    assert json.loads(as_json) == shown
    assert [json.loads(line) for line in as_lines.split("\n")[:-1]] == shown
    found = read_csv(as_csv)
    assert [{**row, "notes": ""} for row in found] == csv_of([{**row, "notes": ""} for row in shown], found)
    for row, cells in zip(shown, found, strict=True):
        assert cells["notes"].replace("'", "") == row["notes"].replace("'", "")
        assert not begins_a_formula(cells["notes"])


FULL_WIDTH = (
    "\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}"
)


def begins_a_formula(text: str) -> bool:
    """Whether a part of the text between any separators is a formula to some spreadsheet."""
    parts = (part.strip(' "') for part in re.split(r"[,;|\t\r\n]", text))
    return text[:1] in ("\t", "\r", "\n") or any(
        part[:1] in tuple("=+-@" + FULL_WIDTH) and not re.fullmatch(NUMBER, part) for part in parts if part
    )
