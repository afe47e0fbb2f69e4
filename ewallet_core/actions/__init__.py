"""What happens: each subject's instructions, their arguments and the functions that carry them out."""

from ewallet_core.actions.accounts import (
    account,
    issue_reports,
    leaving,
    login_history,
    logins,
    operators,
    own_sessions,
)
from ewallet_core.actions.belongings import contacts, holdings, records, sheets
from ewallet_core.actions.credits import clock_timer, converting, daily_limit, payments, refunds, supplying
from ewallet_core.actions.looking import exporting, searching, statements, summaries
from ewallet_core.actions.permissions import permissions
from ewallet_core.actions.sessions import cleaning, interrogation, sessions, sockets, workers
from ewallet_core.instructions.catalogue import Catalogue

CATALOGUE = Catalogue.of(
    sessions,
    logins,
    account,
    leaving,
    login_history,
    own_sessions,
    supplying,
    converting,
    clock_timer,
    payments,
    refunds,
    daily_limit,
    holdings,
    sheets,
    records,
    contacts,
    statements,
    summaries,
    searching,
    exporting,
    issue_reports,
    permissions,
    operators,
    workers,
    interrogation,
    cleaning,
    sockets,
)
