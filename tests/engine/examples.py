"""A good example of every instruction, and of every form of it."""

from __future__ import annotations

import examples_accounts
import examples_holdings
import examples_looking
import examples_main_job
import examples_operators
import examples_payments
import examples_permissions
import examples_sheets
import examples_system

EXAMPLES = (
    *examples_main_job.EXAMPLES,
    *examples_accounts.EXAMPLES,
    *examples_permissions.EXAMPLES,
    *examples_payments.EXAMPLES,
    *examples_operators.EXAMPLES,
    *examples_sheets.EXAMPLES,
    *examples_holdings.EXAMPLES,
    *examples_system.EXAMPLES,
    *examples_looking.EXAMPLES,
)
