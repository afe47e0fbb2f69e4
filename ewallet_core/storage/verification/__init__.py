"""Checks of the whole database, from the stored rows alone: what must be true, whatever wrote them.

What one row, joined with others, shows to be wrong is found by the database. The seals and the sums over many
rows are computed in Python, from rows read one after another: a ledger of any length is checked in little
memory, and no sum overflows."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import msgspec
from sqlalchemy import text

from ewallet_core.errors.server import StorageDamagedError
from ewallet_core.storage.database_url import POSTGRESQL
from ewallet_core.storage.read_only import FileSnapshot
from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification import postgresql, sqlite
from ewallet_core.storage.verification.accounts import check_names
from ewallet_core.storage.verification.balances import check_unlinked_holders
from ewallet_core.storage.verification.check import Check, Finding, Findings, Violation
from ewallet_core.storage.verification.costs import check_costs, check_refunds
from ewallet_core.storage.verification.entries import check_journal
from ewallet_core.storage.verification.ownership import check_active_items, check_holders
from ewallet_core.storage.verification.records import check_notes, check_records
from ewallet_core.storage.verification.segments import check_segments, check_timers
from ewallet_core.storage.verification.sheets import check_sheets
from ewallet_core.storage.verification.values import check_values

__all__ = ["Check", "Findings", "Violation", "run_checks"]

Checks = dict[str, Callable[[Transaction], Findings]]
_OF_FILE: Checks = {"The file": sqlite.check_integrity}
_OF_SQLITE: Checks = {"The schema": sqlite.check_schema}
_OF_POSTGRESQL: Checks = {
    "The schema": postgresql.check_schema,
    "The database": postgresql.check_integrity,
}
_CHECKS: Checks = {
    "The values": check_values,
    "The journal": check_journal,
    "The unlinked wallets and clocks": check_unlinked_holders,
    "The holders of balances": check_holders,
    "The parties to records": check_records,
    "The notes": check_notes,
    "The refunds": check_refunds,
    "The costs": check_costs,
    "The sheets": check_sheets,
    "The segments of runs": check_segments,
    "The timers": check_timers,
    "The active items": check_active_items,
    "The accounts": check_names,
}


MOST_HELD = 1_000
"""How many findings wait until the file has been checked."""
_SAVEPOINT, _ROLL_BACK = text("SAVEPOINT verification"), text("ROLLBACK TO SAVEPOINT verification")


def run_checks(transaction: Transaction) -> Findings:
    if transaction.dialect_name == POSTGRESQL:
        yield from _run(transaction, _OF_POSTGRESQL | _CHECKS)
    elif not isinstance(transaction, FileSnapshot):
        yield from _run(transaction, _OF_FILE | _OF_SQLITE | _CHECKS)
    else:
        # SQLite's own check of the file takes a quarter of the time, on another core if there is one.
        with transaction.beside(lambda other: list(_run(other, _OF_FILE))) as of_file:
            yield from _in_order(of_file, _run(transaction, _OF_SQLITE | _CHECKS))


def _in_order(first: Future[list[Finding]], others: Findings) -> Findings:
    """The findings of both: those of `first` come first, because the others may follow from them."""
    held = []
    try:
        for finding in others:
            held.append(finding)
            if first.done() or len(held) == MOST_HELD:
                break
    except Exception:
        yield from first.result()
        raise
    yield from first.result()
    yield from held
    yield from others


def _run(transaction: Transaction, checks: Checks) -> Findings:
    in_postgresql = transaction.dialect_name == POSTGRESQL
    for subject, check in checks.items():
        if in_postgresql:
            # After an error, a transaction there refuses everything but this.
            transaction.run(_SAVEPOINT)
        try:
            yield from check(transaction)
        except Exception as reason:
            error = transaction.storage_error(reason)
            if not isinstance(error, StorageDamagedError):
                raise
            if in_postgresql:
                transaction.run(_ROLL_BACK)
            detail = f": {reason}" if isinstance(reason, msgspec.ValidationError) else ""
            yield Violation(f"{subject} can't be read, {error.reason}{detail}.")
