"""Migrations: the schema that they create, files that they leave alone, and their cost at opening."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from database_file import execute_sql, rows, significant_rows, violations_in
from migrated_file import run_migrations
from sqlalchemy import Engine, create_engine, inspect

from ewallet_core import EWalletSessionManager
from ewallet_core.errors.base import WalletError
from ewallet_core.storage import schema, sqlite
from ewallet_core.storage.schema_version import SCHEMA_VERSION

pytestmark = pytest.mark.usefixtures("on_disk")


def schema_of(engine: Engine) -> dict[str, Any]:
    """The columns, keys, constraints and indexes of every table, as the database reports them."""
    found = inspect(engine)

    def get_indexes(name: str) -> list[dict[str, Any]]:
        conditions = "dialect_options"
        return [
            {**index, conditions: {option: str(value) for option, value in index.get(conditions, {}).items()}}
            for index in found.get_indexes(name)
        ]

    looks = (
        found.get_columns,
        found.get_pk_constraint,
        found.get_foreign_keys,
        found.get_unique_constraints,
        found.get_check_constraints,
        get_indexes,
    )
    names = set(found.get_table_names()) - {"alembic_version"}
    return {name: [str(sorted(look(name), key=str)) for look in looks] for name in sorted(names)}


# The schema


def test_the_migrations_match_the_declared_tables(migrated):
    with migrated.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, schema.metadata) == []


def test_the_migrations_create_the_same_schema_as_the_tables(migrated):
    declared = create_engine("sqlite://")
    schema.metadata.create_all(declared)
    assert schema_of(migrated) == schema_of(declared)
    declared.dispose()


@pytest.fixture
def new_file(tmp_path) -> Path:
    """A wallet file that was just made."""
    file = tmp_path / "wallet.sqlite3"
    EWalletSessionManager(f"sqlite:///{file}").close()
    return file


def test_a_new_file_has_what_the_migrations_make_in_the_same_order(new_file, migrated):
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY rowid"
    assert rows(new_file, query) == rows(migrated.url.database, query)


def test_a_new_file_has_the_current_version(new_file, migrated):
    for file in (new_file, migrated.url.database):
        assert rows(file, "SELECT version_num FROM alembic_version") == [{"version_num": SCHEMA_VERSION}]


def test_a_new_file_is_readable_only_by_its_owner(new_file):
    assert stat.S_IMODE(new_file.stat().st_mode) == 0o600


def test_a_new_file_has_no_copy_beside_it(tmp_path, new_file):
    assert {file.name for file in tmp_path.iterdir()} == {"wallet.sqlite3", "wallet.sqlite3.lock"}


# Files that are left alone


def test_opening_a_current_file_changes_nothing(open_engine, wallet_file):
    before = significant_rows(wallet_file)
    open_engine().close()
    assert significant_rows(wallet_file) == before
    assert {file.name for file in wallet_file.parent.iterdir()} == {
        wallet_file.name,
        f"{wallet_file.name}.lock",
    }


def test_a_file_of_a_newer_release_is_refused_and_left_alone(open_engine, wallet_file):
    execute_sql(wallet_file, "UPDATE alembic_version SET version_num = '9999'")
    before = significant_rows(wallet_file)
    with pytest.raises(WalletError, match="newer release"):
        open_engine()
    assert significant_rows(wallet_file) == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(open_engine, wallet_file):
    wallet_file.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(WalletError, match="not a database"):
        open_engine()
    assert wallet_file.read_bytes() == b"Dear diary, " * 1000


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/wallet.sqlite3", "mysql://host/wallet", "wallet"])
def test_an_invalid_url_is_refused_with_advice(url):
    with pytest.raises(WalletError) as refused:
        EWalletSessionManager(url)
    assert refused.value.warning


def test_the_copy_before_a_migration_holds_everything(supplied, wallet_file):
    copy = sqlite.back_up(str(wallet_file), "0001")
    assert copy == wallet_file.with_name(f"{wallet_file.name}.before-migration-from-0001")
    assert significant_rows(copy) == significant_rows(wallet_file)
    assert violations_in(copy) == []


def test_the_copy_before_a_migration_is_readable_only_by_its_owner(wallet_file):
    copy = sqlite.back_up(str(wallet_file), "0001")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


# The cost of opening


PRINT_IF_ALEMBIC_IS_LOADED = """
import sys
from ewallet_core import EWalletSessionManager
for file in sys.argv[1:]:
    EWalletSessionManager(f"sqlite:///{file}").close()
    print("alembic" in sys.modules)
"""


def test_alembic_is_imported_only_for_a_file_of_an_earlier_release(tmp_path, wallet_file):
    run_migrations(earlier := tmp_path / "earlier.sqlite3", "0007")
    opened = [tmp_path / "new.sqlite3", wallet_file, earlier]
    result = subprocess.run(
        [sys.executable, "-c", PRINT_IF_ALEMBIC_IS_LOADED, *opened],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert result.stdout.splitlines() == ["False", "False", "True"]


def test_an_existing_copy_is_not_overwritten(wallet_file):
    first, second = (
        sqlite.back_up(str(wallet_file), "0000"),
        sqlite.back_up(str(wallet_file), "0000"),
    )
    assert first != second
    assert first.read_bytes()
