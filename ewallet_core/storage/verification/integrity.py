"""Checks of the file itself: its pages, its indexes and its foreign keys, as SQLite keeps them."""

from __future__ import annotations

from sqlalchemy import text

from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.check import Check, Findings, Violation

_INTEGRITY = text("PRAGMA integrity_check")
_FOREIGN_KEYS = text("PRAGMA foreign_key_check")


def check_integrity(transaction: Transaction) -> Findings:
    """The other checks trust the indexes, so this is the first."""
    for (fault,) in transaction.run(_INTEGRITY).fetchall():
        if fault != "ok":
            yield Violation(f"The file is damaged, SQLite says: {fault}.")
    for table, row, parent, _ in transaction.run(_FOREIGN_KEYS).fetchall():
        yield Violation(f"Row {row} of the table {table} belongs to a row of {parent} that doesn't exist.")
    yield Check("the file's pages, indexes and foreign keys are as SQLite needs them")
