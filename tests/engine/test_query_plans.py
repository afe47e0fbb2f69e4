"""Query plans: lists and reports are read by an index and in its order, so their cost is independent of their size."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import Executable
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.storage import sheets, wallets
from ewallet_core.storage.transaction import Statements

_COMPILED = Statements(SQLiteDialect_pysqlite(paramstyle="named"))
_RECORDS = (sheets.transfers, sheets.invoices, sheets.conversions, sheets.times, sheets.contacts)

PLANNED: dict[str, Executable] = {
    **{f"a page of {records.table.name}": records._page for records in _RECORDS},
    **{f"the nth newest of {records.table.name}": records._nth_newest for records in _RECORDS},
    **{f"the nth oldest of {records.table.name}": records._nth_oldest for records in _RECORDS},
    **{f"one of {records.table.name}": records._own for records in _RECORDS},
    **{f"the count of {records.table.name}": records._count for records in _RECORDS},
    **{f"all {records.table.name} of a sheet, to be unlinked": records._unlink_all for records in _RECORDS},
    "the next position on a sheet": sheets._NEXT_POSITION,
    "one record less on a sheet": sheets._REMOVE_ONE,
    "how many sheets of a kind there ever were": sheets._HOW_MANY_EVER,
    "the sheets of an owner, by kind": sheets.sheets._select("owner_id", "kind"),
    "one sheet of an account": sheets.sheets._select("id", "account_id", "kind"),
    "the wallets of an account": wallets.wallets._select("account_id"),
    "one wallet of an account": wallets.wallets._select("id", "account_id"),
    "how many wallets there ever were": wallets._WALLETS_EVER,
    "the clocks of a wallet": wallets.clocks._select("ewallet_id"),
    "one clock of an account": wallets.clocks._select("id", "account_id"),
    "how many clocks there ever were": wallets._CLOCKS_EVER,
    "the clocks that have run out": wallets._DUE,
}
"""Statements whose cost must not grow with the table."""


def plan_of(file: Path, statement: Executable) -> list[str]:
    """The steps of SQLite's plan for the statement."""
    sql, written = _COMPILED.compiled(statement)
    values = {**dict.fromkeys(re.findall(r":(\w+)", sql), 1), **written}
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return [step[3] for step in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]


@pytest.mark.parametrize("statement", PLANNED.values(), ids=PLANNED)
def test_a_list_scans_no_table_and_sorts_nothing(wallet_file, statement):
    steps = plan_of(wallet_file, statement)
    assert steps
    assert [step for step in steps if not step.startswith("SEARCH ")] == []


@pytest.mark.parametrize("records", _RECORDS, ids=lambda records: records.table.name)
def test_a_page_is_read_from_its_cursor(wallet_file, records):
    (step,) = plan_of(wallet_file, records._page)
    assert "(sheet_id=? AND position<?)" in step


def test_a_statement_without_an_index_is_detected(wallet_file):
    assert plan_of(wallet_file, sheets.sheets._select("reference")) == ["SCAN sheets"]
    by_name = wallets.wallets._select("account_id").order_by(None).order_by("reference")
    assert plan_of(wallet_file, by_name)[-1] == "USE TEMP B-TREE FOR ORDER BY"
