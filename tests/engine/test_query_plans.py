"""Query plans: lists and reports are read by an index and in its order, whatever the size of the tables."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import Executable
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from storage_statements import ADDED_UP, BY_ID, IN_ANY_ORDER, queries_in, storage_modules

from ewallet_core.storage import (
    callers,
    events,
    linked_records,
    overview,
    payees,
    retention,
    schema,
    search,
    sheets,
    statements,
    time_segments,
    wallets,
)
from ewallet_core.storage.described_records import DESCRIBED
from ewallet_core.storage.transaction import Statements
from ewallet_core.storage.verification import costs, records

_COMPILED = Statements(SQLiteDialect_pysqlite())
_RECORDS = (sheets.transfers, sheets.invoices, sheets.conversions, sheets.times, sheets.contacts)

PLANNED: dict[str, Executable] = {
    **{f"a page of {records.table.name}": records._page for records in _RECORDS},
    **{f"a page of described {kind} records": DESCRIBED[kind]._page for kind in DESCRIBED},
    **{f"a page of removed {kind} records": DESCRIBED[kind]._removed_page for kind in DESCRIBED},
    **{f"the nth newest of {records.table.name}": records._nth_newest for records in _RECORDS},
    **{f"the nth oldest of {records.table.name}": records._nth_oldest for records in _RECORDS},
    **{f"one of {records.table.name}": records._own for records in _RECORDS},
    **{f"the count of {records.table.name}": records._count_linked for records in _RECORDS},
    **{f"all {records.table.name} of a sheet, to be unlinked": records._unlink_all for records in _RECORDS},
    "the next place on a sheet": sheets._places_on(1),
    "the next places on several sheets": sheets._places_on(4),
    "a partner with the wallet": payees._PARTNER,
    "an account with its wallet": wallets._ONE_PARTY,
    "the next numbers of events": events._COUNT,
    "one record more or less on a sheet": sheets._ADD_TO_COUNT,
    "how many sheets of a kind there ever were": sheets.sheets._count("owner_id", "kind"),
    "the sheets of an owner, by kind": sheets.sheets._select("owner_id", "kind"),
    "one sheet of an account": sheets.sheets._select("id", "account_id", "kind"),
    "the wallets of an account": wallets.wallets._select("account_id"),
    "one wallet of an account": wallets.wallets._select("id", "account_id"),
    "how many wallets there ever were": wallets.wallets._count("account_id"),
    "the clocks of a wallet": wallets.clocks._select("ewallet_id"),
    "one clock of an account": wallets.clocks._select("id", "account_id"),
    "how many clocks there ever were": wallets.clocks._count("ewallet_id"),
    "the clocks that have run out": wallets._DUE,
    "a caller with credentials": callers._BY_CREDENTIALS,
    "a live session": callers._BY_SESSION,
    **BY_ID,
}
"""Statements whose cost must not grow with the table."""


def plan_of(file: Path, statement: Executable) -> list[str]:
    """The steps of SQLite's plan for the statement."""
    compiled = _COMPILED[statement]
    values = compiled.bind(defaultdict(lambda: 1))
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return [step[3] for step in connection.execute(f"EXPLAIN QUERY PLAN {compiled.sql}", values)]


@pytest.mark.parametrize("statement", PLANNED.values(), ids=PLANNED)
def test_a_list_scans_no_table_and_sorts_nothing(wallet_file, statement):
    steps = plan_of(wallet_file, statement)
    assert steps
    # Each wallet and clock has its balance from a subquery.
    assert [step for step in steps if not re.match("SEARCH |(CORRELATED )?SCALAR SUBQUERY ", step)] == []


@pytest.mark.parametrize("records", _RECORDS, ids=lambda records: records.table.name)
def test_a_page_is_read_from_its_cursor(wallet_file, records):
    (step,) = plan_of(wallet_file, records._page)
    assert "(sheet_id=? AND position<?)" in step


def test_a_statement_without_an_index_is_detected(wallet_file):
    assert plan_of(wallet_file, sheets.sheets._select("reference")) == ["SCAN sheets"]
    by_name = wallets.wallets._select("account_id").order_by(None).order_by("reference")
    assert plan_of(wallet_file, by_name)[-1] == "USE TEMP B-TREE FOR ORDER BY"


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (payees._KEEP_PAYEE, "ix_contact_records_account_id_email_key (account_id=? AND email_key=?)"),
        (
            sheets._CONTACT_NAME,
            "ix_contact_records_account_id_payee_account_id (account_id=? AND payee_account_id=?)",
        ),
        (
            payees._PAID_SINCE,
            "ix_transfer_records_account_id_created_at_id_sheet_id (account_id=? AND created_at>?)",
        ),
        (
            payees._SAVED_BY_OTHERS,
            "ix_contact_records_payee_account_id (payee_account_id=?)",
        ),
        (payees._NAME.last_with, "ix_accounts_name_skeleton (name_skeleton=?)"),
        (payees._EMAIL.leave, "ix_accounts_email_skeleton (email_skeleton=?)"),
    ],
    ids=[
        "without payee",
        "contact's name",
        "paid",
        "saved by others",
        "last of a look",
        "those after in a look",
    ],
)
def test_contacts_and_likenesses_are_found_by_their_index(wallet_file, statement, index):
    steps = plan_of(wallet_file, statement)
    assert any(index in step for step in steps)
    assert [step for step in steps if step.startswith("SCAN")] == []


