"""`ewallet copy`: everything of a wallet in another database, or nothing."""

from __future__ import annotations

import json
import shutil
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest
from copied_wallets import (
    content_of_database,
    content_of_file,
    copy,
    new_database,
    new_wallet_file,
    sqlite_url,
    tables_in,
    verify,
)
from demo_wallet import CLIENT, credits_of, log_in, open_wallet_in, run_demo_in, supply
from postgresql_server import PostgresqlServer

from ewallet_core import EWalletSessionManager
from ewallet_core.commands.backup import progress_bar
from ewallet_core.commands.demo import DAY_ZERO_MS, ForwardClock
from ewallet_core.storage.database_url import parse_url
from ewallet_core.storage.postgresql.migration import migrate
from ewallet_core.storage.postgresql.url import read_target

RELEASED = Path(__file__).parents[1] / "released_schemas"
SUPPLY = {**CLIENT, "action": "supply", "supply": "credits", "credits": 1, "currency": "EUR", "cost": "1"}
with_tables = pytest.mark.usefixtures("has_tables")
OFTEN_EMPTY = {"refused_requests", "issue_reports", "permissions", "reserved_emails", "login_throttles"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_wallet_file(tmp_path_factory.mktemp("used"))


@pytest.fixture
def file(tmp_path: Path, made: Path) -> Path:
    (folder := tmp_path / "wallet").mkdir()
    return Path(shutil.copyfile(made, folder / "wallet.sqlite3"))


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    (folder := tmp_path / "new").mkdir()
    return folder / "wallet.sqlite3"


@pytest.fixture(scope="module")
def empty_tables(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """A database that the migrations have made; a copy of it takes a tenth of the time."""
    with new_database(postgresql_server) as name:
        migrate(read_target(parse_url(postgresql_server.url(name))))
        yield name


@pytest.fixture
def has_tables() -> None:
    """Requested by tests that need not see how a copy makes the tables."""


@pytest.fixture
def database(request: pytest.FixtureRequest, postgresql_server: PostgresqlServer) -> Iterator[str]:
    has_tables = "has_tables" in request.fixturenames
    template = request.getfixturevalue("empty_tables") if has_tables else "template0"
    with new_database(postgresql_server, template) as name:
        yield name


@pytest.fixture
def url(postgresql_server: PostgresqlServer, database: str) -> str:
    return postgresql_server.url(database)


@pytest.fixture
def conninfo(postgresql_server: PostgresqlServer, database: str) -> str:
    return postgresql_server.conninfo(database)


def change(file: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement, values)


# Everything


def test_all_rows_come_back_from_postgresql_as_they_were(file, url, conninfo, new_file):
    expected = content_of_file(file)
    assert {name for name, rows in expected.items() if not rows} <= OFTEN_EMPTY
    to, back = copy(sqlite_url(file), url), copy(url, sqlite_url(new_file))
    assert (to.exit_code, to.stderr, back.exit_code, back.stderr) == (0, "", 0, "")
    assert content_of_database(conninfo) == expected
    assert content_of_file(new_file) == expected
    assert [verify(place).exit_code for place in (sqlite_url(file), url, sqlite_url(new_file))] == [0, 0, 0]


@with_tables
def test_all_rows_are_in_a_copy_of_the_same_kind(file, new_file, url, postgresql_server, empty_tables):
    assert copy(sqlite_url(file), sqlite_url(new_file)).exit_code == 0
    assert content_of_file(new_file) == content_of_file(file)
    assert copy(sqlite_url(file), url).exit_code == 0
    with new_database(postgresql_server, empty_tables) as other:
        assert copy(url, postgresql_server.url(other)).exit_code == 0
        assert content_of_database(postgresql_server.conninfo(other)) == content_of_file(file)


def test_a_copy_in_a_schema_of_its_own_is_apart_from_others(file, url, conninfo, new_file):
    assert copy(sqlite_url(file), f"{url}&schema=Second wallet").exit_code == 0
    assert copy(sqlite_url(file), url).exit_code == 0
    assert copy(f"{url}&schema=Second wallet", sqlite_url(new_file)).exit_code == 0
    assert content_of_file(new_file) == content_of_file(file)


def test_a_copied_file_has_the_definitions_of_this_release_and_is_private(file, new_file):
    assert copy(sqlite_url(file), sqlite_url(new_file)).exit_code == 0
    definitions = "SELECT name, sql FROM sqlite_master WHERE name <> 'sqlite_sequence' ORDER BY name"
    with closing(sqlite3.connect(file)) as old, closing(sqlite3.connect(new_file)) as new:
        assert new.execute(definitions).fetchall() == old.execute(definitions).fetchall()
        assert new.execute("PRAGMA auto_vacuum").fetchone() == (2,)
    assert stat.S_IMODE(new_file.stat().st_mode) == 0o600
    assert {each.name for each in new_file.parent.iterdir()} == {"wallet.sqlite3", "wallet.sqlite3.lock"}


def test_a_copied_database_has_the_definitions_of_this_release(
    file, url, conninfo, postgresql_server, empty_tables
):
    definitions = """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        UNION ALL SELECT tablename::text, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
        UNION ALL SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
            WHERE NOT tgisinternal
        ORDER BY 1, 2, 3
    """
    assert copy(sqlite_url(file), url).exit_code == 0
    with (
        psycopg.connect(conninfo) as copied,
        psycopg.connect(postgresql_server.conninfo(empty_tables)) as migrated,
    ):
        found = copied.execute(definitions).fetchall()
        assert found == migrated.execute(definitions).fetchall()
    assert any("FOREIGN KEY" in definition for _, _, definition in found)


@with_tables
def test_no_id_is_given_again(file, url, conninfo, new_file):
    change(file, "UPDATE sqlite_sequence SET seq = 1000 WHERE name = 'accounts'")
    with closing(sqlite3.connect(file)) as connection:
        (last_entry,) = connection.execute("SELECT max(id) FROM entries").fetchone()
    assert copy(sqlite_url(file), url).exit_code == 0
    with psycopg.connect(conninfo) as connection:
        for table, last in (("accounts", 1_000), ("entries", last_entry)):
            next_id = connection.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", (table,))
            assert next_id.fetchone() == (last + 1,)
        connection.rollback()
    assert copy(url, sqlite_url(new_file)).exit_code == 0
    with closing(sqlite3.connect(new_file)) as connection:
        count = "SELECT seq FROM sqlite_sequence WHERE name = 'accounts'"
        assert connection.execute(count).fetchone() == (1_001,)


@with_tables
def test_entries_without_a_seal_get_one_in_the_copy(file, url, conninfo, new_file):
    assert copy(sqlite_url(file), url).exit_code == 0
    with psycopg.connect(conninfo) as connection:
        # What a server leaves that is killed before it has sealed its last entries.
        connection.execute("SET session_replication_role = replica")
        removed = connection.execute("DELETE FROM seals WHERE entry_id > 2").rowcount
    done = copy(url, sqlite_url(new_file), "--json")
    assert json.loads(done.stdout)["sealed"] == removed > 0
    assert content_of_file(new_file)["seals"] == content_of_file(file)["seals"]
    assert verify(sqlite_url(new_file)).exit_code == 0


# Nothing


def test_a_file_that_exists_is_not_replaced(file, new_file):
    new_file.write_bytes(b"precious")
    done = copy(sqlite_url(file), sqlite_url(new_file))
    assert (done.exit_code, new_file.read_bytes()) == (1, b"precious")
    assert "exists already" in done.stderr


def test_a_file_is_not_created_beside_the_log_of_another(file, new_file):
    (log := new_file.with_name("wallet.sqlite3-wal")).write_bytes(b"precious")
    done = copy(sqlite_url(file), sqlite_url(new_file))
    assert (done.exit_code, log.read_bytes(), new_file.exists()) == (1, b"precious", False)


@with_tables
def test_a_database_with_a_wallet_is_not_replaced(file, url, conninfo, tmp_path):
    run_demo_in(tmp_path).close()
    assert copy(sqlite_url(tmp_path / "wallet.sqlite3"), url).exit_code == 0
    before = content_of_database(conninfo)
    done = copy(sqlite_url(file), url)
    assert (done.exit_code, content_of_database(conninfo)) == (1, before)
    assert "There is a wallet in the target already" in done.stderr


def test_empty_tables_are_filled_and_the_roles_that_may_use_them_stay(file, url, conninfo, postgresql_server):
    postgresql_server.execute("DROP ROLE IF EXISTS copy_server")
    postgresql_server.execute("CREATE ROLE copy_server LOGIN")
    migrate(read_target(parse_url(url)), "copy_server")
    assert copy(sqlite_url(file), url).exit_code == 0
    with psycopg.connect(conninfo) as connection:
        connection.execute("SET ROLE copy_server")
        row = connection.execute("SELECT count(*) FROM accounts").fetchone()
        assert row is not None
        assert row[0] == len(content_of_file(file)["accounts"])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("UPDATE entries SET at = 0")
    with psycopg.connect(conninfo) as connection:
        connection.execute("DROP OWNED BY copy_server")


def test_a_row_that_postgresql_can_not_hold_is_named(file, url, conninfo):
    change(file, "UPDATE contact_records SET phone = 'a' || char(0) || 'b' WHERE id = 1")
    done = copy(sqlite_url(file), url)
    assert done.exit_code == 1
    assert "row with id 1 of the table contact_records can't be stored in PostgreSQL" in done.stderr
    assert tables_in(conninfo) == 0


def test_a_row_that_a_constraint_refuses_is_named(file, url, conninfo):
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute("UPDATE accounts SET state = 'asleep' WHERE name = 'bob'")
        (bob,) = connection.execute("SELECT id FROM accounts WHERE name = 'bob'").fetchone()
    done = copy(sqlite_url(file), url)
    assert done.exit_code == 1
    assert f"row with id {bob} of the table accounts can't be stored in PostgreSQL" in done.stderr
    assert tables_in(conninfo) == 0


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_a_wallet_with_a_violation_is_not_copied(file, url, conninfo, new_file, kind):
    change(file, "UPDATE balances SET amount = amount + 1 WHERE amount = 30")
    done = copy(sqlite_url(file), url if kind == "postgresql" else sqlite_url(new_file), "--json")
    assert done.exit_code == 1
    answer = json.loads(done.stdout)
    assert (answer["failed"], answer["code"]) == (True, "violation")
    assert "says 31, its postings sum to 30" in answer["error"]
    assert tables_in(conninfo) == 0
    assert [each.name for each in new_file.parent.iterdir()] in ([], ["wallet.sqlite3.lock"])


@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_a_damaged_file_is_not_copied(file, url, conninfo, new_file, kind):
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'events'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xff" * size)
    done = copy(sqlite_url(file), url if kind == "postgresql" else sqlite_url(new_file), "--json")
    answer = json.loads(done.stdout)
    assert (done.exit_code, answer["code"]) == (1, "violation")
    assert answer["error"].startswith("Source: The database is damaged")
    assert (tables_in(conninfo), new_file.exists()) == (0, False)


@with_tables
def test_a_copy_that_differs_is_not_kept(file, url, conninfo):
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.phone = ''; RETURN NEW; END $$"
        )
        connection.execute(
            "CREATE TRIGGER forgets BEFORE INSERT ON accounts FOR EACH ROW EXECUTE FUNCTION forget()"
        )
    change(file, "UPDATE accounts SET phone = '123' WHERE id = 1")
    done = copy(sqlite_url(file), url)
    assert done.exit_code == 1
    assert "The table accounts has" in done.stderr
    assert not any(content_of_database(conninfo).values())


@with_tables
def test_a_database_of_another_release_is_not_copied(url, conninfo, file, new_file, tmp_path):
    with closing(sqlite3.connect(old := tmp_path / "old.sqlite3")) as connection:
        connection.executescript((RELEASED / "schema-0006.sql").read_text())
    done = copy(sqlite_url(old), sqlite_url(new_file))
    assert (done.exit_code, "its schema is 0006" in done.stderr, new_file.exists()) == (1, True, False)
    assert copy(sqlite_url(file), url).exit_code == 0
    with psycopg.connect(conninfo) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0006'")
    done = copy(url, sqlite_url(new_file))
    assert (done.exit_code, "its schema is 0006" in done.stderr, new_file.exists()) == (1, True, False)


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        ("sqlite:////nowhere/wallet.sqlite3", "sqlite:////nowhere/new.sqlite3", "Source: "),
        ("mysql://localhost/wallet", "sqlite:////nowhere/new.sqlite3", "Source: "),
        ("{file}", "sqlite:////nowhere/new.sqlite3", "Target: "),
        ("{file}", "postgresql+psycopg://ewallet:secret@/wallet?host=/nowhere", "Target: "),
        ("postgresql+psycopg://ewallet:secret@/wallet?host=/nowhere", "{file}", "Source: "),
    ],
)
def test_an_end_that_can_not_be_opened_is_named_without_its_password(file, source, target, told):
    done = copy(source.format(file=sqlite_url(file)), target.format(file=sqlite_url(file)))
    *warnings, error = done.stderr.splitlines()
    # One that is in an argument is pointed out.
    assert (done.exit_code, done.stdout, len(warnings)) == (1, "", int("secret" in source + target))
    assert error.startswith(told)
    assert "secret" not in done.stderr


