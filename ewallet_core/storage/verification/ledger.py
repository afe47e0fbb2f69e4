"""One check of the whole ledger, from what is kept alone: what must be true, whoever wrote the database.

Rows are read one after another and sums are made in Python, so that a ledger of any length is checked in
little memory, and no sum overflows."""

from __future__ import annotations

import msgspec

from ewallet_core.storage.transaction import Transaction
from ewallet_core.storage.verification.balances import check_balances
from ewallet_core.storage.verification.check import Findings, Violation
from ewallet_core.storage.verification.costs import check_costs
from ewallet_core.storage.verification.entries import check_entries
from ewallet_core.storage.verification.ownership import check_active_items, check_holders
from ewallet_core.storage.verification.records import check_records
from ewallet_core.storage.verification.refunds import check_refunds
from ewallet_core.storage.verification.sheets import check_sheets

_CHECKS = {
    "The journal": check_entries,
    "The balances": check_balances,
    "The holders of balances": check_holders,
    "The parties to records": check_records,
    "The refunds": check_refunds,
    "The costs": check_costs,
    "The sheets": check_sheets,
    "The belongings": check_active_items,
}


def run_checks(transaction: Transaction) -> Findings:
    """Everything there is to check, as it is found: each lie, and what was proved."""
    for subject, check in _CHECKS.items():
        try:
            yield from check(transaction)
        except msgspec.ValidationError as reason:
            yield Violation(f"{subject} can't be read, a value is not what it must be: {reason}.")


def find_violations(transaction: Transaction) -> list[str]:
    """What is wrong with the ledger, a sentence each; empty when all is well."""
    return [finding.sentence for finding in run_checks(transaction) if isinstance(finding, Violation)]
