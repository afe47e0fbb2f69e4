"""The role that serves: what `ewallet migrate --grant-to` gives it, and what it can't do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import psycopg
import pytest
from click.testing import CliRunner, Result
from engine_client import EngineClient
from examples_accounts import UNLINK
from fakes import CHEAP
from instructions import START, STOP, supply, to_clock
from new_database import NewDatabase, make_role, prepare
from postgresql_server import PATIENCE_SECONDS, PostgresqlServer
from replication import wait_until
from serve_process import served

from ewallet_core import EWalletSessionManager
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.operations.context import EngineConfig
from ewallet_core.storage import migrations
from ewallet_core.storage.postgresql.engine import create_migration_engine
from ewallet_core.storage.schema import APPEND_ONLY, metadata
from ewallet_core.storage.schema_version import SCHEMA_VERSION
from ewallet_tui.__main__ import main

WALLETS = {"schema": "wallets"}


def run_migrate(database: NewDatabase, role: str, *words: str) -> Result:
    return CliRunner().invoke(main, ["migrate", "--database", database.url(role, **WALLETS), *words])


def grant(database: NewDatabase, owner: str, server_role: str) -> None:
    """Make tables of `owner` in the database, which `server_role` may use."""
    done = run_migrate(database, owner, "--grant-to", server_role)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == (
        f"Created the tables of schema {SCHEMA_VERSION}.\nThe role {server_role} may serve with them.\n"
    )


class Granted(NewDatabase):
    """A database with tables of `owner`, which `server_role` may use."""

    def __init__(self, server: PostgresqlServer, name: str, owner: str, server_role: str) -> None:
        super().__init__(server, name)
        self.owner = owner
        self.server_role = server_role


@pytest.fixture(scope="module")
def granted_first(postgresql_server: PostgresqlServer) -> Iterator[Granted]:
    """For tests that change nothing there."""
    roles = make_role(postgresql_server), make_role(postgresql_server)
    database = Granted(postgresql_server, postgresql_server.new_database(), *roles)
    postgresql_server.execute(f"ALTER DATABASE {database.name} OWNER TO {database.owner}")
    grant(database, *roles)
    yield database
    database.drop()


@pytest.fixture
def granted(granted_first: Granted) -> Iterator[Granted]:
    """A copy for one test."""
    server, first = granted_first.server, granted_first
    copied = Granted(server, server.new_database(first.name), first.owner, first.server_role)
    yield copied
    copied.drop()


# What it gets


def test_an_engine_carries_instructions_out_as_that_role(granted: Granted) -> None:
    url = granted.url(granted.server_role, **WALLETS)
    with EWalletSessionManager(url, config=EngineConfig(self_supply=True), passwords=CHEAP) as engine:
        ada = EngineClient(engine).open_session().register().log_in()
        for instruction in (supply(100), to_clock(20), START, STOP):
            ada.request(**instruction)
        assert ada.credits == 80
        for cleaned in ("sessions", "accounts"):
            ada.request(controller="system", action="cleanup", cleanup=cleaned)
        ada.request(**UNLINK)


def test_servers_with_that_role_seal_and_hear_of_each_other(granted: Granted) -> None:
    url, choices = granted.url(granted.server_role, **WALLETS), {"passwords": CHEAP}
    with (
        EWalletSessionManager(url, config=EngineConfig(self_supply=True), **choices) as first,
        EWalletSessionManager(url, **choices) as second,
    ):
        assert [engine._database.is_in_charge for engine in (first, second)] == [True, False]
        heard = threading.Event()
        second._database.on_foreign_change(heard.set)
        EngineClient(first).open_session().register().log_in().request(**supply(1))
        assert heard.wait(PATIENCE_SECONDS)
        wait_until(lambda: granted.execute("SELECT count(*) FROM wallets.seals") == [(1,)])


def test_it_gets_only_what_a_server_needs(granted_first: Granted) -> None:
    found: dict[str, set[str]] = {}
    for table, right in granted_first.execute(
        "SELECT table_name, privilege_type FROM information_schema.table_privileges WHERE grantee = %s",
        granted_first.server_role,
    ):
        found.setdefault(table, set()).add(right)
    changing = {"SELECT", "INSERT", "UPDATE", "DELETE"}
    expected = {name: {"SELECT", "INSERT"} if name in APPEND_ONLY else changing for name in metadata.tables}
    assert found == {**expected, "alembic_version": {"SELECT"}}


@pytest.mark.parametrize(
    "statement",
    [
        *(f"UPDATE wallets.{table} SET hash = hash" for table in ["seals"]),
        "DELETE FROM wallets.entries",
        "TRUNCATE wallets.postings",
        "ALTER TABLE wallets.postings DISABLE TRIGGER ALL",
        "DROP TRIGGER seals_append_only ON wallets.seals",
        "CREATE OR REPLACE FUNCTION wallets.refuse_change() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RETURN NULL; END $$",
        "SET session_replication_role = replica",
        "UPDATE wallets.alembic_version SET version_num = '0001'",
        "CREATE TABLE wallets.more (id int)",
        "SELECT setval('wallets.entries_id_seq', 1)",
        "DROP SCHEMA wallets CASCADE",
    ],
)
def test_it_can_not_change_what_was_posted_or_the_tables(granted_first: Granted, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        granted_first.execute(statement, user=granted_first.server_role)


def test_more_rights_that_it_had_are_taken_from_it(granted: Granted) -> None:
    owner, server_role = granted.owner, granted.server_role
    granted.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA wallets TO {server_role}", user=owner)
    granted.execute("DELETE FROM wallets.alembic_version WHERE false", user=server_role)
    answer = json.loads(run_migrate(granted, owner, "--json").stdout)
    assert answer == {
        "failed": False,
        "before": SCHEMA_VERSION,
        "version": SCHEMA_VERSION,
        "granted_to": [server_role],
    }
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        granted.execute("DELETE FROM wallets.alembic_version WHERE false", user=server_role)


def test_a_role_that_could_serve_before_an_upgrade_can_serve_afterwards(
    database: NewDatabase, owner: str, server_role: str
) -> None:
    database.execute(f"CREATE SCHEMA wallets AUTHORIZATION {owner}")
    with create_migration_engine(database.target(owner, **WALLETS)).begin() as connection:
        migrations.upgrade(connection, "0005")
    database.execute(f"GRANT INSERT ON wallets.entries TO {server_role}", user=owner)
    done = run_migrate(database, owner)
    assert f"Upgraded the tables from schema 0005 to {SCHEMA_VERSION}." in done.stdout
    # The table is new in this version.
    granted = "SELECT has_table_privilege(%s, 'wallets.renewed_tokens', 'INSERT')"
    assert database.execute(granted, server_role) == [(True,)]
    prepare(database.target(server_role, **WALLETS))


def test_a_role_that_only_reads_is_given_nothing_by_an_upgrade(
    granted: Granted, postgresql_server: PostgresqlServer
) -> None:
    owner, server_role = granted.owner, granted.server_role
    reader = make_role(postgresql_server)
    granted.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA wallets TO {reader}", user=owner)
    assert json.loads(run_migrate(granted, owner, "--json").stdout)["granted_to"] == [server_role]
    rights = "SELECT DISTINCT privilege_type FROM information_schema.table_privileges WHERE grantee = %s"
    assert granted.execute(rights, reader) == [("SELECT",)]


# What is refused


def test_a_role_without_rights_is_told_what_to_run(
    database: NewDatabase, owner: str, server_role: str
) -> None:
    run_migrate(database, owner)
    with pytest.raises(StorageUnavailableError) as refusal:
        prepare(database.target(server_role, **WALLETS))
    assert f"the role {server_role} may not use its tables" in refusal.value.error
    assert f"--grant-to {server_role}` as the role {owner}" in refusal.value.warning


@pytest.mark.parametrize("schema", ["wallets", "public"])
def test_a_role_that_may_create_no_tables_is_told_who_must(
    database: NewDatabase, server_role: str, schema: str
) -> None:
    with pytest.raises(StorageUnavailableError, match=f"there (is|are) no .*schema {schema}") as refusal:
        prepare(database.target(server_role, schema=schema))
    assert (
        refusal.value.warning == "Run `ewallet migrate --database URL` as the role that is to own the tables."
    )


def test_only_the_owner_grants(granted: Granted) -> None:
    done = run_migrate(granted, granted.server_role, "--grant-to", granted.server_role)
    assert done.exit_code == 1
    assert f"the role {granted.server_role} does not own its tables" in done.stderr
    assert granted.owner in done.stderr


def test_a_missing_role_is_explained_and_nothing_is_created(database: NewDatabase, owner: str) -> None:
    done = run_migrate(database, owner, "--grant-to", "missing")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "there is no role missing at its server. Create it: CREATE ROLE" in done.stderr
    assert database.execute("SELECT 1 FROM pg_namespace WHERE nspname = 'wallets'") == []


def test_a_file_has_no_roles(tmp_path) -> None:
    done = CliRunner().invoke(main, ["--data-dir", str(tmp_path), "migrate", "--grant-to", "web"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert "it is in SQLite, which has no roles" in done.stderr


# The server


def log_of_a_server(database: NewDatabase, role: str, folder) -> str:
    options = ("--database", database.url(role, **WALLETS), "--in-port", 0, "--out-port", 0)
    with served(folder, *options) as server:
        server.process.terminate()
        _, _, log = server.ends()
    return log


def test_a_server_warns_once_if_its_role_owns_the_tables(granted: Granted, tmp_path) -> None:
    log = log_of_a_server(granted, granted.owner, tmp_path)
    assert log.count("\n") == 1
    assert f"The role {granted.owner} owns the tables" in log
    assert "`ewallet migrate --database URL --grant-to ROLE`" in log
    assert log_of_a_server(granted, granted.server_role, tmp_path) == ""


def test_a_server_warns_if_its_role_is_a_superuser(granted: Granted, tmp_path) -> None:
    assert "The role postgres is a superuser" in log_of_a_server(granted, "postgres", tmp_path)


def test_a_server_at_postgresql_makes_no_backups_by_itself(granted: Granted, tmp_path):
    settings = tmp_path / "server.toml"
    settings.write_text(
        f'database = "{granted.url(granted.server_role, **WALLETS)}"\n[backup]\nevery = "1d"\n'
    )
    done = CliRunner().invoke(main, ["serve", "--config", str(settings), "--in-port", "0", "--out-port", "0"])
    assert done.exit_code == 1
    assert "Remove `every` from `[backup]`" in done.stderr
