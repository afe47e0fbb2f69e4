"""Checks the file and its tables as SQLite keeps them: pages, indexes, foreign keys and definitions."""

from __future__ import annotations

from sqlalchemy import text

from ewallet_core.storage import schema
from ewallet_core.storage.described_schema import SQLITE_SCHEMA, read_description
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import FOLLOWED_TABLES, Check, Findings, Violation

# SQLite makes the others by itself, and their SQL is NULL.
_MADE_OBJECTS = text(
    "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
    " ORDER BY rowid"
)
_INTEGRITY = text("PRAGMA integrity_check")
_FOREIGN_KEYS = tuple(
    text(f"PRAGMA foreign_key_check({name})")
    for name in sorted(schema.metadata.tables.keys() - FOLLOWED_TABLES)
)


def check_integrity(transaction: Transaction) -> Findings:
    """The other checks trust the indexes, so this is the first."""
    for (fault,) in transaction.run(_INTEGRITY).fetchall():
        if fault != "ok":
            yield Violation(f"The file is damaged, SQLite says: {fault}.")
    for keys in _FOREIGN_KEYS:
        for table, row, parent, _ in transaction.run(keys).fetchall():
            yield Violation(
                f"Row {row} of the table {table} belongs to a row of {parent} that doesn't exist."
            )
    yield Check("the file's pages, indexes and foreign keys are as SQLite needs them")


def read_schema(transaction: Transaction) -> dict[str, str]:
    """The SQL of each table, index and trigger by name, in the order in which they were made."""
    return dict(transaction.run(_MADE_OBJECTS).fetchall())


def check_schema(transaction: Transaction) -> Findings:
    expected, found = read_description(SQLITE_SCHEMA), read_schema(transaction)
    for name in sorted(expected.keys() - found.keys()):
        yield Violation(f"The file lacks {name}, which this release has made.")
    for name in sorted(found.keys() - expected.keys()):
        yield Violation(f"The file has {name}, which no release has made.")
    for name in sorted(found.keys() & expected.keys()):
        if found[name] != expected[name]:
            yield Violation(f"The definition of {name} is not that of this release.")
    yield Check("the tables, indexes and triggers are those of this release")
