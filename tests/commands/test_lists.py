"""The commands that list and report, on the embedded wallet and at a server: tables, csv, JSON and files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from invoked import BOB, Wallet
from used_wallet import HOSTILE, used_wallet

from ewallet_core.commands import history, listing

MINUS = "\N{MINUS SIGN}"


@pytest.fixture(scope="module", params=["embedded", "server"])
def wallet(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wallet]:
    with used_wallet(tmp_path_factory.mktemp("wallet"), request.param) as wallet:
        yield wallet


def column(table: str, heading: str) -> list[str]:
    """The cells under a left-aligned heading, up to the gap after it."""
    first, *lines = table.splitlines()
    at = first.index(heading)
    return [line[at:].split("  ")[0] for line in lines]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


# History


def test_history_lists_what_came_and_went_the_newest_first(wallet: Wallet) -> None:
    table = wallet.done("history")
    assert column(table, "What") == ["used", "converted", "moved", "moved", "paid", "supplied"]
    assert "+1,500" in table
    assert f"{MINUS}20  +20:00" in table


@pytest.mark.parametrize(
    ("kind", "listed"),
    [
        ("payments", ["paid"]),
        ("supplies", ["supplied"]),
        ("transfers", ["moved", "moved", "paid", "supplied"]),
        ("conversions", ["converted"]),
        ("time", ["used"]),
        ("invoices", ["paid", "bought"]),
    ],
)
def test_history_of_a_kind_lists_only_that(wallet: Wallet, kind: str, listed: list[str]) -> None:
    found = rows(wallet.done("history", "--kind", kind, "--format", "csv"))
    assert [each["what"] for each in found] == listed


def test_history_of_a_wallet_lists_its_sheets_and_those_of_its_clocks(wallet: Wallet) -> None:
    assert column(wallet.done("history", "--wallet", "holidays"), "With") == ["from Main"]
    assert len(rows(wallet.done("history", "--wallet", "Main", "--format", "csv"))) == 5


def test_a_limit_keeps_the_newest_and_stderr_says_that_there_are_more(wallet: Wallet) -> None:
    result = wallet.run("history", "--limit", 2)
    assert column(result.stdout, "What") == ["used", "converted"]
    assert result.stderr == "There are more. --limit 0 lists all.\n"
    assert wallet.run("history", "--limit", 6).stderr == ""


def test_lists_longer_than_a_page_are_read_page_by_page(
    wallet: Wallet, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = [("history", "--kind", "transfers"), ("statement",)]
    whole = [wallet.done(*words, "--format", "csv") for words in commands]
    for module in (listing, history):
        monkeypatch.setattr(module, "LONGEST_PAGE", 1)
    assert [wallet.done(*words, "--format", "csv") for words in commands] == whole


def test_a_period_leaves_out_what_is_outside_of_it(wallet: Wallet) -> None:
    assert len(wallet.answer("history", "--during", "today", "--json")["rows"]) == 6
    assert len(wallet.answer("history", "--since", "10 minutes ago", "--json")["rows"]) == 6
    result = wallet.run("history", "--until", "yesterday")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No movements until yesterday. Leave out an option to list more.\n"


@pytest.mark.parametrize(
    "options", [("--since", "sometime"), ("--during", "31 feb"), ("--during", "today", "--since", "today")]
)
def test_a_period_that_is_not_understood_is_a_wrong_use(wallet: Wallet, options: tuple[str, ...]) -> None:
    result = wallet.run("history", *options)
    assert (result.exit_code, result.stdout) == (2, "")


def test_csv_has_exact_numbers_and_json_has_the_records_as_they_are(wallet: Wallet) -> None:
    converted = rows(wallet.done("history", "--kind", "conversions", "--format", "csv"))[0]
    assert (converted["credits"], converted["milliseconds"]) == ("-20", "1200000")
    (found,) = wallet.answer("history", "--kind", "conversions", "--format", "json")["rows"]
    assert found["record_data"]["minutes_ms"] == 1_200_000
    assert converted["time"] == found["record_data"]["create_date"]


def test_a_note_is_neither_a_formula_in_csv_nor_obeyed_by_a_terminal(wallet: Wallet) -> None:
    (paid,) = rows(wallet.done("history", "--kind", "payments", "--format", "csv"))
    assert paid["notes"] == f"'{HOSTILE}"
    table = wallet.done("history", "--kind", "payments")
    assert table.count("\n") == 2
    assert "\x1b" not in table


def test_search_finds_a_text_in_any_record_and_names_the_record(wallet: Wallet) -> None:
    found = wallet.done("search", "essay")
    assert column(found, "Record")[0].startswith("time ")
    assert wallet.done("search", "--tag", "ac*").splitlines()[1:] == found.splitlines()[1:]
    assert column(wallet.done("search", "office"), "What") == ["Bob"]
    result = wallet.run("search", "nowhere")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "Nothing found.\n")


# Statement and report


def test_a_statement_has_the_balances_and_each_movement(wallet: Wallet) -> None:
    first, *table = wallet.done("statement").splitlines()
    assert first == "Main: opening balance 0, closing balance 1,440"
    assert column("\n".join(table), "What") == ["converted", "moved", "paid", "supplied"]
    lines = rows(wallet.done("statement", "--format", "csv"))
    assert [line["balance"] for line in lines] == ["1440", "1460", "1490", "1500"]


def test_a_statement_is_of_the_wallet_and_the_period_that_are_named(wallet: Wallet) -> None:
    assert wallet.answer("statement", "--wallet", "Holidays", "--json")["closing"] == 30
    result = wallet.run("statement", "--until", "yesterday")
    assert result.stdout == "Main until yesterday: opening balance 0, closing balance 0\n"
    assert result.stderr == "No movements until yesterday.\n"


def test_a_statement_that_is_cut_says_so_and_keeps_its_balances(wallet: Wallet) -> None:
    answer = wallet.answer("statement", "--limit", 1, "--json")
    assert (len(answer["rows"]), answer["opening"], answer["closing"]) == (1, 0, 1_440)
    assert answer["next"] is not None
    assert "There are more." in wallet.run("statement", "--limit", 1).stderr


@pytest.mark.parametrize("by", ["day", "week", "month", "person", "tag"])
def test_a_report_sums_up_credits_and_time(wallet: Wallet, by: str) -> None:
    lines = wallet.done("report", "--by", by).splitlines()
    assert lines[-1].split()[:4] == ["Total", "+1,500", f"{MINUS}10", f"{MINUS}20"]
    exact = rows(wallet.done("report", "--by", by, "--format", "csv"))
    assert sum(int(row["credits_in"]) for row in exact) == 1_500
    answer = wallet.answer("report", "--by", by, "--json")
    assert (answer["by"], answer["totals"]["credits_out"]) == (by, 10)


def test_a_report_of_a_wallet_or_a_clock_says_what_was_moved(wallet: Wallet) -> None:
    table = wallet.done("report", "--by", "month", "--wallet", "Holidays")
    assert table.splitlines()[0].split() == ["Month", "Moved", "in"]
    assert table.splitlines()[-1].split() == ["Total", "+30"]
    result = wallet.run("report", "--clock", "Reading")
    assert (result.stdout, result.stderr) == ("", "Nothing came, went or was used in that time.\n")


# Invoices and files


def test_an_invoice_is_printed_by_the_number_that_history_lists(wallet: Wallet) -> None:
    numbers = column(wallet.done("history", "--kind", "invoices"), "Number")
    assert numbers == ["Invoice 2", "Invoice 1"]
    text = wallet.done("invoice", 1)
    assert "1,500 credits" in text
    assert "EUR 12.50" in text
    answer = wallet.answer("invoice", 2, "--json")
    assert answer["record_data"]["reference"] == "Invoice 2"
    assert wallet.done("invoice", "--record", answer["record_data"]["id"]) == wallet.done("invoice", 2)


def test_an_invoice_as_a_page_has_no_active_content(wallet: Wallet) -> None:
    page = wallet.done("invoice", 2, "--html")
    assert page.startswith("<!DOCTYPE html>")
    assert "default-src 'none'" in page
    assert "\x1b" not in page


def test_all_invoices_of_a_month_are_one_text_or_page(wallet: Wallet) -> None:
    text = wallet.done("invoice", "--month", "month")
    summary, *invoices = text.split("\f")
    assert "Invoices    2" in summary
    numbers = [invoice.split()[:3] for invoice in invoices]
    assert numbers == [["INVOICE", "Invoice", "1"], ["INVOICE", "Invoice", "2"]]
    assert wallet.done("invoice", "--month", "month", "--html").count("<article") == 3
    assert len(wallet.answer("invoice", "--month", "month", "--json")["rows"]) == 2


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        ((3,), 1, "There is no invoice 3 on that sheet."),
        ((1, "--wallet", "Holidays"), 1, "There is no invoice 1 on that sheet."),
        (("--month", "1999-01"), 1, "There are no invoices in Jan 1999."),
        (("--record", 99_999), 1, "You have no invoice record with that number."),
        ((), 2, "Give the number of an invoice"),
        ((1, "--month", "month"), 2, "Give the number of an invoice"),
    ],
)
def test_an_invoice_that_is_not_there_is_not_printed(
    wallet: Wallet, words: tuple[Any, ...], code: int, reason: str
) -> None:
    result = wallet.run("invoice", *words)
    assert (result.exit_code, result.stdout) == (code, "")
    assert reason in result.stderr


def test_an_export_is_the_file_that_the_engine_makes(wallet: Wallet) -> None:
    instruction = {"action": "export", "export": "sheet", "kind": "transfer"}
    content = wallet.answer("send", json.dumps(instruction))["content"]
    # The runner makes all line ends the same.
    assert wallet.done("export", "transfers", "--raw") == content.replace("\r\n", "\n")
    assert rows(wallet.done("export", "transfers"))[-1]["What"] == "supplied"
    assert len(json.loads(wallet.done("export", "invoices", "--format", "json"))) == 2


def test_contacts_are_exported_as_vcards_too(wallet: Wallet) -> None:
    assert f"FN:Bob\nEMAIL;TYPE=INTERNET:{BOB}\n" in wallet.done("export", "contacts", "--format", "vcf")
    result = wallet.run("export", "time", "--format", "vcf")
    assert (result.exit_code, result.stdout) == (2, "")


# What the account has


def test_wallets_and_clocks_are_listed_with_what_is_active(wallet: Wallet) -> None:
    first, main, holidays = wallet.done("wallets").splitlines()
    assert first.split() == ["Wallet", "Credits", "Clocks"]
    assert main.split() == ["Main", "1,440", "2", "●", "active"]
    assert holidays.split() == ["Holidays", "30", "1"]
    clocks = rows(wallet.done("clocks", "--format", "csv"))
    assert [(clock["reference"], clock["wallet"], clock["active"]) for clock in clocks] == [
        ("Clock 1", "Main", "true"),
        ("Reading", "Main", "false"),
        ("Clock 1", "Holidays", "false"),
    ]


def test_contacts_are_listed_by_name_or_by_a_text(wallet: Wallet) -> None:
    assert wallet.done("contacts").splitlines()[1] == f"Bob   {BOB}  from the office"
    assert wallet.answer("contacts", "office", "--json")["rows"][0]["email"] == BOB
    assert "No contact has zoe" in wallet.run("contacts", "zoe").stderr


def test_sessions_are_listed_and_the_commands_own_is_marked(wallet: Wallet) -> None:
    (own,) = wallet.answer("sessions", "--json")["sessions"]
    assert own["is_this"] is True
    assert wallet.done("sessions").splitlines()[1].endswith("● this one")


def test_nothing_is_listed_without_a_login(wallet: Wallet, tmp_path) -> None:
    stranger = Wallet(tmp_path, wallet.server)
    stranger.password_file.write_text("")
    for command in ("history", "statement", "report", "search", "wallets", "clocks", "contacts", "sessions"):
        result = stranger.run(command, "--format", "csv")
        assert (result.exit_code, result.stdout) == (4, "")