@pytest.mark.parametrize("kept", retention._KEPT, ids=lambda kept: f"{kept.dates.table} {kept.setting}")
def test_old_history_is_found_by_its_ids(wallet_file, kept):
    table = kept.dates.table
    steps = plan_of(wallet_file, kept.removal)
    assert f"SEARCH {table} USING INTEGER PRIMARY KEY (rowid=?)" in steps
    assert not [step for step in [*steps, *plan_of(wallet_file, kept.due)] if "TEMP B-TREE" in step]


# Reports

IN_ORDER = {
    "the posting before an instant": statements._LAST_BEFORE,
    "a page of a statement": statements._ROWS,
    **{f"{found.kind} records of an account": found._of_account for found in search.FOUND},
    **{f"{found.kind} records of a sheet": found._select_found(True, 0) for found in search.FOUND},
    **{
        f"{found.kind} records with tags": found._select_found(True, 2)
        for found in search.FOUND
        if found.have_tags
    },
    **{
        f"{relation} of {kind} records": statement
        for kind, links in linked_records.LINKS.items()
        for relation, _, statement in links
    },
}
IN_ORDER |= {f"recent {kind} records": statement for kind, statement, _ in overview._RECENT}
SUMS = {
    "wallets' sums": statements._WALLET_SUMS,
    "one wallet's sums": statements._ONE_WALLETS_SUMS,
    "one clock's credits": statements._ONE_CLOCKS_CREDITS,
    "one clock's sums": statements._ONE_CLOCKS_SUMS,
    "the sums by partner": statements._PARTNER_SUMS,
    "one wallet's sums by partner": statements._ONE_WALLETS_PARTNER_SUMS,
}
SEGMENTS = (time_segments._SEGMENTS, time_segments._USED_BY_CLOCK[0])
OLDER = (time_segments._OLDER, time_segments._USED_BY_CLOCK[1])


def scans_in(steps: list[str]) -> list[str]:
    """The steps that scan a table, except the list of accounts with a text, which a search may read once."""
    previous = ["", *steps]
    return [
        step
        for before, step in zip(previous, steps, strict=False)
        if step.startswith("SCAN") and not (step == "SCAN accounts" and before.startswith("LIST SUBQUERY"))
    ]


@pytest.mark.parametrize("statement", [*IN_ORDER.values(), *SUMS.values()], ids=[*IN_ORDER, *SUMS])
def test_a_report_scans_no_table(wallet_file, statement):
    steps = plan_of(wallet_file, statement)
    assert scans_in(steps) == []
    assert any(re.search("USING (COVERING )?INDEX", step) for step in steps)


def test_only_the_used_time_since_the_beginning_of_the_period_is_read(wallet_file):
    for statement in (*time_segments._USED, *time_segments._USED_BY_CLOCK):
        assert [step for step in plan_of(wallet_file, statement) if step.startswith("SCAN")] == []
    for statement in SEGMENTS:
        assert any(
            "ix_time_segments_clock_id_stopped_at (clock_id=? AND stopped_at>?)" in step
            for step in plan_of(wallet_file, statement)
        )
    for statement in OLDER:
        assert any(
            "ix_time_records_account_id_created_at_id_sheet_id (account_id=? AND created_at>?)" in step
            for step in plan_of(wallet_file, statement)
        )


@pytest.mark.parametrize("statement", IN_ORDER.values(), ids=IN_ORDER)
def test_a_page_of_a_report_is_not_sorted(wallet_file, statement):
    assert [step for step in plan_of(wallet_file, statement) if "TEMP B-TREE" in step] == []


@pytest.mark.parametrize("found", search.FOUND, ids=lambda found: found.kind)
def test_records_are_read_by_account_and_time(wallet_file, found):
    steps = plan_of(wallet_file, found._of_account)
    index = f"ix_{found.kind}_records_account_id_created_at_id_sheet_id"
    assert any(f"{index} (account_id=? AND created_at>? AND created_at<?)" in step for step in steps)


@pytest.mark.parametrize("found", search.FOUND, ids=lambda found: found.kind)
def test_no_search_is_planned_anew_because_its_pattern_is_a_bound_value(found):
    for statement in (found._of_account, found.build_found(False, 0)):
        assert " LIKE (? || ?)" in _COMPILED[statement].sql
        assert " LIKE ? " not in _COMPILED[statement].sql


