"""The check of the whole ledger finds what a wrong engine, or a wrong hand, has done to it."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tracemalloc

import pytest
from database_file import changed_by_hand, faults_in, tampered
from fakes import MINUTE
from instructions import PAUSE, RESUME, START, STOP, supply, to_clock, to_credits
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from ewallet_core.storage.transaction import Statements, Transaction
from ewallet_core.storage.verification import Check, find_violations, run_checks

MINUS = "\N{MINUS SIGN}"

ADAS_WALLET = "(SELECT balance_id FROM ewallets WHERE account_id = 2)"
# On the list that Ada's account came with.
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


@pytest.fixture
def lived_in(supplied, wallclock, wallet_file):
    """A file in which every kind of entry has been written."""
    for instruction in (to_clock(20), START, PAUSE, RESUME):
        supplied.asks_ok(**instruction)
        wallclock.forward(MINUTE)
    for instruction in (STOP, to_credits(credits=5), supply(7)):
        supplied.asks_ok(**instruction)
    changed_by_hand(wallet_file, A_CONTACT)
    changed_by_hand(
        wallet_file,
        "UPDATE sheets SET record_count = 1, last_position = 1 WHERE kind = 'contact' AND account_id = 2",
    )
    changed_by_hand(wallet_file, "DELETE FROM costs")
    changed_by_hand(wallet_file, COSTS_OF_THE_SUPPLIES)
    supplied.engine.close()
    return shutil.copy(wallet_file, wallet_file.with_name("lived-in.sqlite3"))


def test_a_ledger_that_nobody_touched_is_in_order(lived_in):
    assert faults_in(lived_in) == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE postings SET amount = amount + 1 WHERE id = 2", "don't sum to zero"),
        ("DELETE FROM postings WHERE id = 2", "don't sum to zero"),
        (f"UPDATE balances SET amount = amount + 1 WHERE id = {ADAS_WALLET}", "its postings sum to"),
        (f"UPDATE balances SET amount = 0 WHERE id = {ADAS_WALLET}", "its postings sum to"),
        ("UPDATE balances SET amount = 5 WHERE issues = 1", "its postings sum to"),
        ("UPDATE postings SET balance_after = balance_after + 1 WHERE id = 2", "is left"),
        ("UPDATE postings SET unit = 'millisecond' WHERE entry_id = 1", "its balance counts"),
        ("UPDATE entries SET at = at + 1 WHERE id = 2", "chain breaks at entry 2"),
        ("UPDATE entries SET kind = 'payment' WHERE id = 1", "chain breaks at entry 1"),
        ("UPDATE seals SET hash = zeroblob(32) WHERE position = 3", "chain breaks at entry 3"),
        ("DELETE FROM seals WHERE position = 3", "chain breaks at entry 3"),
        ("UPDATE seals SET position = position + 10", "chain breaks at entry 1"),
        ("DELETE FROM seals WHERE position = (SELECT max(position) FROM seals)", "chain breaks"),
        (
            "INSERT INTO seals (position, entry_id, hash) VALUES (99, 99, zeroblob(32))",
            "entry 99, which doesn't exist",
        ),
        ("UPDATE time_records SET entry_id = 99", "points at no entry"),
        ("UPDATE transfer_records SET entry_id = 99", "points at no entry"),
        ("UPDATE invoice_records SET entry_id = 99", "points at no entry"),
        ("UPDATE conversion_records SET entry_id = 99", "points at no entry"),
        ("UPDATE transfer_records SET credits = credits + 1", "its entry moved others"),
        ("UPDATE invoice_records SET credits = credits + 1", "its entry moved others"),
        ("UPDATE conversion_records SET milliseconds = milliseconds + 1", "its entry moved others"),
        ("UPDATE time_records SET time_spent = time_spent - 1", "its entry moved others"),
        ("UPDATE postings SET at = at - 1 WHERE id = 2", "dated before its entry"),
        ("UPDATE postings SET at = at + 3600000 WHERE id = 2", "dated before the one before it"),
        (f"UPDATE balances SET moved_at = moved_at + 1 WHERE id = {ADAS_WALLET}", "its last posting at"),
        ("UPDATE balances SET moved_at = 1 WHERE issues = 1", "its last posting at 0"),
        ("UPDATE postings SET balance_id = 99 WHERE id = 2", "belongs to no balance"),
        ("UPDATE postings SET amount = amount - 1 WHERE id = 1", "credits circulate"),
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
        ("UPDATE ewallets SET unlinked_at = 1 WHERE account_id = 2", "unlinked wallet"),
        ("UPDATE clocks SET unlinked_at = 1 WHERE account_id = 2", "unlinked clock"),
        ("UPDATE costs SET total = '12.5000001'", "it comes to"),
        ("UPDATE costs SET cost = '0'", "it comes to"),
        ("UPDATE costs SET cost = 'much'", "is no number"),
        ("UPDATE costs SET entry_id = 2 WHERE entry_id = 1", "not that of a supply"),
        ("UPDATE costs SET entry_id = 99 WHERE entry_id = 1", "not that of a supply"),
        ("UPDATE postings SET amount = 'ten' WHERE id = 2", "a value is not what it must be"),
        ("UPDATE entries SET kind = 'gift' WHERE id = 1", "a value is not what it must be"),
    ],
)
def test_a_change_by_hand_is_found(lived_in, statement, said):
    assert any(said in sentence for sentence in tampered(lived_in, statement))


def test_credits_that_somebody_gave_himself_are_found(lived_in):
    found = tampered(
        lived_in,
        "INSERT INTO entries (kind, at) VALUES ('supply', 1)",
        "INSERT INTO postings (entry_id, balance_id, unit, amount) "
        f"SELECT max(id), {ADAS_WALLET}, 'credit', 5 FROM entries",
        f"UPDATE balances SET amount = amount + 5 WHERE id = {ADAS_WALLET}",
    )
    assert any("don't sum to zero" in sentence for sentence in found)


def test_credits_that_came_with_no_entry_are_found(lived_in):
    """Where foreign keys are not enforced, a posting can be of an entry that does not exist."""
    found = tampered(
        lived_in,
        "INSERT INTO postings (entry_id, balance_id, unit, amount, balance_after) "
        f"SELECT 99, id, unit, 5, amount + 5 FROM balances WHERE id = {ADAS_WALLET}",
        f"UPDATE balances SET amount = amount + 5 WHERE id = {ADAS_WALLET}",
    )
    assert found != []


def test_an_overdraft_that_was_made_good_later_is_found(lived_in):
    found = tampered(lived_in, "UPDATE postings SET amount = -amount WHERE entry_id = 1")
    assert any("below zero" in sentence for sentence in found)


def test_every_fault_is_a_sentence(lived_in):
    found = tampered(lived_in, "UPDATE postings SET amount = amount * 2 WHERE id > 2")
    assert len(found) > 3
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in found)


def given_back(entry: int, credits: int) -> str:
    return (
        "INSERT INTO postings (entry_id, balance_id, unit, amount, at) "
        f"SELECT {entry}, {ADAS_WALLET}, 'credit', {credits}, 1"
    )


REFUNDED = (
    # What was a supply becomes a payment of 100, and 60 of it are given back, as often as it is said.
    "UPDATE entries SET kind = 'payment' WHERE id = 1",
    "INSERT INTO entries (id, kind, at, reverses_id) VALUES (50, 'refund', 1, 1), (51, 'refund', 1, 1)",
    given_back(50, 60),
)


def test_a_payment_may_be_given_back_as_far_as_it_went(lived_in):
    found = tampered(lived_in, *REFUNDED, given_back(51, 40))
    assert not any("more than it paid" in sentence for sentence in found)


def test_refunds_that_together_pass_the_payment_are_found(lived_in):
    found = tampered(lived_in, *REFUNDED, given_back(51, 41))
    assert "The refunds of entry 1 give back 1 credits more than it paid." in found


def test_costs_are_added_up_exactly_however_long_they_are(lived_in):
    costs = "UPDATE costs SET cost = '1000000000000.000001', total = '{}' WHERE entry_id {} 1"
    exact = [
        costs.format("1000000000000.000001", "="),
        costs.format("2000000000000.000002", ">"),
        "UPDATE invoice_records SET cost = '1000000000000.000001'",
    ]
    assert tampered(lived_in, *exact) == []
    assert tampered(lived_in, costs.format("2000000000000.000003", ">")) != []


def test_sums_that_no_database_could_make_are_made(lived_in):
    vast = 2**63 - 1
    found = tampered(lived_in, f"UPDATE postings SET amount = {vast} WHERE unit = 'credit'")
    assert any(f"{2 * vast}" in sentence for sentence in found)


def read_by(examine_all, file):
    """What the database was asked while somebody did that to it."""
    connection = sqlite3.connect(file, isolation_level=None)
    asked = []
    connection.set_trace_callback(asked.append)
    examine_all(Transaction(connection, Statements(SQLiteDialect_pysqlite(paramstyle="named")), writes=False))
    connection.close()
    return asked


def lengthened(file, *, by: int, since: int = 100) -> None:
    """More entries from that number on, each with postings that come to nothing."""
    numbers = range(since, since + by)
    with contextlib.closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(
            "INSERT INTO entries (id, kind, at) VALUES (?, 'supply', 9000000000000)",
            [(number,) for number in numbers],
        )
        connection.executemany(
            "INSERT INTO postings (entry_id, balance_id, unit, amount, at) "
            f"SELECT ?, {ADAS_WALLET}, 'credit', ?, 9000000000000",
            [(number, amount) for number in numbers for amount in (1, -1)],
        )


def test_a_longer_ledger_is_not_asked_more_questions(lived_in):
    short = read_by(find_violations, lived_in)
    lengthened(lived_in, by=500)
    assert len(read_by(find_violations, lived_in)) == len(short)


def peak_of_examining(file) -> int:
    def examine_all(transaction: Transaction) -> None:
        for _ in run_checks(transaction):
            pass

    tracemalloc.start()
    read_by(examine_all, file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_a_ledger_ten_times_as_long_takes_no_more_memory(lived_in):
    lengthened(lived_in, by=2_000)
    shorter = peak_of_examining(lived_in)
    lengthened(lived_in, by=20_000, since=10_000)
    assert peak_of_examining(lived_in) < 1.5 * shorter


def test_what_was_proved_is_counted(lived_in):
    proved = [finding.line for finding in examined(lived_in) if isinstance(finding, Check)]
    assert proved == [
        "5 entries, each sums to zero per unit",
        "the seals' chain is whole: 5 seals",
        "11 records, each points at an entry that moved what it says",
        "4 balances, each equals its postings",
        f"the issuer's balance is minus what circulates: {MINUS}92 credits",
        f"the issuer's balance is minus what circulates: {MINUS}780,000 milliseconds",
        "wallets and clocks that were unlinked hold nothing",
        "4 balances, each held by one wallet or clock of its account",
        "every record is of what its entry moved, and names whom it moved it between",
        "0 payments refunded, none by more than was paid",
        "1 total of what supplies cost, each adds up",
        "10 sheets, each counts its records and holds its account's",
        "every account, wallet and clock has its own wallet, clock and sheets active",
    ]


def examined(file):
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        statements = Statements(SQLiteDialect_pysqlite(paramstyle="named"))
        return list(run_checks(Transaction(connection, statements, writes=False)))
