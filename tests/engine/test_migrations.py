"""What the migrations make, what they leave alone, and what it costs to look."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from database_file import changed_by_hand, faults_in, rows, what_matters
from sqlalchemy import Engine, create_engine, inspect

from ewallet_core import EWalletSessionManager
from ewallet_core.errors.base import WalletError
from ewallet_core.storage import columns, migration

pytestmark = pytest.mark.usefixtures("on_disk")


def portrait(engine: Engine) -> dict[str, Any]:
    """All that the database itself tells about its tables."""
    found = inspect(engine)
    looks = (
        found.get_columns,
        found.get_pk_constraint,
        found.get_foreign_keys,
        found.get_unique_constraints,
        found.get_check_constraints,
        found.get_indexes,
    )
    names = set(found.get_table_names()) - {"alembic_version"}
    return {name: [str(sorted(look(name), key=str)) for look in looks] for name in sorted(names)}


# What the migrations make


def test_the_migrations_make_the_tables_that_the_code_knows(migrated):
    with migrated.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, columns.metadata) == []


def test_the_migrations_make_what_the_tables_would_make_themselves(migrated):
    declared = create_engine("sqlite://")
    columns.metadata.create_all(declared)
    assert portrait(migrated) == portrait(declared)
    declared.dispose()


def test_a_new_database_has_this_releases_version(migrated):
    found = rows(Path(migrated.url.database), "SELECT version_num FROM alembic_version")
    assert found == [{"version_num": migration.SCHEMA_VERSION}]


def test_a_new_file_can_be_read_by_its_owner_alone(migrated):
    assert stat.S_IMODE(Path(migrated.url.database).stat().st_mode) == 0o600


def test_a_new_file_has_no_copy_beside_it(tmp_path, migrated):
    assert [file.name for file in tmp_path.iterdir()] == ["migrated.sqlite3"]


# What they leave alone


def test_opening_a_file_of_this_release_changes_nothing_in_it(open_engine, wallet_file):
    before = what_matters(wallet_file)
    open_engine().close()
    assert what_matters(wallet_file) == before
    assert [file.name for file in wallet_file.parent.iterdir()] == [wallet_file.name]


def test_a_file_of_a_newer_release_is_refused_in_words_and_left_alone(open_engine, wallet_file):
    changed_by_hand(wallet_file, "UPDATE alembic_version SET version_num = '9999'")
    before = what_matters(wallet_file)
    with pytest.raises(WalletError, match="newer release"):
        open_engine()
    assert what_matters(wallet_file) == before


def test_a_file_that_is_no_database_is_refused_in_words_and_left_alone(open_engine, wallet_file):
    wallet_file.write_bytes(b"Dear diary, " * 1000)
    with pytest.raises(WalletError, match="not a database"):
        open_engine()
    assert wallet_file.read_bytes() == b"Dear diary, " * 1000


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/wallet.sqlite3", "mysql://host/wallet", "wallet"])
def test_a_place_where_no_wallet_can_be_is_refused_in_words(url):
    with pytest.raises(WalletError) as refused:
        EWalletSessionManager(url)
    assert refused.value.warning


def test_the_copy_before_a_migration_holds_everything(supplied, wallet_file):
    copy = migration.back_up(str(wallet_file), "0001")
    assert copy == wallet_file.with_name(f"{wallet_file.name}.before-migration-from-0001")
    assert what_matters(copy) == what_matters(wallet_file)
    assert faults_in(copy) == []


def test_the_copy_before_a_migration_can_be_read_by_its_owner_alone(wallet_file):
    copy = migration.back_up(str(wallet_file), "0001")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


# What opening costs


OPEN_AND_TELL = """
import sys
from ewallet_core import EWalletSessionManager
EWalletSessionManager(sys.argv[1]).close()
print("alembic" in sys.modules)
"""


def imports_alembic(file: Path) -> bool:
    told = subprocess.run(
        [sys.executable, "-c", OPEN_AND_TELL, f"sqlite:///{file}"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return told.stdout == "True\n"


def test_only_a_database_that_must_be_migrated_pays_for_the_migrations(tmp_path, wallet_file):
    assert imports_alembic(tmp_path / "new.sqlite3") is True
    assert imports_alembic(wallet_file) is False


def test_a_copy_that_is_there_already_is_left_as_it_is(wallet_file):
    first, second = (
        migration.back_up(str(wallet_file), "0000"),
        migration.back_up(str(wallet_file), "0000"),
    )
    assert first != second
    assert first.read_bytes()