@pytest.mark.parametrize("found", search.FOUND[:2], ids=lambda found: found.kind)
def test_the_other_partys_account_is_looked_up_or_all_are_read_once(wallet_file, found):
    steps = plan_of(wallet_file, found._of_account)
    assert sum(step == "SCAN accounts" for step in steps) == 1
    (lookup,) = (number for number, step in enumerate(steps) if step.startswith("SEARCH accounts USING"))
    assert steps[lookup] == "SEARCH accounts USING INTEGER PRIMARY KEY (rowid=?)"
    assert steps[lookup - 1].startswith("CORRELATED SCALAR SUBQUERY")


@pytest.mark.parametrize("links", linked_records.LINKS.values(), ids=linked_records.LINKS)
def test_linked_records_are_read_by_their_entry(wallet_file, links):
    for _, kind, statement in links:
        index = f"ix_{kind}_records_entry_id (entry_id=?)"
        assert any(index in step for step in plan_of(wallet_file, statement))


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        (statements._LAST_BEFORE, "ix_postings_balance_id_at_entry_id (balance_id=? AND at<?)"),
        *(
            (statement, "ix_postings_balance_id_at_entry_id (balance_id=? AND at>? AND at<?)")
            for statement in (statements._ROWS, *SUMS.values())
        ),
    ],
    ids=["opening", "rows", *SUMS],
)
def test_only_postings_of_the_period_are_read(wallet_file, statement, index):
    assert any(index in step for step in plan_of(wallet_file, statement))


@pytest.mark.parametrize(
    ("kind", "statement", "_row_type"), overview._RECENT, ids=lambda part: str(part)[:10]
)
def test_recent_records_are_read_newest_first_by_their_index(wallet_file, kind, statement, _row_type):
    index = f"ix_{kind}_records_account_id_created_at_id_sheet_id (account_id=?)"
    assert any(index in step for step in plan_of(wallet_file, statement))


def test_an_order_or_a_total_reads_what_the_filter_finds_once(wallet_file):
    for name, statement in (IN_ANY_ORDER | ADDED_UP).items():
        steps = plan_of(wallet_file, statement)
        assert [step for step in scans_in(steps) if "CONSTANT ROW" not in step] == [], name
        records = [step for step in steps if re.match(r"SEARCH \w+_records USING", step)]
        assert len(records) == 1, name
        assert re.search(r"\((sheet_id|account_id)=\?", records[0]), name
        # At most one sort, or one grouping, of what is found.
        assert sum("TEMP B-TREE" in step for step in steps) <= 1, name


def test_begun_timers_are_read_of_the_account_alone(wallet_file):
    first, *rest = plan_of(wallet_file, overview._SHOWN)
    assert first.startswith("SEARCH clocks USING INDEX ix_clocks_account_id_runs_out_at (account_id=?")
    # Each clock's balance, and the order.
    balance = ["CORRELATED SCALAR SUBQUERY 1", "SEARCH balances USING INTEGER PRIMARY KEY (rowid=?)"]
    assert [step for step in rest if step != "USE TEMP B-TREE FOR ORDER BY"] == balance


def test_a_past_balance_is_one_step_for_each_day(wallet_file):
    steps = plan_of(wallet_file, overview._BALANCES_BEFORE)
    index = "SEARCH postings USING INDEX ix_postings_balance_id_at_entry_id (balance_id=? AND at<?)"
    assert steps.count(index) == overview.PAST_DAYS
    assert [step for step in steps if "SCAN postings" in step or "TEMP B-TREE" in step] == []


@pytest.mark.parametrize("faulty", [costs._FAULTY, records._FAULTY], ids=["costs", "records"])
def test_verification_reads_no_posting_by_an_index(wallet_file, faulty):
    steps = plan_of(wallet_file, faulty)
    assert [
        step for step in steps if "ix_postings" in step or re.match("SCAN (postings|sent) USING", step)
    ] == []


# Records of an account are many, those of an entry two at most


def test_only_what_reads_all_records_of_an_account_finds_them_by_it_alone(queries_by_step):
    of_account = {
        name
        for step, names in queries_by_step.items()
        if re.search(r"_account_id_created_at_id_sheet_id \(account_id=\?\)", step)
        for name in names
    }
    assert of_account == {"ERASING", "_RECENT", *(f"recent {kind} records" for kind, *_ in overview._RECENT)}


# Each index costs every insert, so some query must need it

INDEXES = sorted(str(index.name) for table in schema.metadata.sorted_tables for index in table.indexes)


@pytest.fixture(scope="module")
def queries_by_step(new_wallet_file: Path) -> dict[str, set[str]]:
    """The names of the queries whose plan has each step."""
    named = [*(PLANNED | IN_ORDER | SUMS | IN_ANY_ORDER | ADDED_UP).items()]
    for module in storage_modules():
        if module is not schema and "postgresql" not in module.__name__:
            named += [(name, query) for name, value in vars(module).items() for query in queries_in(value)]
    found: dict[str, set[str]] = defaultdict(set)
    for name, query in named:
        for step in plan_of(new_wallet_file, query):
            found[step].add(name)
    return found


@pytest.mark.parametrize("index", INDEXES)
def test_each_index_is_used_by_a_query(queries_by_step, index):
    assert any(re.search(rf"\b{index}\b", step) for step in queries_by_step)
