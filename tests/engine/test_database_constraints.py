"""What a wrong engine would do is refused by the database itself."""

from __future__ import annotations

import sqlite3

import pytest
from database_file import rows
from instructions import START, STOP, to_clock

from ewallet_core.handlers.logins import login_records

MOST_CREDITS = 10**12

APPEND_ONLY = ("entries", "postings", "seals")


@pytest.fixture
def by_hand(supplied, wallet_file):
    """A connection past the engine, to a file in which every kind of thing has happened."""
    for instruction in (to_clock(20), START, STOP):
        supplied.asks_ok(**instruction)
    connection = sqlite3.connect(wallet_file, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.close()


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_the_journal_holds_can_not_be_changed(by_hand, table):
    column = by_hand.execute(f"SELECT name FROM pragma_table_info('{table}') ORDER BY cid DESC").fetchone()[0]
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
        by_hand.execute(f"UPDATE {table} SET {column} = {column}")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_the_journal_holds_can_not_be_removed(by_hand, table):
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
        by_hand.execute(f"DELETE FROM {table}")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_the_journal_holds_can_not_be_replaced(by_hand, table):
    before = by_hand.execute(f"SELECT * FROM {table}").fetchall()
    with pytest.raises(sqlite3.IntegrityError):
        by_hand.execute(f"REPLACE INTO {table} SELECT * FROM {table}")
    assert by_hand.execute(f"SELECT * FROM {table}").fetchall() == before


WRONG = {
    "a wallet below zero": "UPDATE balances SET amount = -1 WHERE unit = 'credit' AND issues = 0",
    "a clock below zero": "UPDATE balances SET amount = -1 WHERE unit = 'millisecond' AND issues = 0",
    "a wallet beyond its limit": (
        f"UPDATE balances SET amount = {MOST_CREDITS + 1} WHERE unit = 'credit' AND issues = 0"
    ),
    "a clock beyond its limit": (
        f"UPDATE balances SET amount = {MOST_CREDITS * 60_000 + 1} WHERE unit = 'millisecond' AND issues = 0"
    ),
    "a balance of an unknown unit": "UPDATE balances SET unit = 'euro'",
    "a hot issuer": "UPDATE balances SET amount = 5 WHERE issues = 1",
    "a posting that moves nothing": (
        "INSERT INTO postings (entry_id, balance_id, unit, amount) VALUES (1, 3, 'credit', 0)"
    ),
    "a posting of an unknown unit": (
        "INSERT INTO postings (entry_id, balance_id, unit, amount) VALUES (1, 3, 'euro', 5)"
    ),
    "a posting of no entry": (
        "INSERT INTO postings (entry_id, balance_id, unit, amount) VALUES (99, 3, 'credit', 5)"
    ),
    "a posting of no balance": (
        "INSERT INTO postings (entry_id, balance_id, unit, amount) VALUES (1, 99, 'credit', 5)"
    ),
    "an entry of an unknown kind": "INSERT INTO entries (kind, at) VALUES ('gift', 1)",
    "two seals of one entry": "INSERT INTO seals (position, entry_id, hash) VALUES (99, 1, x'00')",
    "a seal of no entry": "INSERT INTO seals (position, entry_id, hash) VALUES (99, 99, x'00')",
    "a record of no entry": "UPDATE transfer_records SET entry_id = 99",
    "two records at one place": "UPDATE transfer_records SET sheet_id = 1, position = 1",
    "a timer in an unknown state": "UPDATE clocks SET timer_state = 'broken'",
    "an account in an unknown state": "UPDATE accounts SET state = 'gone'",
    "an account of an unknown role": "UPDATE accounts SET role = 'king'",
    "two accounts of one name": "UPDATE accounts SET name_key = 'ada'",
    "two accounts of one email": "UPDATE accounts SET email_key = 'ada@example.org'",
    "two sessions of one client": (
        "INSERT INTO sessions (client_id, worker_id, address, last_used_at, expires_at, created_at, "
        "written_at) VALUES (1, 1, 'here', 1, 1, 1, 1)"
    ),
    "an account that leaves its journal behind": "DELETE FROM accounts WHERE id = 2",
    "a balance that leaves its postings behind": "DELETE FROM balances",
}


@pytest.mark.parametrize("statement", WRONG.values(), ids=WRONG.keys())
def test_what_must_never_be_is_refused(by_hand, statement):
    with pytest.raises(sqlite3.IntegrityError):
        by_hand.execute(statement)


def test_the_limits_themselves_are_allowed(by_hand, wallet_file):
    by_hand.execute("BEGIN")
    by_hand.execute(f"UPDATE balances SET amount = {MOST_CREDITS} WHERE unit = 'credit' AND issues = 0")
    by_hand.execute("UPDATE balances SET amount = 0 WHERE unit = 'credit'")
    by_hand.execute("ROLLBACK")


def test_a_number_that_was_given_is_never_given_again(by_hand, wallet_file):
    """A new account under an old one's number would own its records and its remembered requests."""
    numbered = {row["name"] for row in rows(wallet_file, "SELECT name FROM sqlite_sequence")}
    assert {"accounts", "sessions", "entries", "postings", "transfer_records"} <= numbered


def test_the_engines_own_connection_knows_what_belongs_together(database):
    stray = {"account_id": 99, "kind": "login", "outcome": "accepted", "address": "here", "at": 1}
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        database.write(lambda transaction: login_records.insert(transaction, **stray))


@pytest.mark.parametrize(("pragma", "setting"), [("synchronous", 2), ("journal_mode", "wal")])
def test_the_engines_own_connection_waits_for_the_disk(database, pragma, setting):
    """What was acknowledged outlives a power failure only so; no test without power can show it."""
    found = database.write(lambda transaction: transaction._connection.execute(f"PRAGMA {pragma}").fetchone())
    assert found == (setting,)
