"""The check of the whole ledger finds what a wrong engine, or a wrong hand, has done to it."""

from __future__ import annotations

import shutil
import sqlite3

import pytest
from asking import PAUSE, RESUME, START, STOP, supply, to_clock, to_credits
from kept_rows import faults_in
from wallclock import MINUTE

ADAS_WALLET = "(SELECT balance_id FROM ewallets WHERE account_id = 2)"


@pytest.fixture
def lived_in(supplied, wallclock, wallet_file):
    """A file in which every kind of entry has been written."""
    for instruction in (to_clock(20), START, PAUSE, RESUME):
        supplied.asks_ok(**instruction)
        wallclock.forward(MINUTE)
    for instruction in (STOP, to_credits(credits=5), supply(7)):
        supplied.asks_ok(**instruction)
    supplied.engine.close()
    return shutil.copy(wallet_file, wallet_file.with_name("lived-in.sqlite3"))


def tampered(file, *statements: str) -> list[str]:
    """What the check finds after somebody who can do everything has done this."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        assert connection.execute(statement).rowcount > 0
    connection.close()
    return faults_in(file)


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
        ("INSERT INTO seals (position, entry_id, hash) VALUES (99, 99, zeroblob(32))", "don't exist"),
        ("UPDATE time_records SET entry_id = 99", "points at no entry"),
        ("UPDATE transfer_records SET entry_id = 99", "points at no entry"),
        ("UPDATE invoice_records SET entry_id = 99", "points at no entry"),
        ("UPDATE conversion_records SET entry_id = 99", "points at no entry"),
        ("UPDATE transfer_records SET credits = credits + 1", "its entry moved others"),
        ("UPDATE invoice_records SET credits = credits + 1", "its entry moved others"),
        ("UPDATE conversion_records SET milliseconds = milliseconds + 1", "its entry moved others"),
        ("UPDATE time_records SET time_spent = time_spent - 1", "its entry moved others"),
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
