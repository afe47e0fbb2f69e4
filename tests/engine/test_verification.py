"""The verification of the ledger finds what a wrong engine, or an edit by hand, has done to it."""

from __future__ import annotations

import contextlib
import sqlite3
import tracemalloc
from collections import Counter

import pytest
from database_file import (
    execute_sql,
    file_of,
    find_violations,
    is_on_postgresql,
    violations_after,
    violations_in,
    wait_until_sealed,
)
from engine_client import EngineClient
from fakes import CHEAP, IN_MEMORY, MINUTE, Wallclock
from instructions import PAUSE, RESUME, START, STOP, supply, to_clock, to_credits
from migrated_file import run_migrations
from new_wallets import copy_of_database, copy_of_file
from sqlalchemy import make_url
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core import EWalletSessionManager
from ewallet_core.storage.described_schema import SQLITE_SCHEMA, describe
from ewallet_core.storage.transaction import Statements, Transaction
from ewallet_core.storage.verification import Check, run_checks
from ewallet_core.storage.verification.sqlite import read_schema

MINUS = "\N{MINUS SIGN}"

ADAS_WALLET = "(SELECT balance_id FROM ewallets WHERE account_id = 2)"
# On the contact list of Ada's account.
A_CONTACT = """
    INSERT INTO contact_records
        (sheet_id, account_id, position, reference, name, email, phone, notes, created_at, written_at)
    SELECT id, account_id, 1, 'Bob', 'Bob', '', '', '', 1, 1 FROM sheets
    WHERE kind = 'contact' AND account_id = 2
"""
COSTS_OF_THE_SUPPLIES = f"""
    INSERT INTO costs SELECT {ADAS_WALLET}, 'EUR', id, '12.50', CASE WHEN id = 1 THEN '12.50' ELSE '25.00' END
    FROM entries WHERE kind = 'supply'
"""


# Functions of SQLite that the changes by hand use.
OF_SQLITE = (
    "CREATE FUNCTION zeroblob(bytes integer) RETURNS bytea LANGUAGE sql AS"
    " $$ SELECT decode(repeat('00', bytes), 'hex') $$",
    "CREATE FUNCTION hex(value bytea) RETURNS text LANGUAGE sql AS $$ SELECT encode(value, 'hex') $$",
)


@pytest.fixture(scope="module")
def lived_in(new_wallet):
    """The URL of a wallet that has every kind of entry, and that nothing uses."""
    wallclock = Wallclock()
    with new_wallet() as url:
        with EWalletSessionManager(url, clock=wallclock, passwords=CHEAP) as engine:
            ada = EngineClient(engine).open_session().register().log_in()
            for instruction in (supply(100), to_clock(20), START, PAUSE, RESUME):
                ada.request(**instruction)
                wallclock.forward(MINUTE)
            for instruction in (STOP, to_credits(credits=5), supply(7)):
                ada.request(**instruction)
            execute_sql(url, A_CONTACT)
            execute_sql(
                url,
                "UPDATE sheets SET record_count = 1, last_position = 1"
                " WHERE kind = 'contact' AND account_id = 2",
            )
            execute_sql(url, "DELETE FROM costs")
            execute_sql(url, COSTS_OF_THE_SUPPLIES)
            if is_on_postgresql(url):
                wait_until_sealed(url)
        yield url


@pytest.fixture
def used(request, lived_in):
    """The URL of a copy of such a wallet, which tests may change by hand."""
    if not is_on_postgresql(lived_in):
        with copy_of_file(file_of(lived_in), IN_MEMORY) as url:
            yield url
        return
    server = request.getfixturevalue("postgresql_server")
    with copy_of_database(server, make_url(lived_in).database) as url:
        for function in OF_SQLITE:
            execute_sql(url, function)
        yield url


@pytest.fixture
def used_file(used, wallet_file):
    """The file of such a copy."""
    return file_of(used)


