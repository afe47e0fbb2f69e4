"""`ewallet verify`, `doctor` and `grant` with the URL of a database at PostgreSQL."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from engine_client import EngineClient
from fakes import CHEAP
from filled_database import copy_of, fill_database
from instructions import to_clock, to_credits
from new_database import NewDatabase
from postgresql_server import PostgresqlServer
from replication import running_replication, wait_until

from ewallet_core import EWalletSessionManager
from ewallet_core.commands.diagnostics import Target, examine
from ewallet_core.storage.postgresql.migration import migrate
from ewallet_core.storage.schema import metadata
from ewallet_core.storage.schema_version import SCHEMA_VERSION
from ewallet_tui.__main__ import main

WITHOUT_DRIVER = """
import sys
sys.modules["psycopg"] = None
from ewallet_tui.__main__ import main
main()
"""


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


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def verify(url: str) -> Result:
    return run("verify", "--database", url)


def everything_in(database: NewDatabase) -> dict[str, list[tuple[Any, ...]]]:
    with closing(psycopg.connect(database.server.conninfo(database.name))) as connection:
        return {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
            for name in metadata.tables
        }


# Verify


def test_a_valid_ledger_is_verified_and_not_changed(filled):
    before = everything_in(filled)
    done = verify(filled.url())
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "the tables, indexes, constraints and triggers are those of this release"
    assert "15 entries, each sums to zero per unit" in lines
    assert len(lines) == 21
    assert everything_in(filled) == before


def test_it_runs_while_several_servers_write(used):
    with contextlib.ExitStack() as stack:
        engines = [stack.enter_context(EWalletSessionManager(used.url(), passwords=CHEAP)) for _ in range(2)]
        clients = [EngineClient(engine).open_session().log_in("ada") for engine in engines]
        is_over = threading.Event()

        def write(client: EngineClient) -> None:
            while not is_over.is_set():
                client.request(**to_clock(1))
                client.request(**to_credits(credits=1))

        with ThreadPoolExecutor() as threads:
            writing = [threads.submit(write, client) for client in clients]
            try:
                found = [verify(used.url()) for _ in range(5)]
            finally:
                is_over.set()
            for each in writing:
                each.result()
    assert [(done.exit_code, done.stderr) for done in found] == [(0, "")] * 5


def test_entries_without_seals_are_told_and_no_failure(used):
    now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
    used.execute(f"INSERT INTO entries (kind, at) VALUES ('transfer', {now}), ('transfer', {now} - 1000)")
    done = verify(used.url())
    assert done.exit_code == 0
    assert "2 entries of the last " in done.stdout


def test_a_violation_is_printed_to_stderr(used):
    used.execute("UPDATE balances SET amount = amount + 1 WHERE id = 3")
    done = verify(used.url())
    assert done.exit_code == 1
    assert done.stderr.startswith("Balance 3 says ")
    assert done.stderr.count("\n") == 1


def is_one_sentence_and_2(done: Result | subprocess.CompletedProcess[str]) -> bool:
    code = done.exit_code if isinstance(done, Result) else done.returncode
    return (code, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_a_database_without_tables_is_explained(database):
    done = verify(database.url())
    assert is_one_sentence_and_2(done)
    assert "it holds no wallets" in done.stderr


def test_a_missing_database_is_explained(postgresql_server):
    done = verify(postgresql_server.url("nowhere"))
    assert is_one_sentence_and_2(done)
    assert 'database "nowhere" does not exist' in done.stderr


def test_a_server_that_does_not_answer_is_explained():
    done = verify("postgresql+psycopg://ewallet@127.0.0.1:1/wallets")
    assert is_one_sentence_and_2(done)
    assert "Connection refused" in done.stderr


@pytest.mark.parametrize("version", ["0001", "9999"])
def test_a_database_of_another_release_is_not_migrated(used, version):
    used.execute("UPDATE alembic_version SET version_num = %s", version)
    assert is_one_sentence_and_2(verify(used.url()))
    assert used.execute("SELECT version_num FROM alembic_version") == [(version,)]


def test_a_role_that_may_read_nothing_is_told_so(used, server_role):
    done = verify(used.url(server_role))
    assert is_one_sentence_and_2(done)
    assert f"the role {server_role} may not read its tables" in done.stderr


def test_a_role_that_may_read_a_part_is_told_so(used, server_role):
    used.execute(f"GRANT SELECT ON alembic_version TO {server_role}")
    done = verify(used.url(server_role))
    assert done.exit_code == 2
    assert "permission denied for table" in done.stderr
    assert " Grant it SELECT on all tables and sequences" in done.stderr


@pytest.mark.parametrize(
    "words", [["verify"], ["grant", "operator", "ada@example.org"]], ids=lambda words: words[0]
)
def test_without_the_driver_it_is_said_how_to_install_it(filled, words):
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DRIVER, *words, "--database", filled.url()],
        check=False,
        capture_output=True,
        text=True,
    )
    assert is_one_sentence_and_2(done)
    assert 'pip install "ewallet-tui[postgres]"' in done.stderr


# Doctor


def sections_of(database: NewDatabase, **choices: Any) -> tuple[dict[str, Any], str]:
    """The facts of each section, and all problems."""
    done = run("doctor", "--json", "--database", database.url(**choices))
    found = json.loads(done.stdout)
    assert (done.exit_code, done.stderr) == (1 if found["problems"] else 0, "")
    return found["sections"], "\n".join(each["problem"] for each in found["problems"])


def test_doctor_tells_what_the_server_is_like(used, server_role):
    migrate(used.target(), grant_to=server_role)
    sections, problems = sections_of(used, user=server_role)
    server, content = sections["server"], sections["database"]
    assert server["place"].startswith(f"{server_role}@")
    assert (server["encoding"], server["collation"], server["schema"]) == ("UTF8", "C", "public")
    assert (server["role"], server["owner_of_tables"]) == (server_role, "postgres")
    assert (server["is_standby"], server["tls"]) == (False, "none")
    assert content["schema"] == {"found": SCHEMA_VERSION, "of_this_release": SCHEMA_VERSION}
    assert content["unsealed"] == {"entries": 0, "seconds": 0}
    assert content["bytes"] > 1_000_000
    assert content["a_server_seals"] is False
    assert "psycopg" in sections["versions"]
    # The test server is quick, because it need not be safe.
    assert "fsync off" in problems
    assert "may change the tables" not in problems
    assert "could not be found out" not in problems


def test_doctor_tells_whether_a_server_seals(used):
    with EWalletSessionManager(used.url(), passwords=CHEAP):
        wait_until(lambda: sections_of(used)[0]["database"]["a_server_seals"] is True)
        assert verify(used.url()).exit_code == 0
    wait_until(lambda: sections_of(used)[0]["database"]["a_server_seals"] is False)


def test_doctor_finds_out_everything_it_looks_for(used):
    for section in examine(Target(database=used.url())):
        assert [name for name, fact in section.facts.items() if str(fact).startswith("unknown")] == [], (
            section
        )


def test_doctor_warns_of_a_role_that_owns_the_tables(used):
    assert "The role postgres may change the tables themselves" in sections_of(used)[1]


def test_doctor_warns_of_entries_without_seals_and_of_their_cause(used):
    used.execute("INSERT INTO entries (kind, at) VALUES ('transfer', 1)")
    sections, problems = sections_of(used)
    assert sections["database"]["unsealed"]["entries"] == 1
    assert "1 entry has no seal" in problems


def test_doctor_says_whether_the_whole_ledger_is_correct(used):
    def ledger() -> str:
        done = run("doctor", "--json", "--full", "--database", used.url())
        return json.loads(done.stdout)["sections"]["database"]["ledger"]

    assert ledger() == "correct"
    used.execute("UPDATE balances SET amount = amount + 1 WHERE id = 3")
    assert ledger() == "violated"


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_doctor_says_what_is_missing(postgresql_server, database, place):
    url = database.url() if place == "empty" else postgresql_server.url(place)
    done = run("doctor", "--database", url)
    assert done.exit_code == 1
    assert "could not be found out" not in done.stdout
    expected = "The database holds no wallets." if place == "empty" else 'database "nowhere" does not exist'
    assert expected in done.stdout


def test_doctor_says_once_that_a_role_may_not_read(used, server_role):
    done = run("doctor", "--database", used.url(server_role))
    # The test server is quick, because it need not be safe.
    problems = [
        line for line in done.stdout.splitlines() if line.startswith("Wrong:") and " off: " not in line
    ]
    assert done.exit_code == 1
    assert len(problems) == 1
    assert f"the role {server_role} may not read its tables. Grant it SELECT" in problems[0]


def test_what_is_for_files_is_refused_in_words(filled):
    done = run("doctor", "--compact", "--database", filled.url())
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "which frees space by itself" in done.stderr


# Grant


def test_a_role_is_granted(used):
    done = run("grant", "operator", "bob@example.org", "--database", used.url())
    assert (done.exit_code, done.stderr) == (0, "")
    assert used.execute("SELECT role FROM accounts WHERE name = 'bob'") == [("operator",)]


def test_a_role_is_granted_only_in_a_database_that_has_wallets(database):
    done = run("grant", "operator", "bob@example.org", "--database", database.url())
    assert is_one_sentence_and_2(done)
    assert database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]


# On a standby


def test_a_standby_is_verified_and_examined():
    with running_replication() as replication:
        primary = fill_database(replication.primary)
        primary.execute("CREATE EXTENSION amcheck")
        standby = NewDatabase(replication.standby, primary.name)
        has_extension = "SELECT count(*) FROM pg_extension WHERE extname = 'amcheck'"
        wait_until(lambda: standby.execute(has_extension) == [(1,)])
        done = verify(standby.url())
        assert (done.exit_code, done.stderr, len(done.stdout.splitlines())) == (0, "", 21)
        assert "the pages, indexes, foreign keys and sequences are as PostgreSQL needs them" in done.stdout
        sections, _ = sections_of(standby)
        assert sections["server"]["is_standby"] is True
        assert sections["replication"]["stream"] == "streaming"
        sections, problems = sections_of(primary)
        (state,) = sections["replication"]["standbys"].values()
        assert state.startswith("streaming, sync")
        assert "none is connected" not in problems
        replication.standby.shut_down()
        wait_until(lambda: "none is connected" in sections_of(primary)[1])
        replication.do_without_standby()