# In use


@contextmanager
def supplied(url: str) -> Iterator[list[int]]:
    """While credits are supplied to the wallet one by one: the credits that it had after each answer."""
    is_over = threading.Event()
    with EWalletSessionManager(url, clock=ForwardClock(DAY_ZERO_MS)) as engine:
        mine = log_in(engine)
        answered = [credits_of(engine, mine)]

        def load() -> None:
            while not is_over.is_set():
                assert supply(engine, mine)["failed"] is False
                answered.append(answered[-1] + 1)

        thread = threading.Thread(target=load)
        thread.start()
        try:
            yield answered
        finally:
            is_over.set()
            thread.join()


@with_tables
@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_a_wallet_in_use_is_copied_only_if_that_is_said(tmp_path, url, new_file, kind):
    run_demo_in(tmp_path).close()
    demo = sqlite_url(tmp_path / "wallet.sqlite3")
    source = url if kind == "postgresql" else demo
    if kind == "postgresql":
        assert copy(demo, url).exit_code == 0
    with supplied(source) as answered:
        done = copy(source, sqlite_url(new_file))
        assert (done.exit_code, "--live" in done.stderr, new_file.exists()) == (1, True, False)
        least = answered[-1]
        assert copy(source, sqlite_url(new_file), "--live").exit_code == 0
        most = answered[-1] + 1
    assert [verify(each).exit_code for each in (source, sqlite_url(new_file))] == [0, 0]
    with open_wallet_in(new_file.parent) as engine:
        assert least <= credits_of(engine, log_in(engine)) <= most