def test_an_unchanged_ledger_verifies(used):
    assert violations_in(used) == []


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE postings SET amount = amount + 1 WHERE entry_id = 1 AND position = 2", "don't sum to zero"),
        ("DELETE FROM postings WHERE entry_id = 1 AND position = 2", "don't sum to zero"),
        (
            "INSERT INTO postings (entry_id, position, balance_id, unit, amount) "
            f"VALUES (1, 3, {ADAS_WALLET}, 'credit', 5)",
            "Entry 1 moves more than two balances",
        ),
        (f"UPDATE balances SET amount = amount + 1 WHERE id = {ADAS_WALLET}", "its postings sum to"),
        (f"UPDATE balances SET amount = 0 WHERE id = {ADAS_WALLET}", "its postings sum to"),
        ("UPDATE balances SET amount = 5 WHERE issues = 1", "its postings sum to"),
        (
            "UPDATE postings SET balance_after = balance_after + 1 WHERE entry_id = 1 AND position = 2",
            "is left",
        ),
        ("UPDATE postings SET unit = 'millisecond' WHERE entry_id = 1", "its balance counts"),
        ("UPDATE entries SET at = at + 1 WHERE id = 2", "chain breaks at entry 2"),
        ("UPDATE entries SET kind = 'payment' WHERE id = 1", "chain breaks at entry 1"),
        ("UPDATE seals SET hash = zeroblob(32) WHERE entry_id = 3", "chain breaks at entry 3"),
        ("DELETE FROM seals WHERE entry_id = 3", "chain breaks at entry 3"),
        (
            "INSERT INTO seals (entry_id, hash) VALUES (99, zeroblob(32))",
            "entry 99, which doesn't exist",
        ),
        ("UPDATE time_records SET entry_id = 99", "points at no entry"),
        ("UPDATE transfer_records SET entry_id = 99", "points at no entry"),
        ("UPDATE invoice_records SET entry_id = 99", "points at no entry"),
        ("UPDATE conversion_records SET entry_id = 99", "points at no entry"),
        ("UPDATE transfer_records SET credits = credits + 1", "its entry moved others"),
        ("UPDATE invoice_records SET credits = credits + 1", "its entry moved others"),
        ("UPDATE invoice_records SET buyer_name = 'Eve' WHERE account_id = 2", "names its parties otherwise"),
        ("UPDATE invoice_records SET seller_email = NULL", "keeps only a part of the names"),
        ("UPDATE invoice_records SET buyer_name = '', buyer_email = ''", "leaves another one without a name"),
        ("UPDATE accounts SET state = 'erased' WHERE id = 2", "names an erased party"),
        ("UPDATE conversion_records SET milliseconds = milliseconds + 1", "its entry moved others"),
        ("UPDATE time_records SET time_spent = time_spent - 1", "its entry moved others"),
        ("UPDATE postings SET at = at - 1 WHERE entry_id = 1 AND position = 2", "dated before its entry"),
        (
            "UPDATE postings SET at = at + 3600000 WHERE entry_id = 1 AND position = 2",
            "dated before the one before it",
        ),
        (f"UPDATE balances SET moved_at = moved_at + 1 WHERE id = {ADAS_WALLET}", "its last posting at"),
        ("UPDATE balances SET moved_at = 1 WHERE issues = 1", "its last posting at 0"),
        ("UPDATE postings SET balance_id = 99 WHERE entry_id = 1 AND position = 2", "belongs to no balance"),
        ("UPDATE postings SET amount = amount - 1 WHERE entry_id = 1 AND position = 1", "credits circulate"),
        ("UPDATE entries SET reverses_id = 1 WHERE id = 2", "is none and gives something back"),
        ("UPDATE entries SET kind = 'refund' WHERE id = 2", "gives nothing back"),
        ("UPDATE entries SET reverses_id = 1 WHERE id = 2", "entry 1, which is no payment but supply"),
        ("UPDATE entries SET reverses_id = 99 WHERE id = 2", "entry 99, which doesn't exist"),
        ("UPDATE transfer_records SET account_id = 1 WHERE account_id = 2", "not of its sheet's account"),
        ("UPDATE contact_records SET account_id = 1", "not of its sheet's account"),
        ("UPDATE sheets SET record_count = record_count + 1 WHERE account_id = 2", "are on it"),
        ("UPDATE time_records SET unlinked_at = 1", "are on it"),
        ("UPDATE sheets SET last_position = 0 WHERE account_id = 2", "a record is at"),
        ("UPDATE sheets SET kind = 'time' WHERE kind = 'invoice'", "is on no invoice sheet"),
        ("UPDATE time_records SET tags = 'acme'", "tags that are not words between spaces"),
        ("UPDATE time_records SET tags = ' Acme '", "tags that are not words between spaces"),
        ("UPDATE time_records SET tags = ' acme acme '", "tags that are not words between spaces"),
        ("UPDATE time_records SET tags = ' 1 2 3 4 5 6 7 8 9 10 11 '", "tags that are not words between"),
        ("UPDATE time_records SET notes = hex(zeroblob(501))", "a note of more than 1,000 characters"),
        ("UPDATE clocks SET timer_notes = 'invoices' WHERE account_id = 2", "and has not begun"),
        ("DELETE FROM time_segments WHERE id = 1", "its segments sum to 60000"),
        ("UPDATE time_segments SET stopped_at = stopped_at + 1 WHERE id = 1", "its segments sum to"),
        ("UPDATE time_segments SET started_at = started_at - 1, stopped_at = stopped_at - 1", "too early"),
        ("UPDATE time_segments SET started_at = started_at - 60001 WHERE id = 2", "too early"),
        (
            "UPDATE time_segments SET started_at = started_at + 1, stopped_at = stopped_at + 1",
            "ends after it",
        ),
        (
            "UPDATE time_segments SET started_at = started_at + 1, stopped_at = stopped_at + 1 WHERE id = 1",
            "more gaps around its segments than it was paused",
        ),
        ("UPDATE time_records SET pending_count = 0", "more gaps around its segments"),
        ("UPDATE time_records SET time_stop = time_stop + 1", "and was paused for"),
        ("UPDATE time_records SET time_pending = time_pending + 5", "and was paused for 60005"),
        ("UPDATE clocks SET timer_started_at = 1, timer_since = 2", "timer of clock 2 took 1 milliseconds"),
        ("UPDATE time_segments SET clock_id = 1", "a segment of another clock"),
        ("UPDATE time_segments SET time_record_id = NULL", "timer of clock 2 spent 0 milliseconds"),
        ("UPDATE time_segments SET time_record_id = 99", "belongs to no run"),
        ("UPDATE time_segments SET clock_id = 99, time_record_id = NULL", "belongs to no run"),
        ("UPDATE time_records SET time_unsegmented = 1", "its segments sum to"),
        ("UPDATE time_records SET time_unsegmented = -1", "a negative time"),
        ("UPDATE clocks SET timer_spent = 1", "its segments sum to 0"),
        ("UPDATE clocks SET timer_unsegmented = 1", "its segments sum to 1"),
        ("UPDATE ewallets SET unlinked_at = 1 WHERE account_id = 2", "unlinked wallet"),
        ("UPDATE clocks SET unlinked_at = 1 WHERE account_id = 2", "unlinked clock"),
        ("UPDATE accounts SET email_key = NULL WHERE id = 2", "by its email, which no other one has"),
        ("UPDATE accounts SET email_key = 'a@b.c' WHERE id = 2", "found by another email than its own"),
        ("UPDATE accounts SET name_skeleton = 'zzz' WHERE id = 2", "with other looks than those"),
        ("UPDATE accounts SET email_skeleton = NULL WHERE id = 2", "with other looks than those"),
        ("UPDATE accounts SET email_looks_like_id = 99 WHERE id = 2", "is marked for its email"),
        ("UPDATE accounts SET name_looks_like_id = id WHERE id = 2", "is marked for its name"),
        ("UPDATE accounts SET name_looks_like_id = 1 WHERE id = 2", "is marked for its name"),
        ("UPDATE contact_records SET email_key = 'bob@a.b'", "record 1 is found by another email"),
        ("UPDATE costs SET total = '12.5000001'", "it comes to"),
        ("UPDATE costs SET cost = '0'", "it comes to"),
        ("UPDATE costs SET cost = 'much'", "is no number"),
        ("UPDATE costs SET entry_id = 2 WHERE entry_id = 1", "not that of a supply"),
        ("UPDATE costs SET entry_id = 99 WHERE entry_id = 1", "not that of a supply"),
        ("UPDATE entries SET kind = 'gift' WHERE id = 1", "is not what it must be"),
    ],
)
def test_a_change_by_hand_is_found(used, statement, message):
    assert any(message in sentence for sentence in violations_after(used, statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE seals SET entry_id = entry_id + 10",
        "DELETE FROM seals WHERE entry_id = (SELECT max(entry_id) FROM seals)",
        "DELETE FROM seals",
    ],
)
def test_an_entry_without_a_seal_is_found(used, statement):
    # At PostgreSQL the last entries may have none, but only for a short while.
    expected = " had no seal for " if is_on_postgresql(used) else "chain breaks at entry "
    assert any(expected in sentence for sentence in violations_after(used, statement))


