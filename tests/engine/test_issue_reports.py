"""Issue reports: what is in one, what is wrong with one, how many are taken, and who reads them."""

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
    answer = ada.asks_ok(**report_issue(log="line 1\nline 2"))
    assert answer == {
        "failed": False,
        "issue": "ISSUE-000001",
        "timestamp": "2026-11-20T12:00:00.000Z",
        "source": SOCKET,
        "contact": "ada@example.org",
        "event_sequence": 0,
    }
    ada.address = "in process"
    assert ada.asks_ok(**VIEW_ISSUES)["issues"] == [
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
def test_who_is_not_logged_in_can_report_an_issue(visitor, email, contact):
    assert visitor.asks_ok(**report_issue(email=email))["contact"] == contact
    assert visitor.asks_ok(**VIEW_ISSUES)["issues"][0]["account"] is None


def test_who_leaves_another_email_is_answered_there(ada):
    assert ada.asks_ok(**report_issue(email="me@example.net"))["contact"] == "me@example.net"


def test_references_count_on(visitor):
    given = [visitor.asks_ok(**report_issue())["issue"] for _ in range(3)]
    assert given == ["ISSUE-000001", "ISSUE-000002", "ISSUE-000003"]
    page = visitor.asks_ok(**VIEW_ISSUES, limit=2)
    assert [row["issue"] for row in page["issues"]] == given[:0:-1]
    rest = visitor.asks_ok(**VIEW_ISSUES, before=page["next"])
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
def test_what_is_wrong_in_a_report_is_named_by_its_place(visitor, nothing_changes, issue, code, field):
    nothing_changes()
    answer = visitor.engine.answer(
        {"controller": "client", "ctype": "action", **visitor.credentials, **report(issue)}
    )
    assert (answer["code"], answer["details"]["field"]) == (code, field)
    assert f"`{field}`" in answer["error"]


def test_an_unknown_part_is_answered_with_the_known_ones(visitor):
    answer = visitor.is_refused("unknown_argument", **report({**ISSUE, "colour": "red"}))
    assert answer["details"]["known"] == ["issue.details", "issue.email", "issue.log", "issue.name"]


def test_a_report_at_its_limits_is_taken(visitor):
    visitor.asks_ok(**report({"name": "n" * 200, "details": "d" * 10_000, "log": "l" * 30_000}))


def test_a_report_is_taken_once_under_one_request_id(visitor):
    first = visitor.asks_ok(**report_issue(), request_id="request-0001")
    assert visitor.ask(**report_issue(), request_id="request-0001") == first
    visitor.is_refused("request_id_reused", **report_issue(log="more"), request_id="request-0001")
    assert len(visitor.asks_ok(**VIEW_ISSUES)["issues"]) == 1


def test_so_many_are_taken_from_an_address_in_an_hour_and_no_more(visitor, wallclock):
    for _ in range(MOST_IN_AN_HOUR):
        visitor.asks_ok(**report_issue())
        wallclock.forward(SECOND)
    answer = visitor.is_refused("too_many_issues", **report_issue())
    assert answer["details"] == {"retry_after_ms": HOUR - MOST_IN_AN_HOUR * SECOND}
    elsewhere = EngineClient(visitor.engine, address=SOCKET).opens_a_session()
    elsewhere.asks_ok(**report_issue())
    wallclock.forward(answer["details"]["retry_after_ms"] - 1)
    later = EngineClient(visitor.engine).opens_a_session()
    later.is_refused("too_many_issues", **report_issue())
    wallclock.forward(1)
    later.asks_ok(**report_issue())
    later.is_refused("too_many_issues", **report_issue())


def test_over_a_socket_only_operators_and_auditors_read_them(ada, nothing_changes):
    nothing_changes()
    ada.address = SOCKET
    ada.is_refused("not_permitted", **VIEW_ISSUES)
