"""The tables that the migrations make at PostgreSQL: as declared, and with the rows of a file's history."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from new_database import NewDatabase, prepare
from postgresql_server import PostgresqlServer
from sqlalchemy import Connection, MetaData, Table, inspect, text

from ewallet_core.storage import schema
from ewallet_core.storage.postgresql.engine import create_migration_engine
from ewallet_core.storage.postgresql.migration import migrate
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.schema_version import SCHEMA_VERSION
from ewallet_core.storage.sqlite import upgrade_file
from ewallet_core.storage.verification.postgresql import read_schema

DUMPS = sorted((Path(__file__).parents[1] / "released_schemas").glob("schema-*.sql"))

_INDEXES = """
SELECT indexname, replace(indexdef, schemaname || '.', '') FROM pg_indexes
WHERE schemaname = $1 AND tablename <> 'alembic_version' ORDER BY indexname
"""
_CONSTRAINTS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = $1::regnamespace AND conname <> 'alembic_version_pkc' ORDER BY 1, 2
"""


@pytest.fixture(scope="module")
def migrated(postgresql_server: PostgresqlServer) -> Iterator[NewDatabase]:
    """A database with the tables that the migrations make; the tests leave in it what they found."""
    database = NewDatabase(postgresql_server, postgresql_server.new_database())
    database.run_migrations()
    yield database
    database.drop()


# As declared


def test_the_migrations_match_the_declared_tables(migrated: NewDatabase) -> None:
    engine = create_migration_engine(migrated.target())
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, schema.metadata) == []


def with_conditions_of_indexes(metadata: MetaData) -> MetaData:
    """The declared tables with the conditions of indexes for PostgreSQL too.

    They are declared for SQLite only, because a program would load the other dialect for them.
    """
    copied = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        for index in table.to_metadata(copied).indexes:
            condition = index.dialect_options["sqlite"]["where"]
            index.dialect_options["postgresql"]["where"] = condition
    return copied


def definitions(database: NewDatabase, schema_name: str) -> list[Any]:
    """The indexes and constraints of a schema, as the server writes them."""
    with closing(
        psycopg.connect(
            database.server.conninfo(database.name),
            cursor_factory=psycopg.RawCursor,
            options=f"-csearch_path={schema_name}",
        )
    ) as connection:
        return [
            connection.execute(query, (schema_name,)).fetchall()  # type: ignore[call-overload]
            for query in (_INDEXES, _CONSTRAINTS)
        ]


def test_the_migrations_create_the_same_indexes_and_checks_as_the_tables(migrated: NewDatabase) -> None:
    migrated.execute("CREATE SCHEMA declared")
    engine = create_migration_engine(migrated.target(schema="declared"))
    with engine.begin() as connection:
        with_conditions_of_indexes(schema.metadata).create_all(connection)
    by_migrations, declared = (definitions(migrated, name) for name in ("public", "declared"))
    migrated.execute("DROP SCHEMA declared CASCADE")
    assert by_migrations == declared
    assert len(by_migrations[0]) > 40
    assert "WHERE (reverses_id IS NOT NULL)" in str(by_migrations[0])


def test_only_columns_that_count_by_themselves_have_a_sequence(migrated: NewDatabase) -> None:
    counted = {table.name for table in schema.metadata.sorted_tables if "id" in table.primary_key.columns}
    # Its only row has always the same id.
    counted.remove("wall_clock")
    found = migrated.execute("SELECT sequencename FROM pg_sequences")
    assert {name for (name,) in found} == {f"{name}_id_seq" for name in counted}


def contents(database: NewDatabase) -> list[Any]:
    """The definitions of all tables, the version, and the last number of each sequence."""
    with open_read_only(database.url()) as transaction:
        defined = read_schema(transaction)
    return [
        defined,
        database.execute("SELECT version_num FROM alembic_version"),
        database.execute("SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"),
    ]


def test_a_new_database_has_what_the_migrations_make(database: NewDatabase, migrated: NewDatabase) -> None:
    migrate(database.target())
    assert contents(database) == contents(migrated)
    assert contents(database)[1] == [(SCHEMA_VERSION,)]


# What they refuse


@pytest.mark.parametrize("table", sorted(schema.APPEND_ONLY))
@pytest.mark.parametrize(
    "change", ["UPDATE {table} SET {column} = {column}", "DELETE FROM {table}", "TRUNCATE {table} CASCADE"]
)
def test_rows_of_the_journal_can_not_be_changed(migrated: NewDatabase, table: str, change: str) -> None:
    column = schema.metadata.tables[table].columns.keys()[-1]
    with pytest.raises(psycopg.IntegrityError, match="is append-only"):
        migrated.execute(change.format(table=table, column=column))


def test_an_entry_of_an_unknown_kind_is_refused(migrated: NewDatabase) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        migrated.execute("INSERT INTO entries (kind, at) VALUES ('gift', 1)")


# The same history as that of a file


def test_the_migrations_change_rows_as_they_change_those_of_a_file(
    database: NewDatabase, tmp_path: Path
) -> None:
    assert len(DUMPS) >= 8
    for dump in DUMPS:
        database.run_migrations(dump.stem.removeprefix("schema-"))
        # The next release's tables are made of these, and this one's rows go through all later migrations.
        filled = NewDatabase(database.server, database.server.new_database(database.name))
        must_change_rows_as_in_a_file(dump, filled, tmp_path / f"{dump.stem}.sqlite3")
        filled.drop()


def must_change_rows_as_in_a_file(dump: Path, filled: NewDatabase, file: Path) -> None:
    """Compare the rows of a release after all later migrations in the database and in the file."""
    engine = create_migration_engine(filled.target())
    with closing(sqlite3.connect(file)) as released, engine.begin() as connection:
        released.executescript(dump.read_text())
        copy_rows(released, connection)
    upgrade_file(file)
    prepare(filled.target())
    with closing(sqlite3.connect(file)) as upgraded, engine.connect() as connection:
        for table in schema.metadata.sorted_tables:
            columns = ", ".join(table.columns.keys())
            key = ", ".join(column.name for column in table.primary_key)
            query = f"SELECT {columns} FROM {table.name} ORDER BY {key}"
            expected = upgraded.execute(query).fetchall()
            found = [tuple(row) for row in connection.execute(text(query))]
            assert (dump.stem, table.name, found) == (dump.stem, table.name, expected)


def copy_rows(source: sqlite3.Connection, target: Connection) -> None:
    """Copy all rows, and set the counters of ids."""
    target.execute(text("SET LOCAL session_replication_role = replica"))
    for name in inspect(target).get_table_names():
        if name == "alembic_version":
            continue
        table = Table(name, MetaData(), autoload_with=target, resolve_fks=False)
        columns = table.columns.keys()
        rows = source.execute(f"SELECT {', '.join(columns)} FROM {name}").fetchall()
        if rows:
            target.execute(table.insert(), [dict(zip(columns, row, strict=True)) for row in rows])
        if "id" in columns and name != "wall_clock":
            target.execute(text(f"SELECT setval('{name}_id_seq', coalesce(max(id), 1)) FROM {name}"))
    target.execute(text("SET LOCAL session_replication_role = origin"))
