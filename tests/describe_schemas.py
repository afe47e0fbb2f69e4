"""Writes the descriptions of the schemas that the migrations make, of which new files are made.

Run it after a new migration: `make schemas`. That of PostgreSQL needs its programs.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from migrated_file import run_migrations
from new_database import NewDatabase
from postgresql_server import running_postgresql

from ewallet_core.storage.described_schema import POSTGRESQL_SCHEMA, SQLITE_SCHEMA, describe
from ewallet_core.storage.read_only import open_read_only
from ewallet_core.storage.verification import postgresql, sqlite


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        run_migrations(file := Path(folder) / "new.sqlite3")
        with open_read_only(f"sqlite:///{file}") as transaction:
            SQLITE_SCHEMA.write_text(describe(sqlite.read_schema(transaction)))
    with running_postgresql() as server:
        database = NewDatabase(server, server.new_database())
        database.run_migrations()
        with open_read_only(database.url()) as transaction:
            POSTGRESQL_SCHEMA.write_text(describe(postgresql.read_schema(transaction)))


if __name__ == "__main__":
    main()
