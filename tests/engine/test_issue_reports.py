"""Issue reports: contents, validation, rate limit and permissions."""

from __future__ import annotations

import pytest
from engine_client import EngineClient
from examples_accounts import report_issue
from examples_operators import VIEW_ISSUES
from fakes import HOUR, SECOND

from ewallet_core.handlers.issue_reports import MOST_IN_AN_HOUR

SOCKET = "198.51.100.7"
ISSUE = {"name": "n", "details": "d"}


def report(issue: object) -> dict:
    return {**report_issue(), "issue": issue}


def test_a_report_is_answered_with_a_reference_and_read_by_operators(ada):
    ada.address = SOCKET
    answer = ada.request(**report_issue(log="line 1\nline 2"))
    assert answer == {
        "failed": False,
        "issue": "ISSUE-000001",
        "timestamp": "2026-11-20T12:00:00.000Z",
        "source": SOCKET,
        "contact": "ada@example.org",
        "event_sequence": 0,
    }
    ada.address = "in process"
    assert ada.request(**VIEW_ISSUES)["issues"] == [
        {
            "issue": "ISSUE-000001",
            "timestamp": "2026-11-20T12:00:00.000Z",
            "account": 2,
            "name": "The timer shows yesterday",
            "details": "It did so this morning.",
            "log": "line 1\nline 2",
            "source": SOCKET,
            "contact": "ada@example.org",
        }
    ]


@pytest.mark.parametrize(("email", "contact"), [("me@example.net", "me@example.net"), (None, "")])
def test_an_issue_can_be_reported_without_a_login(visitor, email, contact):
    assert visitor.request(**report_issue(email=email))["contact"] == contact
    assert visitor.request(**VIEW_ISSUES)["issues"][0]["account"] is None


def test_the_contact_of_a_report_can_be_another_email(ada):
    assert ada.request(**report_issue(email="me@example.net"))["contact"] == "me@example.net"


def test_references_are_consecutive(visitor):
    given = [visitor.request(**report_issue())["issue"] for _ in range(3)]
    assert given == ["ISSUE-000001", "ISSUE-000002", "ISSUE-000003"]
    page = visitor.request(**VIEW_ISSUES, limit=2)
    assert [row["issue"] for row in page["issues"]] == given[:0:-1]
    rest = visitor.request(**VIEW_ISSUES, before=page["next"])
    assert [row["issue"] for row in rest["issues"]] == given[:1]


@pytest.mark.parametrize(
    ("issue", "code", "field"),
    [
        ({"details": "d"}, "missing_argument", "issue.name"),
        ({"name": "n"}, "missing_argument", "issue.details"),
        ({"name": None, "details": "d"}, "missing_argument", "issue.name"),
        ({**ISSUE, "colour": "red"}, "unknown_argument", "issue.colour"),
        ({**ISSUE, "name": ""}, "bad_value", "issue.name"),
        ({**ISSUE, "name": "n" * 201}, "bad_value", "issue.name"),
        ({**ISSUE, "name": "two\nlines"}, "bad_value", "issue.name"),
        ({**ISSUE, "details": "d" * 10_001}, "bad_value", "issue.details"),
        ({**ISSUE, "details": "nul\x00"}, "bad_value", "issue.details"),
        ({**ISSUE, "log": "l" * 30_001}, "bad_value", "issue.log"),
        ({**ISSUE, "log": {}}, "bad_value", "issue.log"),
        ({**ISSUE, "email": "nowhere"}, "bad_value", "issue.email"),
        ({}, "bad_value", "issue"),
        ("it is broken", "bad_value", "issue"),
        ([ISSUE], "bad_value", "issue"),
        ({**ISSUE, 1: 2}, "bad_value", "issue"),
        ({**ISSUE, "k" * 101: 2}, "bad_value", "issue"),
        ({**ISSUE, "\ud800": 2}, "bad_value", "issue"),
    ],
    ids=lambda part: str(part)[:40].encode("ascii", "replace").decode(),
)
def test_an_error_names_the_field_within_the_report(visitor, nothing_changes, issue, code, field):
    nothing_changes()
    answer = visitor.engine.answer(
        {"controller": "client", "ctype": "action", **visitor.credentials, **report(issue)}
    )
    assert (answer["code"], answer["details"]["field"]) == (code, field)
    assert f"`{field}`" in answer["error"]


def test_an_unknown_field_is_answered_with_the_known_ones(visitor):
    answer = visitor.expect_error("unknown_argument", **report({**ISSUE, "colour": "red"}))
    assert answer["details"]["known"] == ["issue.details", "issue.email", "issue.log", "issue.name"]


def test_a_report_at_its_limits_is_accepted(visitor):
    visitor.request(**report({"name": "n" * 200, "details": "d" * 10_000, "log": "l" * 30_000}))


def test_a_repeated_request_stores_one_report(visitor):
    first = visitor.request(**report_issue(), request_id="request-0001")
    assert visitor.send(**report_issue(), request_id="request-0001") == first
    visitor.expect_error("request_id_reused", **report_issue(log="more"), request_id="request-0001")
    assert len(visitor.request(**VIEW_ISSUES)["issues"]) == 1


def test_the_reports_of_one_address_in_an_hour_are_limited(visitor, wallclock):
    for _ in range(MOST_IN_AN_HOUR):
        visitor.request(**report_issue())
        wallclock.forward(SECOND)
    answer = visitor.expect_error("too_many_issues", **report_issue())
    assert answer["details"] == {"retry_after_ms": HOUR - MOST_IN_AN_HOUR * SECOND}
    elsewhere = EngineClient(visitor.engine, address=SOCKET).open_session()
    elsewhere.request(**report_issue())
    wallclock.forward(answer["details"]["retry_after_ms"] - 1)
    later = EngineClient(visitor.engine).open_session()
    later.expect_error("too_many_issues", **report_issue())
    wallclock.forward(1)
    later.request(**report_issue())
    later.expect_error("too_many_issues", **report_issue())


def test_over_the_network_only_operators_and_auditors_read_issues(ada, nothing_changes):
    nothing_changes()
    ada.address = SOCKET
    ada.expect_error("not_permitted", **VIEW_ISSUES)
