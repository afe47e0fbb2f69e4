"""Opening a database at PostgreSQL: several at once, and those that are refused in words."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from forked_process import ForkedProcess
from new_database import NewDatabase, prepare
from postgresql_server import PATIENCE_SECONDS, PostgresqlServer

from ewallet_core import EWalletSessionManager
from ewallet_core.errors.server import StorageUnavailableError
from ewallet_core.storage import migrations
from ewallet_core.storage.postgresql.engine import create_migration_engine
from ewallet_core.storage.postgresql.migration import look_up, migrate
from ewallet_core.storage.postgresql.requirements import PostgresqlFacts, require_upgradable, require_usable
from ewallet_core.storage.postgresql.url import PostgresqlTarget
from ewallet_core.storage.schema_version import SCHEMA_VERSION

OPENED_AT_ONCE = 3

OPEN = """
import sys
from ewallet_core import EWalletSessionManager
print("ready", flush=True)
sys.stdin.readline()
EWalletSessionManager(sys.argv[1]).close()
"""


def refused(target: PostgresqlTarget) -> str:
    """Why the database is refused, and what to do."""
    with pytest.raises(StorageUnavailableError) as refusal:
        prepare(target)
    return f"{refusal.value.error} {refusal.value.warning}"


# A new one


def test_several_processes_may_open_a_new_database_at_once(database: NewDatabase) -> None:
    pipe = subprocess.PIPE
    processes = [
        ForkedProcess([database.url(schema="wallets")], script=OPEN, stdin=pipe, stdout=pipe, stderr=pipe)
        for _ in range(OPENED_AT_ONCE)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ended = []
    for process in processes:
        with process:
            ended.append(process.communicate(timeout=PATIENCE_SECONDS)[1])
    assert ended == [""] * OPENED_AT_ONCE
    assert database.execute("SELECT id, name FROM wallets.accounts") == [(1, "System core")]


def test_several_threads_may_open_new_schemas_and_the_same_one_at_once(database: NewDatabase) -> None:
    targets = [database.target(schema=name) for name in ("one", "one", "two", "two", "three")]
    with ThreadPoolExecutor(len(targets)) as threads:
        found = list(threads.map(prepare, targets))
    assert [facts.version for facts in found] == [SCHEMA_VERSION] * len(targets)


def test_a_schema_with_any_name_is_created(database: NewDatabase) -> None:
    name = 'My "own" \\schema, é'
    assert prepare(database.target(schema=name)).schema == name
    assert database.execute("SELECT count(*) FROM pg_tables WHERE schemaname = %s", name)[0][0] > 20


@pytest.mark.parametrize("burnt", [0, 3])
def test_the_system_core_has_the_first_id_whatever_ids_were_burnt(database: NewDatabase, burnt: int) -> None:
    migrate(database.target())
    for _ in range(burnt):
        database.execute("SELECT nextval('accounts_id_seq')")
    EWalletSessionManager(database.url()).close()
    assert database.execute("SELECT id, role FROM accounts") == [(1, "issuer")]
    # It can be opened again, and the next account gets another id.
    EWalletSessionManager(database.url()).close()
    assert database.execute("SELECT nextval('accounts_id_seq')") == [(burnt + 2,)]


def test_without_a_schema_in_the_url_the_search_path_decides(database: NewDatabase, owner: str) -> None:
    database.execute(f"CREATE SCHEMA mine AUTHORIZATION {owner}")
    database.execute(f"ALTER ROLE {owner} SET search_path = missing, mine, public")
    assert prepare(database.target(owner)).schema == "mine"


def test_a_search_path_without_any_schema_is_refused(database: NewDatabase, owner: str) -> None:
    database.execute(f"ALTER ROLE {owner} SET search_path = missing")
    assert "no schema on the search path" in refused(database.target(owner))


# Another version


@pytest.fixture
def old(database: NewDatabase, owner: str) -> NewDatabase:
    """Tables of an earlier version, of the role `owner`."""
    with create_migration_engine(database.target(owner)).begin() as connection:
        migrations.upgrade(connection, "0006")
    return database


def test_an_old_database_is_upgraded_by_its_owner(old: NewDatabase, owner: str) -> None:
    assert prepare(old.target(owner)).version == SCHEMA_VERSION
    assert old.execute("SELECT version_num FROM alembic_version") == [(SCHEMA_VERSION,)]


def test_an_old_database_is_upgraded_by_no_other_role(old: NewDatabase, owner: str, server_role: str) -> None:
    old.execute(f"GRANT SELECT ON alembic_version TO {server_role}")
    old.execute(f"GRANT INSERT ON entries TO {server_role}")
    said = refused(old.target(server_role))
    assert f"its schema is 0006, this release's is {SCHEMA_VERSION}" in said
    assert f"Run `ewallet migrate --database URL` as the role {owner}" in said
    assert old.execute("SELECT version_num FROM alembic_version") == [("0006",)]


def test_a_database_of_a_newer_release_is_refused_and_left_alone(database: NewDatabase) -> None:
    migrate(database.target())
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "a newer release of ewallet wrote it" in refused(database.target())
    with pytest.raises(StorageUnavailableError, match="newer release"):
        migrate(database.target())
    assert database.execute("SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_migration_that_fails_changes_nothing(old: NewDatabase, owner: str) -> None:
    old.execute("ALTER TABLE sessions ADD COLUMN reference text")
    assert 'column "reference" of relation "sessions" already exists' in refused(old.target(owner))
    assert old.execute("SELECT version_num FROM alembic_version") == [("0006",)]
    columns = old.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'sessions'")
    assert ("lifetime_ms",) not in columns


# Another database than ours


@pytest.mark.parametrize(
    "tables",
    [
        "CREATE TABLE customers (id int)",
        "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('ae1027')",
    ],
)
def test_a_schema_with_the_tables_of_something_else_is_refused(database: NewDatabase, tables: str) -> None:
    database.execute(tables)
    before = database.execute("SELECT count(*) FROM pg_class")
    assert "its schema public holds the tables of something else" in refused(database.target())
    assert database.execute("SELECT count(*) FROM pg_class") == before


def test_tables_of_something_else_in_another_schema_do_no_harm(database: NewDatabase) -> None:
    database.execute("CREATE TABLE accounts (id int)")
    database.execute("CREATE TABLE alembic_version (version_num varchar(32))")
    assert prepare(database.target(schema="wallets")).version == SCHEMA_VERSION


def test_views_and_tables_of_extensions_are_no_tables_of_something_else(database: NewDatabase) -> None:
    database.execute("CREATE VIEW numbers AS SELECT 1")
    assert prepare(database.target()).version == SCHEMA_VERSION


# Unfit databases and servers


@pytest.fixture
def unfit(request: pytest.FixtureRequest, postgresql_server: PostgresqlServer) -> Iterator[NewDatabase]:
    """A database with the options that the test is given."""
    name = f"unfit_{request.param_index}"
    postgresql_server.execute(f"CREATE DATABASE {name} TEMPLATE template0 {request.param}")
    yield NewDatabase(postgresql_server, name)
    postgresql_server.drop_database(name)


@pytest.mark.parametrize(
    "unfit",
    [
        "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
        "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'",
        "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'",
        "ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'de'",
    ],
    indirect=True,
)
def test_another_encoding_or_collation_is_refused_with_the_statement_that_creates_a_right_one(
    unfit: NewDatabase,
) -> None:
    said = refused(unfit.target())
    assert "its encoding is" in said or "it sorts by the collation" in said
    # Not the collation of libc, which such a database has too.
    assert (
        unfit.execute("SELECT datlocprovider = 'i' FROM pg_database WHERE datname = current_database()")
        == [(True,)]
    ) == ("the collation de of ICU" in said)
    statement = said.partition("Create another one: ")[2].removesuffix(".")
    assert statement.startswith("CREATE DATABASE ")
    unfit.server.execute(statement)
    made = NewDatabase(unfit.server, f"{unfit.name}_c")
    require_usable(look_up(made.target()))
    made.drop()


@pytest.fixture
def facts(database: NewDatabase) -> PostgresqlFacts:
    """Those of a database without tables."""
    return look_up(database.target())


def test_a_server_older_than_14_is_refused(facts: PostgresqlFacts) -> None:
    require_usable(facts)
    old_server = msgspec.structs.replace(facts, server=13, server_version="13.22")
    with pytest.raises(StorageUnavailableError) as refusal:
        require_usable(old_server)
    assert refusal.value.error == "The database can't be opened: its server is PostgreSQL 13.22."
    assert refusal.value.warning == "Use PostgreSQL 14 or newer."


def test_the_code_points_of_a_builtin_collation_are_as_good_as_c(facts: PostgresqlFacts) -> None:
    require_usable(msgspec.structs.replace(facts, provider="b", collation="C.UTF-8"))


def test_missing_tables_at_a_standby_are_explained(facts: PostgresqlFacts) -> None:
    require_upgradable(facts)
    with pytest.raises(StorageUnavailableError, match="a standby"):
        require_upgradable(msgspec.structs.replace(facts, is_read_only=True))


def test_a_missing_database_is_refused_with_the_statement_that_creates_it(
    postgresql_server: PostgresqlServer,
) -> None:
    missing = NewDatabase(postgresql_server, "missing")
    said = refused(missing.target())
    assert 'database "missing" does not exist' in said
    assert "CREATE DATABASE missing TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C'" in said