@pytest.mark.sqlite_only("other databases refuse a text in a column of numbers")
def test_a_value_of_another_type_is_found(used):
    found = violations_after(used, "UPDATE postings SET amount = 'ten' WHERE entry_id = 1 AND position = 2")
    assert any("is not what it must be" in sentence for sentence in found)


def test_credits_from_an_unbalanced_entry_are_found(used):
    found = violations_after(
        used,
        "INSERT INTO entries (kind, at) VALUES ('supply', 1)",
        "INSERT INTO postings (entry_id, position, balance_id, unit, amount) "
        f"SELECT max(id), 1, {ADAS_WALLET}, 'credit', 5 FROM entries",
        f"UPDATE balances SET amount = amount + 5 WHERE id = {ADAS_WALLET}",
    )
    assert any("don't sum to zero" in sentence for sentence in found)


def test_credits_without_an_entry_are_found(used):
    """Without enforced foreign keys, a posting can name a missing entry."""
    found = violations_after(
        used,
        "INSERT INTO postings (entry_id, position, balance_id, unit, amount, balance_after) "
        f"SELECT 99, 1, id, unit, 5, amount + 5 FROM balances WHERE id = {ADAS_WALLET}",
        f"UPDATE balances SET amount = amount + 5 WHERE id = {ADAS_WALLET}",
    )
    assert found != []


