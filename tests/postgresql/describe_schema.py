"""Writes the description of the schema that the migrations make at PostgreSQL, with which `verify` compares.

Run it after a new migration: `make postgres-schema`.
"""

from __future__ import annotations

from new_database import NewDatabase
from postgresql_server import running_postgresql

from ewallet_core.storage.postgresql.migration import migrate
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.verification.postgresql import SCHEMA_FILE, read_schema, write_schema


def main() -> None:
    with running_postgresql() as server:
        database = NewDatabase(server, server.new_database())
        migrate(database.target())
        with open_read_only(database.url()) as transaction:
            SCHEMA_FILE.write_text(write_schema(read_schema(transaction)))


if __name__ == "__main__":
    main()
