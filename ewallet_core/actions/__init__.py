"""What happens: each subject's instructions, their arguments and the functions that carry them out."""

from ewallet_core.actions import (
    accounts,
    cleaning,
    clocks,
    contacts,
    credits,
    daily_limit,
    holdings,
    interrogation,
    leaving,
    logins,
    payments,
    permissions,
    records,
    refunds,
    sessions,
    sheets,
    sockets,
    workers,
)
from ewallet_core.instructions.catalogue import Catalogue

CATALOGUE = Catalogue.of(
    sessions,
    logins,
    accounts,
    leaving,
    credits,
    payments,
    refunds,
    daily_limit,
    clocks,
    holdings,
    sheets,
    records,
    contacts,
    permissions,
    workers,
    interrogation,
    cleaning,
    sockets,
)