def test_a_temporary_overdraft_is_found(used):
    found = violations_after(used, "UPDATE postings SET amount = -amount WHERE entry_id = 1")
    assert any("below zero" in sentence for sentence in found)


def test_every_violation_is_a_sentence(used):
    found = violations_after(used, "UPDATE postings SET amount = amount * 2 WHERE entry_id > 1")
    assert len(found) > 3
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in found)


def refund_posting(entry: int, credits: int) -> str:
    return (
        "INSERT INTO postings (entry_id, position, balance_id, unit, amount, at) "
        f"SELECT {entry}, 1, {ADAS_WALLET}, 'credit', {credits}, 1"
    )


REFUNDED = (
    # Turns the supply into a payment of 100, of which 60 are refunded.
    "UPDATE entries SET kind = 'payment' WHERE id = 1",
    "INSERT INTO entries (id, kind, at, reverses_id) VALUES (50, 'refund', 1, 1), (51, 'refund', 1, 1)",
    refund_posting(50, 60),
)


def test_refunds_up_to_the_payment_are_valid(used):
    found = violations_after(used, *REFUNDED, refund_posting(51, 40))
    assert not any("more than it paid" in sentence for sentence in found)


def test_refunds_beyond_the_payment_are_found(used):
    found = violations_after(used, *REFUNDED, refund_posting(51, 41))
    assert "The refunds of entry 1 give back 1 credits more than it paid." in found


def test_costs_are_added_up_exactly(used):
    costs = "UPDATE costs SET cost = '1000000000000.000001', total = '{}' WHERE entry_id {} 1"
    exact = [
        costs.format("1000000000000.000001", "="),
        costs.format("2000000000000.000002", ">"),
        "UPDATE invoice_records SET cost = '1000000000000.000001'",
    ]
    assert [sentence for sentence in violations_after(used, *exact) if "cost" in sentence] == []
    wrong = violations_after(used, costs.format("2000000000000.000003", ">"))
    assert any("it comes to 2000000000000.000002" in sentence for sentence in wrong)


def test_sums_beyond_64_bits_are_computed(used):
    vast = 2**63 - 1
    found = violations_after(used, f"UPDATE postings SET amount = {vast} WHERE unit = 'credit'")
    assert any(f"{2 * vast}" in sentence for sentence in found)


def statements_of(examine_all, file):
    """The statements that the function runs on the file."""
    connection = sqlite3.connect(file, isolation_level=None)
    statements = []
    connection.set_trace_callback(statements.append)
    examine_all(Transaction(connection, Statements(SQLiteDialect_pysqlite()), writes=False))
    connection.close()
    return statements