# Going on


@with_tables
@pytest.mark.parametrize("kind", ["postgresql", "sqlite"])
def test_an_engine_goes_on_with_the_copy(tmp_path, url, new_file, kind):
    run_demo_in(tmp_path).close()
    with open_wallet_in(tmp_path) as engine:
        mine = log_in(engine)
        first = engine.answer({**SUPPLY, **mine, "request_id": "supply-0001"})
        credits = credits_of(engine, mine)
    before = content_of_file(tmp_path / "wallet.sqlite3")
    target = url if kind == "postgresql" else sqlite_url(new_file)
    assert copy(sqlite_url(tmp_path / "wallet.sqlite3"), target).exit_code == 0
    with EWalletSessionManager(target, clock=ForwardClock(DAY_ZERO_MS)) as engine:
        assert engine.answer({**SUPPLY, **mine, "request_id": "supply-0001"}) == first
        assert credits_of(engine, mine) == credits
        assert engine.answer({**SUPPLY, **mine, "request_id": "supply-0002"})["failed"] is False
        assert credits_of(engine, mine) == credits + 1
    if kind == "postgresql":
        assert copy(url, sqlite_url(new_file)).exit_code == 0
    after = content_of_file(new_file)
    for table in ("entries", "transfer_records", "events"):
        assert after[table][: len(before[table])] == before[table]
        assert after[table][len(before[table])][0] == before[table][-1][0] + 1
    sequences = [max(row[2] for row in content["events"]) for content in (before, after)]
    assert sequences[1] > sequences[0]
    assert verify(target).exit_code == 0


# Told


@with_tables
def test_a_copy_is_told_in_words_and_for_programs(file, url, new_file):
    done = copy(sqlite_url(file), url, "--json")
    answer = json.loads(done.stdout)
    content = content_of_file(file)
    assert answer["rows"] == {name: len(rows) for name, rows in content.items()}
    last, head = content["seals"][-1]
    assert (answer["last_entry"], answer["chain_head"], answer["sealed"]) == (last, head.hex(), 0)
    assert "the seals' chain is whole" in " ".join(answer["checked"])
    lines = copy(url, sqlite_url(new_file)).stdout.splitlines()
    assert str(new_file) in lines[0]
    assert lines[1] == f"The chain of seals ends at entry {last} with {head.hex()}."


@pytest.mark.parametrize(
    ("done", "total", "shown"),
    [
        (0, 1, "Copying …"),
        (0, 1_000, f"Copying [{'-' * 30}]   0 %"),
        (499, 1_000, f"Copying [{'#' * 14}{'-' * 16}]  49 %"),
        (1_000, 1_000, f"Copying [{'#' * 30}] 100 %"),
    ],
)
def test_progress_is_a_bar_unless_it_is_one_step(done, total, shown):
    assert progress_bar("Copying", done, total) == shown
