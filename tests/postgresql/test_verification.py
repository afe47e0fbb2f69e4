"""The verification of a database at PostgreSQL: its schema, indexes and rows, and entries without seals."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Iterator
from contextlib import closing

import pytest
from database_file import find_violations
from filled_database import (
    Undone,
    copy_of,
    fill_database,
    lines_in,
    undone,
    violations_at,
    without_constraints,
)
from new_database import NewDatabase
from postgresql_server import PostgresqlServer

from ewallet_core.storage.described_schema import POSTGRESQL_SCHEMA, describe
from ewallet_core.storage.postgresql.engine import connect, create_dialect
from ewallet_core.storage.postgresql.migration import migrate
from ewallet_core.storage.postgresql.pipeline import DriverConnection
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.transaction import Statements
from ewallet_core.storage.verification import run_checks
from ewallet_core.storage.verification.postgresql import read_schema

ADAS_WALLET = "(SELECT balance_id FROM ewallets WHERE account_id = 2 ORDER BY id LIMIT 1)"
STATEMENTS = Statements(create_dialect())
NOW = "(SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint)"


@pytest.fixture(scope="module")
def filled(postgresql_server: PostgresqlServer) -> Iterator[NewDatabase]:
    database = fill_database(postgresql_server)
    yield database
    database.drop()


@pytest.fixture
def used(filled: NewDatabase) -> Iterator[NewDatabase]:
    """A database with all kinds of content, for one test."""
    with copy_of(filled) as database:
        yield database


@pytest.fixture(scope="module")
def driver(filled: NewDatabase) -> Iterator[DriverConnection]:
    """A connection to a copy of it."""
    with copy_of(filled) as database, closing(connect(database.target())) as driver:
        yield driver


@pytest.fixture
def changed(driver: DriverConnection) -> Iterator[Undone]:
    """The content of `used`, for one test whose changes can be undone."""
    with undone(driver, STATEMENTS) as database:
        yield database


def lines_of(database: NewDatabase) -> list[str]:
    with open_read_only(database.url()) as transaction:
        return lines_in(transaction)


def test_an_unchanged_database_verifies(filled: NewDatabase) -> None:
    assert violations_at(filled) == []
    lines = lines_of(filled)
    assert lines[:2] == [
        "the tables, indexes, constraints and triggers are those of this release",
        "the foreign keys and sequences are as PostgreSQL needs them; the extension amcheck is not installed",
    ]
    assert "15 entries, each sums to zero per unit" in lines
    assert "the seals' chain is whole: 15 seals" in lines
    assert len(lines) == 21


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE postings SET amount = amount + 1 WHERE entry_id = 1 AND position = 2", "don't sum to zero"),
        (f"UPDATE balances SET amount = amount + 1 WHERE id = {ADAS_WALLET}", "its postings sum to"),
        ("UPDATE entries SET at = at + 1 WHERE id = 2", "chain breaks at entry 2"),
        ("UPDATE seals SET hash = sha256('') WHERE entry_id = 3", "chain breaks at entry 3"),
        ("DELETE FROM seals WHERE entry_id = 3", "chain breaks at entry 3"),
        ("DELETE FROM entries WHERE id = 3", "belongs to no entry"),
        ("INSERT INTO seals (entry_id, hash) VALUES (99, sha256(''))", "entry 99, which doesn't exist"),
        ("UPDATE postings SET balance_id = 99 WHERE entry_id = 1 AND position = 2", "belongs to no balance"),
        ("UPDATE transfer_records SET entry_id = 99", "points at no entry"),
        ("UPDATE transfer_records SET credits = credits + 1", "its entry moved others"),
        ("UPDATE sheets SET record_count = record_count + 1 WHERE account_id = 2", "are on it"),
        ("UPDATE time_records SET time_stop = time_stop + 1", "and was paused for"),
        ("UPDATE costs SET total = '12.5000001'", "it comes to"),
        ("UPDATE accounts SET email_key = 'a@b.c' WHERE id = 2", "found by another email than its own"),
        ("UPDATE events SET data = 'much' WHERE id = 1", "event 1 has data that is not JSON"),
        ("UPDATE contact_records SET search_key = 'x'", "found by other words than its own"),
        ("UPDATE accounts SET created_at = -1", "has a value that is never written there"),
        ("UPDATE workers SET session_limit = -1", "has a value that is never written there"),
        ("UPDATE sessions SET worker_id = 99", "belongs to a row of workers that doesn't exist"),
        (
            "UPDATE login_origins SET account_id = 99 WHERE account_id = 2",
            "belongs to a row of accounts that doesn't exist",
        ),
    ],
)
def test_a_change_by_hand_is_found(changed: Undone, statement: str, message: str) -> None:
    assert changed.execute(statement) != 0
    assert any(message in sentence for sentence in changed.violations())


def test_a_change_that_others_see_is_found(used: NewDatabase) -> None:
    with without_constraints(used) as connection:
        connection.execute("UPDATE accounts SET created_at = -1")
    assert any("a value that is never written there" in sentence for sentence in violations_at(used))


def test_an_id_that_would_be_given_twice_is_found(used: NewDatabase) -> None:
    used.execute("SELECT setval('entries_id_seq', 3)")
    (found,) = violations_at(used)
    assert "would get the id 4, and there is already the id" in found


def test_entries_may_have_gaps_between_their_ids(used: NewDatabase) -> None:
    used.execute("SELECT setval('entries_id_seq', 1000)")
    used.execute(f"INSERT INTO entries (kind, at) VALUES ('transfer', {NOW})")
    assert violations_at(used) == []


# The schema


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("DROP TRIGGER postings_append_only ON postings", "lacks the trigger postings.postings_append_only"),
        (
            "ALTER TABLE seals DISABLE TRIGGER seals_append_only",
            "definition of the trigger seals.seals_append_only is not",
        ),
        (
            "ALTER TABLE postings DISABLE TRIGGER ALL",
            "definition of the constraint postings.fk_postings_balance_id is not",
        ),
        (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
            " 'BEGIN RETURN NULL; END'",
            "definition of the function entries.refuse_change is not",
        ),
        ("DROP INDEX ix_accounts_to_unlink_at", "lacks the index accounts.ix_accounts_to_unlink_at"),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_accounts_to_unlink_at'::regclass",
            "definition of the index accounts.ix_accounts_to_unlink_at is not",
        ),
        ("ALTER TABLE accounts ADD COLUMN more text", "has the column accounts.more, which no release"),
        ("ALTER TABLE accounts ALTER COLUMN phone DROP NOT NULL", "definition of the column accounts.phone"),
        ("ALTER TABLE balances ALTER COLUMN amount DROP DEFAULT", "definition of the column balances.amount"),
        ('ALTER TABLE accounts ALTER COLUMN name TYPE text COLLATE "C.utf8"', "the column accounts.name"),
        ("ALTER TABLE balances DROP CONSTRAINT ck_balances_within_limits", "ck_balances_within_limits"),
        (
            "ALTER TABLE balances ADD CONSTRAINT more CHECK (amount < 10) NOT VALID",
            "constraint balances.more",
        ),
        ("ALTER SEQUENCE entries_id_seq CYCLE", "definition of the sequence entries.entries_id_seq is not"),
        (
            "UPDATE pg_class SET relpersistence = 'u' WHERE oid = 'entries'::regclass",
            "definition of the table entries is not",
        ),
        ("ALTER TABLE accounts ENABLE ROW LEVEL SECURITY", "definition of the table accounts is not"),
        ("CREATE TABLE more () INHERITS (entries)", "definition of the table entries is not"),
        ("CREATE RULE more AS ON INSERT TO seals DO INSTEAD NOTHING", "has the rule seals.more"),
        (
            "CREATE TRIGGER more AFTER INSERT ON entries FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
            "has the trigger entries.more",
        ),
        ("DROP TABLE issue_reports", "lacks the table issue_reports"),
    ],
)
def test_a_changed_schema_is_found(changed: Undone, statement: str, message: str) -> None:
    changed.execute(statement)
    assert any(message in sentence for sentence in changed.violations())


def test_what_belongs_to_no_table_of_ours_is_ignored(changed: Undone) -> None:
    changed.execute("CREATE TABLE copy_of_accounts AS SELECT * FROM accounts")
    changed.execute("CREATE VIEW balance_by_account AS SELECT account_id, amount FROM balances")
    assert changed.violations() == []


def test_the_described_schema_is_what_the_migrations_make(database: NewDatabase) -> None:
    """If it is not: `make schemas` describes it again."""
    database.run_migrations()
    with open_read_only(database.url()) as transaction:
        found = read_schema(transaction)
    assert POSTGRESQL_SCHEMA.read_text() == describe(found)


def test_the_description_is_the_same_in_a_schema_of_another_name(database: NewDatabase) -> None:
    migrate(database.target(schema="Our Wallets"))
    assert violations_at(database, schema="Our Wallets") == []


# Indexes and pages


def test_a_row_that_its_index_lacks_is_found(used: NewDatabase) -> None:
    used.execute("CREATE EXTENSION amcheck")
    assert violations_at(used) == []
    assert lines_of(used)[1] == "the pages, indexes, foreign keys and sequences are as PostgreSQL needs them"
    ready = "UPDATE pg_index SET indisready = {} WHERE indexrelid = 'ix_refused_requests_at'::regclass"
    used.execute(ready.format("false"))
    used.execute(
        "INSERT INTO refused_requests (role, instruction, address, at) VALUES ('user', 'view', 'here', 1)"
    )
    used.execute(ready.format("true"))
    (found,) = violations_at(used)
    assert found.startswith("The index ix_refused_requests_at is damaged, PostgreSQL says: heap tuple")


def test_a_role_that_may_not_check_indexes_says_so(used: NewDatabase, server_role: str) -> None:
    used.execute("CREATE EXTENSION amcheck")
    used.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {server_role}")
    with open_read_only(used.url(server_role)) as transaction:
        lines = lines_in(transaction)
    assert lines[1].endswith("; this role may not use the extension amcheck")
    assert len(lines) == 21


def test_a_role_that_only_reads_may_check_indexes(used: NewDatabase, server_role: str) -> None:
    used.execute("CREATE EXTENSION amcheck")
    used.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {server_role}")
    used.execute(
        f"GRANT EXECUTE ON FUNCTION bt_index_check(regclass, boolean), verify_heapam TO {server_role}"
    )
    with open_read_only(used.url(server_role)) as transaction:
        lines = lines_in(transaction)
    assert lines[1] == "the pages, indexes, foreign keys and sequences are as PostgreSQL needs them"


# Entries without seals


def post_unsealed(database: Undone, at: str) -> None:
    database.execute(f"INSERT INTO entries (kind, at) VALUES ('transfer', {at})")


def test_the_last_entries_may_have_no_seals_yet(changed: Undone) -> None:
    for seconds in (2, 1, 0):
        post_unsealed(changed, f"{NOW} - {seconds * 1000}")
    assert changed.violations() == []
    (line,) = [line for line in changed.lines() if "not sealed yet" in line]
    assert line.startswith("3 entries of the last ")
    assert line.endswith(" s are not sealed yet")


def test_entries_that_have_no_seals_for_long_are_found(changed: Undone) -> None:
    post_unsealed(changed, f"{NOW} - 61000")
    post_unsealed(changed, NOW)
    (found,) = changed.violations()
    assert re.match(r"2 entries from entry \d+ on have had no seal for \d+ seconds.$", found)


def test_an_entry_without_a_seal_that_is_dated_in_the_future_is_found(changed: Undone) -> None:
    post_unsealed(changed, f"{NOW} + 1000000")
    (found,) = changed.violations()
    assert found.startswith("1 entry from entry ")
    assert found.endswith(" on has no seal, and a date that has not come yet.")


def test_the_end_of_the_chain_can_not_be_cut_off(changed: Undone) -> None:
    changed.execute("DELETE FROM seals WHERE entry_id > 10")
    (found,) = changed.violations()
    assert found.partition(" had no seal for ")[0].endswith(" entries from entry 11 on have")


def test_a_run_that_ended_long_before_its_entry_was_written_may_have_no_seal_yet(changed: Undone) -> None:
    changed.execute("DELETE FROM seals WHERE entry_id >= (SELECT max(id) FROM entries)")
    changed.execute("UPDATE entries SET kind = 'time_spent' WHERE id = (SELECT max(id) FROM entries)")
    changed.execute(
        f"UPDATE clocks SET written_at = {NOW} WHERE balance_id IN"
        " (SELECT balance_id FROM postings WHERE entry_id = (SELECT max(id) FROM entries))"
    )
    assert "1 entry of the last" in "".join(changed.lines())


# Reading


def test_nothing_can_be_changed_meanwhile(filled: NewDatabase) -> None:
    with (
        pytest.raises(Exception, match="read-only transaction"),
        open_read_only(filled.url()) as transaction,
    ):
        transaction._connection.execute("DELETE FROM sheets")


def test_a_snapshot_stays_the_same_while_others_write(used: NewDatabase) -> None:
    with open_read_only(used.url()) as transaction:
        used.execute("UPDATE balances SET amount = amount + 1 WHERE issues = 0")
        assert find_violations(transaction) == []
    assert violations_at(used) != []


def test_a_value_that_can_not_be_read_is_a_violation_and_the_other_checks_go_on(changed: Undone) -> None:
    changed.execute("ALTER TABLE entries DROP CONSTRAINT ck_entries_kind_known")
    changed.execute("UPDATE entries SET kind = 'gift' WHERE id = 1")
    found = changed.violations()
    assert "The definition" not in "".join(found)
    assert any(sentence.startswith("The journal can't be read") for sentence in found)
    assert len(changed.lines()) > 15


def test_checks_after_a_missing_table_go_on(changed: Undone) -> None:
    changed.execute("DROP TABLE costs")
    found = changed.violations()
    assert found[0] == "The database lacks the table costs, which this release has made."
    assert 'The costs can\'t be read, relation "costs" does not exist.' in found
    assert len(changed.lines()) > 10


def add_entries(database: NewDatabase, first: int, end: int) -> None:
    with without_constraints(database) as connection:
        numbers = f"generate_series({first}, {end - 1}) AS number"
        connection.execute(f"INSERT INTO entries (id, kind, at) SELECT number, 'supply', 1 FROM {numbers}")
        connection.execute(
            "INSERT INTO postings (entry_id, position, balance_id, unit, amount, at)"
            f" SELECT number, position, {ADAS_WALLET}, 'credit', 3 - 2 * position, 1"
            f" FROM {numbers}, generate_series(1, 2) AS position"
        )


def peak_memory(database: NewDatabase) -> int:
    tracemalloc.start()
    with open_read_only(database.url()) as transaction:
        for _ in run_checks(transaction):
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_the_memory_use_is_independent_of_the_length_of_the_ledger(used: NewDatabase) -> None:
    add_entries(used, 100, 1_600)
    shorter = peak_memory(used)
    add_entries(used, 10_000, 20_000)
    assert peak_memory(used) < 1.5 * shorter
