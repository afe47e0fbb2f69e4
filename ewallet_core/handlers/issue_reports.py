"""Issue reports from users to the operators."""

from __future__ import annotations

from typing import TypedDict

from ewallet_core.errors.accounts import TooManyIssuesError
from ewallet_core.instructions import fields
from ewallet_core.instructions.envelope import timestamp
from ewallet_core.instructions.fields import IssueInWords
from ewallet_core.instructions.registry import Access, Request, instruction
from ewallet_core.instructions.validation import as_json_text
from ewallet_core.operations.answer_data import Timestamp
from ewallet_core.operations.context import Context
from ewallet_core.storage.operators import IssueReport, find_report_time, issue_reports
from ewallet_core.storage.retention import remove_oldest_reports
from ewallet_core.types import PEOPLE

MOST_IN_AN_HOUR = 20
HOUR_MS = 60 * 60_000


class ReportIssue(Request, frozen=True):
    """The issue to report."""

    issue: IssueInWords


class ViewIssues(Request, frozen=True):
    """A page of issues, from the newest or from a cursor on."""

    limit: fields.ShortPageLength = fields.SHORT_PAGE
    before: fields.Cursor | None = None


class IssueRow(TypedDict):
    """An issue: what is wrong, who reported it from which address, and how to reach them.

    Details that were not text are the text of their JSON.
    """

    issue: str
    timestamp: Timestamp
    account: int | None
    name: str
    details: str
    log: str
    source: str
    contact: str


class _ReportIssueAnswer(TypedDict):
    issue: str
    timestamp: Timestamp
    source: str
    contact: str


@instruction({"action": "report", "report": "issue"}, access=Access.SESSION, roles=PEOPLE)
def report_issue(request: ReportIssue, context: Context) -> _ReportIssueAnswer:
    """Report an issue to the operators, who reply to the email in it, or else to the account's."""
    since = context.now - HOUR_MS
    oldest = find_report_time(
        context.transaction, context.caller.address, since, context.now, MOST_IN_AN_HOUR - 1
    )
    if oldest is not None:
        raise TooManyIssuesError(MOST_IN_AN_HOUR, oldest - since)
    issue, account = request.issue, context.logged_in
    contact = issue.email or (account.email if account else "")
    number = issue_reports.insert(
        context.transaction,
        account_id=account.id if account else None,
        reference="",
        name=issue.name,
        details=as_json_text(issue.details),
        log=issue.log,
        email=contact,
        address=context.caller.address,
        at=context.now,
    )
    remove_oldest_reports(context.transaction, context.config.retention, of_strangers=account is None)
    reference = f"ISSUE-{number:06}"
    issue_reports.change(context.transaction, number, reference=reference)
    return _ReportIssueAnswer(
        issue=reference, timestamp=timestamp(context.now), source=context.caller.address, contact=contact
    )


class _ViewIssuesAnswer(TypedDict):
    issues: list[IssueRow]
    next: int | None


@instruction({"controller": "system", "action": "view", "view": "issues"})
def view_issues(request: ViewIssues, context: Context) -> _ViewIssuesAnswer:
    """View the reported issues, newest first."""
    page, following = issue_reports.latest(context.transaction, request.before, request.limit)
    return _ViewIssuesAnswer(issues=[_row(report) for report in page], next=following)


def _row(report: IssueReport) -> IssueRow:
    return {
        "issue": report.reference,
        "timestamp": timestamp(report.at),
        "account": report.account_id,
        "name": report.name,
        "details": report.details,
        "log": report.log,
        "source": report.address,
        "contact": report.email,
    }
