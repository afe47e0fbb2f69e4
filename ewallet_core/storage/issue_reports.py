"""Issue reports as they are kept."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from ewallet_core.storage import tables
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction


class IssueReport(Row, frozen=True):
    """What somebody found wrong, from where they reported it, and how to reach them."""

    id: int
    account_id: int | None
    reference: str
    name: str
    details: str
    log: str
    email: str
    address: str
    at: int


issue_reports = Rows(tables.issue_reports, IssueReport)

_report = tables.issue_reports.c
_LATEST_FROM_THERE = (
    select(_report.at)
    .where(_report.address == bindparam("address"), _report.at > bindparam("since"))
    .order_by(_report.at.desc())
    .limit(1)
    .offset(bindparam("skipped"))
)


def report_before_latest(transaction: Transaction, address: str, since: int, skipped: int) -> int | None:
    """When the last report but `skipped` came from that address, if that was after `since`."""
    return transaction.number(_LATEST_FROM_THERE, address=address, since=since, skipped=skipped)