def add_entries(file, *, by: int, since: int = 100) -> None:
    """Add entries from that id on, each with postings that sum to zero."""
    numbers = range(since, since + by)
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "INSERT INTO entries (id, kind, at) VALUES (?, 'supply', 9000000000000)",
            [(number,) for number in numbers],
        )
        connection.executemany(
            "INSERT INTO postings (entry_id, position, balance_id, unit, amount, at) "
            f"SELECT ?, ?, {ADAS_WALLET}, 'credit', ?, 9000000000000",
            [(number, *moved) for number in numbers for moved in ((1, 1), (2, -1))],
        )


def test_the_number_of_queries_is_independent_of_the_length_of_the_ledger(used_file):
    short = statements_of(find_violations, used_file)
    add_entries(used_file, by=500)
    assert len(statements_of(find_violations, used_file)) == len(short)


MOST_PASSES = {
    "postings": 2,
    "entries": 2,
    "seals": 1,
    "transfer_records": 5,
    "invoice_records": 6,
    "time_records": 7,
}
"""How often a table, or one of its indexes, may be read from end to end."""


def test_few_passes_over_a_table_check_it_and_none_sorts_it(used_file):
    passes = Counter()
    with contextlib.closing(sqlite3.connect(used_file)) as connection:
        for statement in statements_of(find_violations, used_file):
            for *_, step in connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall():
                assert step != "USE TEMP B-TREE FOR ORDER BY", statement
                if step.startswith("SCAN "):
                    passes[step.split()[1]] += 1
    assert {table: passes[table] for table in MOST_PASSES if passes[table] > MOST_PASSES[table]} == {}


def peak_memory(file) -> int:
    def examine_all(transaction: Transaction) -> None:
        for _ in run_checks(transaction):
            pass

    tracemalloc.start()
    statements_of(examine_all, file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_the_memory_use_is_independent_of_the_length_of_the_ledger(used_file):
    add_entries(used_file, by=2_000)
    shorter = peak_memory(used_file)
    add_entries(used_file, by=20_000, since=10_000)
    assert peak_memory(used_file) < 1.5 * shorter


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DROP TRIGGER postings_no_update", "lacks postings_no_update"),
        ("DROP INDEX ix_accounts_to_unlink_at", "lacks ix_accounts_to_unlink_at"),
        ("CREATE TRIGGER other AFTER INSERT ON entries BEGIN SELECT 1; END", "has other"),
        ("ALTER TABLE accounts ADD COLUMN more TEXT", "definition of accounts is not"),
    ],
)
def test_a_changed_schema_is_found(used_file, statement, message):
    execute_sql(used_file, statement)
    assert any(message in sentence for sentence in violations_in(used_file))


def test_the_described_schema_is_what_the_migrations_make(tmp_path):
    """If it is not: `make schemas` describes it again."""
    run_migrations(file := tmp_path / "new.sqlite3")
    with contextlib.closing(sqlite3.connect(file)) as connection:
        statements = Statements(SQLiteDialect_pysqlite())
        found = read_schema(Transaction(connection, statements, writes=False))
    assert SQLITE_SCHEMA.read_text() == describe(found)


def test_every_check_reports_what_it_covered(used_file):
    lines = [finding.line for finding in findings_in(used_file) if isinstance(finding, Check)]
    assert lines == [
        "the file's pages, indexes and foreign keys are as SQLite needs them",
        "the tables, indexes and triggers are those of this release",
        "26 tables, each value of which has its type and range",
        "every record is found by its own words",
        "5 entries, each sums to zero per unit",
        "the seals' chain is whole: 5 seals",
        "4 balances, each equals its postings",
        f"the issuer's balance is minus what circulates: {MINUS}92 credits",
        f"the issuer's balance is minus what circulates: {MINUS}780,000 milliseconds",
        "wallets and clocks that were unlinked hold nothing",
        "4 balances, each held by one wallet or clock of its account",
        "11 records, each points at an entry that moved what it says",
        "every record is of what its entry moved, and names whom it moved it between",
        "0 runs with a note or tags, each well-formed",
        "0 payments refunded, none by more than was paid",
        "1 total of what supplies cost, each adds up",
        "10 sheets, each counts its records and holds its account's",
        "1 run and the timers, each spent the time of its segments",
        "every timer has what its state needs, and runs out when its clock is empty",
        "every account, wallet and clock has its own wallet, clock and sheets active",
        "2 accounts, each found by its name and its email",
    ]


def findings_in(file):
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        statements = Statements(SQLiteDialect_pysqlite())
        return list(run_checks(Transaction(connection, statements, writes=False)))
