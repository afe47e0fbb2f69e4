"""One check of the whole ledger, from what is kept alone: what must be true, whoever wrote the database.

Rows are read one after another and sums are made in Python, so that a ledger of any length is checked in
little memory, and no sum overflows.
"""

from __future__ import annotations

import msgspec

from ewallet_core.storage.proofs.balances import prove_balances
from ewallet_core.storage.proofs.belongings import prove_belongings
from ewallet_core.storage.proofs.costs import prove_costs
from ewallet_core.storage.proofs.entries import prove_entries
from ewallet_core.storage.proofs.findings import Findings, Lie
from ewallet_core.storage.proofs.holders import prove_holders
from ewallet_core.storage.proofs.parties import prove_parties
from ewallet_core.storage.proofs.refunds import prove_refunds
from ewallet_core.storage.proofs.sheets import prove_sheets
from ewallet_core.storage.transaction import Transaction

_PROOFS = {
    "The journal": prove_entries,
    "The balances": prove_balances,
    "The holders of balances": prove_holders,
    "The parties to records": prove_parties,
    "The refunds": prove_refunds,
    "The costs": prove_costs,
    "The sheets": prove_sheets,
    "The belongings": prove_belongings,
}


def examine(transaction: Transaction) -> Findings:
    """Everything there is to check, as it is found: each lie, and what was proved."""
    for subject, prove in _PROOFS.items():
        try:
            yield from prove(transaction)
        except msgspec.ValidationError as reason:
            yield Lie(f"{subject} can't be read, a value is not what it must be: {reason}.")


def check(transaction: Transaction) -> list[str]:
    """What is wrong with the ledger, a sentence each; empty when all is well."""
    return [finding.sentence for finding in examine(transaction) if isinstance(finding, Lie)]
