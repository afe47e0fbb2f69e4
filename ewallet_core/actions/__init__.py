"""What happens: each subject's instructions, their arguments and the functions that carry them out."""

from ewallet_core.actions import (
    accounts,
    clocks,
    credits,
    daily_limit,
    holdings,
    logins,
    payments,
    permissions,
    refunds,
    sessions,
    sheets,
)
from ewallet_core.instructions.catalogue import Catalogue

CATALOGUE = Catalogue.of(
    sessions, logins, accounts, credits, payments, refunds, daily_limit, clocks, holdings, sheets, permissions
)
