"""Tables for operators: permissions, refused requests and issue reports."""

from __future__ import annotations

import msgspec
from sqlalchemy import bindparam, select

from ewallet_core.storage import schema
from ewallet_core.storage.rows import Row, Rows
from ewallet_core.storage.transaction import Transaction
from ewallet_core.types import Role


class Permission(Row, frozen=True):
    role: Role
    instruction: str
    allowed: int
    written_at: int


class PermissionLine(msgspec.Struct, frozen=True):
    """What the permission sheet says about an instruction for one role; None if it has no line about that."""

    role: Role
    instruction: str
    allowed: bool | None


class RefusedRequest(Row, frozen=True):
    """A request that the permission sheet refused; it may come from a client without an account."""

    id: int
    account_id: int | None
    role: str
    instruction: str
    address: str
    at: int


permissions = Rows(schema.permissions, Permission)
refused_requests = Rows(schema.refused_requests, RefusedRequest)


def read_permission_line(transaction: Transaction, role: Role, instruction: str) -> PermissionLine:
    found = permissions.find(transaction, role=role, instruction=instruction)
    return PermissionLine(role, instruction, None if found is None else bool(found.allowed))


class IssueReport(Row, frozen=True):
    id: int
    account_id: int | None
    reference: str
    name: str
    details: str
    log: str
    email: str
    address: str
    at: int


issue_reports = Rows(schema.issue_reports, IssueReport)

_report = schema.issue_reports.c
_REPORT_TIME = (
    select(_report.at)
    .where(
        _report.address == bindparam("address"),
        _report.at > bindparam("since"),
        _report.at <= bindparam("now"),
    )
    .order_by(_report.at.desc())
    .limit(1)
    .offset(bindparam("skipped"))
)


def find_report_time(
    transaction: Transaction, address: str, since: int, now: int, skipped: int
) -> int | None:
    """The time of the latest report but `skipped` from that address after `since`, until now."""
    return transaction.number(_REPORT_TIME, address=address, since=since, now=now, skipped=skipped)
