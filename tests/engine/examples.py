"""A valid example of every instruction, in every form."""

from __future__ import annotations

import examples_accounts
import examples_basics
import examples_operators
import examples_payments
import examples_permissions
import examples_reports
import examples_sheets
import examples_system
import examples_wallets_and_clocks

EXAMPLES = (
    *examples_basics.EXAMPLES,
    *examples_accounts.EXAMPLES,
    *examples_permissions.EXAMPLES,
    *examples_payments.EXAMPLES,
    *examples_operators.EXAMPLES,
    *examples_sheets.EXAMPLES,
    *examples_wallets_and_clocks.EXAMPLES,
    *examples_system.EXAMPLES,
    *examples_reports.EXAMPLES,
)
