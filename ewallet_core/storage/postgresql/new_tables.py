"""Creating the tables of this release at PostgreSQL from the description of what the migrations make."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from ewallet_core.storage.described_schema import POSTGRESQL_SCHEMA, read_description
from ewallet_core.storage.schema import metadata
from ewallet_core.storage.schema_version import SCHEMA_VERSION, VERSION_TABLE


def create_tables(connection: Connection) -> None:
    """Create all that the migrations would create, in the first schema of the search path."""
    new = _NewTables()
    statements = [
        *new.sequences(),
        *new.tables(),
        *new.owners_of_sequences(),
        *new.indexes(),
        # When all tables are there.
        *new.references(),
        *new.triggers(),
        # The first id is the system core's, which the engine gives itself.
        "SELECT setval('accounts_id_seq', 1)",
        f"INSERT INTO {VERSION_TABLE} VALUES ('{SCHEMA_VERSION}')",  # noqa: S608 - constants
    ]
    # Without parameters, they are sent together, and `%` is itself.
    connection.exec_driver_sql(";\n".join(statements), execution_options={"no_parameters": True})


class _NewTables:
    """The statements that create what is described, of one kind after another."""

    def __init__(self) -> None:
        self._definitions: dict[str, dict[tuple[str, str], str]] = {}
        for path, definition in read_description(POSTGRESQL_SCHEMA).items():
            kind, _, name = path.partition(" ")
            table, _, part = name.partition(".")
            self._definitions.setdefault(kind, {})[table, part] = definition

    def sequences(self) -> Iterator[str]:
        for (_, name), definition in self._definitions["sequence"].items():
            type_, _, least, _, most, _, step = definition.split()
            yield f"CREATE SEQUENCE {name} AS {type_} MINVALUE {least} MAXVALUE {most} INCREMENT BY {step}"

    def owners_of_sequences(self) -> Iterator[str]:
        """The column that counts by a sequence owns it."""
        columns = self._definitions["column"].items()
        for table, sequence in self._definitions["sequence"]:
            for (owner, column), definition in columns:
                if owner == table and f"'{sequence}'" in definition:
                    yield f"ALTER SEQUENCE {sequence} OWNED BY {table}.{column}"

    def tables(self) -> Iterator[str]:
        for table, _ in self._definitions["table"]:
            parts = [*self._columns(table), *self._constraints(table, are_references=False)]
            yield f"CREATE TABLE {table} ({', '.join(parts)})"

    def _columns(self, table: str) -> Iterator[str]:
        """The columns in the order in which they are declared."""
        columns = {name: of for (owner, name), of in self._definitions["column"].items() if owner == table}
        declared = metadata.tables.get(table)
        names = columns if declared is None else [column.name for column in declared.c]
        yield from (f"{name} {columns[name]}" for name in names)

    def _constraints(self, table: str, *, are_references: bool) -> Iterator[str]:
        for (owner, name), definition in self._definitions["constraint"].items():
            if owner == table and definition.startswith("FOREIGN KEY") is are_references:
                yield f"CONSTRAINT {name} {definition}"

    def references(self) -> Iterator[str]:
        for table, _ in self._definitions["table"]:
            for reference in self._constraints(table, are_references=True):
                yield f"ALTER TABLE {table} ADD {reference}"

    def indexes(self) -> Iterator[str]:
        """All but those of keys, which come with them."""
        keys = self._definitions["constraint"].keys()
        yield from (of for index, of in self._definitions["index"].items() if index not in keys)

    def triggers(self) -> Iterator[str]:
        """Triggers, and first the functions that they call; those of several tables call the same one."""
        for (_, name), definition in self._definitions["function"].items():
            language, _, body = definition.partition(" ")
            yield f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE {language} AS $${body}$$"
        yield from self._definitions["trigger"].values()
