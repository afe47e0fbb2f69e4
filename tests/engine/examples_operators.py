"""Examples of instructions of operators."""

from __future__ import annotations

import re

from answer_shapes import DATES, EMAIL, TIMESTAMP, MapOf, Maybe
from example import Example
from examples_accounts import report_issue
from examples_system import system
from instructions import Instruction

ADA = "ada@example.org"
ONE_TIME = re.compile(r"[a-z2-7]{4}(-[a-z2-7]{4}){3}")


def freeze(account: str = ADA) -> Instruction:
    return system("freeze", "account", account=account)


def unfreeze(account: str = ADA) -> Instruction:
    return system("unfreeze", "account", account=account)


def grant(role: str, account: str = ADA) -> Instruction:
    return system("grant", "role", account=account, role=role)


def reset_password(account: str = ADA) -> Instruction:
    return system("reset", "password", account=account)


VIEW_METRICS = system("view", "metrics")


def view_accounts(**arguments: object) -> Instruction:
    return system("view", "accounts", **arguments)


VIEW_ISSUES = system("view", "issues")

_ACCOUNT_ROW = {
    "id": int,
    "name": str,
    "email": EMAIL,
    "state": re.compile("active|frozen|unlink_pending"),
    "role": re.compile("user|operator|auditor"),
    "to_unlink_timestamp": Maybe(TIMESTAMP),
    **DATES,
}
_ISSUE_ROW = {
    "issue": re.compile(r"ISSUE-\d{6}"),
    "timestamp": TIMESTAMP,
    "account": Maybe(int),
    "name": str,
    "details": str,
    "log": str,
    "source": str,
    "contact": str,
}
_PAGE = {"limit": 1, "before": 9}

EXAMPLES = (
    Example("running", freeze(), {"account": EMAIL, "state": "frozen"}),
    Example("logged in", unfreeze(), {"account": EMAIL, "state": "active"}, before=(freeze(),)),
    Example("registered", grant("auditor"), {"account": EMAIL, "role": "auditor"}),
    Example("logged in", reset_password(), {"account": EMAIL, "user_pass": ONE_TIME, "valid_to": TIMESTAMP}),
    Example(
        "registered",
        view_accounts(),
        {"accounts": [_ACCOUNT_ROW], "next": Maybe(int)},
        optional={**_PAGE, "text": "ada", "state": "active"},
    ),
    Example(
        "registered",
        VIEW_METRICS,
        {"metrics": [{"metric": str, "labels": MapOf("[a-z]+", str), "value": float}]},
    ),
    Example(
        "logged in",
        VIEW_ISSUES,
        {"issues": [_ISSUE_ROW], "next": Maybe(int)},
        optional=_PAGE,
        before=(report_issue(), report_issue(log="again")),
    ),
)
