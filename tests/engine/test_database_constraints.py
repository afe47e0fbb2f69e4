"""The database itself refuses what a wrong engine would do: CHECK constraints and append-only triggers."""

from __future__ import annotations

import sqlite3

import pytest
from database_file import rows
from instructions import START, STOP, to_clock

from ewallet_core.handlers.logins import login_records
from ewallet_core.storage.transaction import Transaction

MOST_CREDITS = 10**12

APPEND_ONLY = ("entries", "postings", "seals")


@pytest.fixture
def raw_connection(supplied, wallet_file):
    """A direct connection to a file that has every kind of row."""
    for instruction in (to_clock(20), START, STOP):
        supplied.request(**instruction)
    connection = sqlite3.connect(wallet_file, isolation_level=None)
    connection.execute("PRAGMA foreign_keys = ON")
    yield connection
    connection.close()


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_rows_of_the_journal_can_not_be_updated(raw_connection, table):
    column = raw_connection.execute(
        f"SELECT name FROM pragma_table_info('{table}') ORDER BY cid DESC"
    ).fetchone()[0]
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
        raw_connection.execute(f"UPDATE {table} SET {column} = {column}")


@pytest.mark.parametrize("table", APPEND_ONLY)
def test_rows_of_the_journal_can_not_be_deleted(raw_connection, table):
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
        raw_connection.execute(f"DELETE FROM {table}")


@pytest.mark.sqlite_only("PostgreSQL knows no REPLACE")
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_rows_of_the_journal_can_not_be_replaced(raw_connection, database, table):
    """On the engine's own connection: whether REPLACE fires the triggers is a setting of each."""
    before = raw_connection.execute(f"SELECT * FROM {table}").fetchall()
    replace = f"REPLACE INTO {table} SELECT * FROM {table}"
    with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
        database.write(lambda transaction: transaction._connection.execute(replace))
    assert raw_connection.execute(f"SELECT * FROM {table}").fetchall() == before


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
        "INSERT INTO postings (entry_id, position, balance_id, unit, amount) VALUES (1, 3, 3, 'credit', 0)"
    ),
    "a posting of an unknown unit": (
        "INSERT INTO postings (entry_id, position, balance_id, unit, amount) VALUES (1, 3, 3, 'euro', 5)"
    ),
    "a posting of no entry": (
        "INSERT INTO postings (entry_id, position, balance_id, unit, amount) VALUES (99, 1, 3, 'credit', 5)"
    ),
    "a posting of no balance": (
        "INSERT INTO postings (entry_id, position, balance_id, unit, amount) VALUES (1, 3, 99, 'credit', 5)"
    ),
    "an entry of an unknown kind": "INSERT INTO entries (kind, at) VALUES ('gift', 1)",
    "two seals of one entry": "INSERT INTO seals (entry_id, hash) VALUES (1, x'00')",
    "a seal of no entry": "INSERT INTO seals (entry_id, hash) VALUES (99, x'00')",
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
def test_an_invalid_row_is_refused(raw_connection, statement):
    with pytest.raises(sqlite3.IntegrityError):
        raw_connection.execute(statement)


def test_values_at_the_limits_are_allowed(raw_connection, wallet_url):
    raw_connection.execute("BEGIN")
    raw_connection.execute(
        f"UPDATE balances SET amount = {MOST_CREDITS} WHERE unit = 'credit' AND issues = 0"
    )
    raw_connection.execute("UPDATE balances SET amount = 0 WHERE unit = 'credit'")
    raw_connection.execute("ROLLBACK")


def test_ids_are_never_reused(raw_connection, wallet_url):
    """A new account with a reused id would own the old one's records and stored requests."""
    numbered = {row["name"] for row in rows(wallet_url, "SELECT name FROM sqlite_sequence")}
    assert {"accounts", "sessions"} <= numbered


@pytest.mark.sqlite_only("it is about the settings of a connection to SQLite")
def test_the_engines_connection_enforces_foreign_keys(database):
    stray = {"account_id": 99, "kind": "login", "outcome": "accepted", "address": "here", "at": 1}
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        database.write(lambda transaction: login_records.insert(transaction, **stray))


@pytest.mark.sqlite_only("it is about the settings of a connection to SQLite")
@pytest.mark.parametrize(("pragma", "setting"), [("synchronous", 2), ("journal_mode", "wal")])
def test_the_engines_connection_syncs_every_commit(database, pragma, setting):
    """Only with these settings does a committed change survive a power failure, which no test can cause."""
    found = database.write(lambda transaction: transaction._connection.execute(f"PRAGMA {pragma}").fetchone())
    assert found == (setting,)


@pytest.mark.sqlite_only("it is about the settings of a connection to SQLite")
def test_only_the_writer_keeps_temporary_rows_in_memory(database):
    """The pages that savepoints copy are few, but a reader may sort all records of an account."""

    def setting(transaction: Transaction) -> int:
        return transaction._connection.execute("PRAGMA temp_store").fetchone()[0]

    assert database.write(setting) == 2
    assert database.read(setting) == 1
