"""Examples of instructions about accounts: logins, sessions, deletion and recovery, issue reports."""

from __future__ import annotations

import re

from answer_shapes import ACCOUNT_DATA, EMAIL, SESSION_DATA, TIMESTAMP, TOKEN, TOKEN_DATA, Maybe
from example import Example
from instructions import LOGOUT, PASSWORD, Instruction, login

UNLINK: Instruction = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}
VIEW_LOGINS = {"action": "view", "view": "login"}
VIEW_LOGOUTS = {"action": "view", "view": "logout"}
VIEW_SESSIONS = {"action": "view", "view": "sessions"}


def recover(name: str = "ada", password: str = PASSWORD) -> Instruction:
    return {"action": "recover", "recover": "account", "user_name": name, "user_pass": password}


def end_session(session_id: object) -> Instruction:
    return {"action": "end", "end": "session", "session_id": session_id}


def verify(token: str, aspect: str) -> Instruction:
    return {"action": "verify", "verify": token, token: aspect}


def report_issue(**issue: object) -> Instruction:
    described = {"name": "The timer shows yesterday", "details": "It did so this morning.", **issue}
    return {"action": "report", "report": "issue", "issue": described}


_LOGGED_IN = {"account": EMAIL, "account_data": ACCOUNT_DATA, "session_data": SESSION_DATA}
_LOGOUT_ROW = {"time": TIMESTAMP, "address": str, "outcome": re.compile("accepted|refused")}
_SESSION_ROW = {
    "session_id": int,
    "since": TIMESTAMP,
    "last_use": TIMESTAMP,
    "address": str,
    "expires": TIMESTAMP,
    "lifetime": float,
    "lifetime_ms": int,
    "is_this": bool,
}
_REPORTED = {
    "issue": re.compile(r"ISSUE-\d{6}"),
    "timestamp": TIMESTAMP,
    "source": str,
    "contact": re.compile(r"|[^@]+@[^@]+"),
}
_VALIDITY = {"valid": True, "registered": True, "expired": False}
_IN_SESSION = {"plugged": True, "session": int}
_PAGE = {"limit": 1, "before": 2}


def _verified(token: str, key: str, other: str) -> tuple[Example, ...]:
    linked = {"linked": True, other: TOKEN}
    data = {f"{token}_data": TOKEN_DATA[token]}
    answers = {
        "validity": _VALIDITY,
        "linked": linked,
        "session": _IN_SESSION,
        "status": {**_VALIDITY, **linked, **_IN_SESSION},
    }
    return tuple(
        Example("visiting", verify(token, aspect), {key: TOKEN, **data, **answer})
        for aspect, answer in answers.items()
    )


EXAMPLES = (
    Example(
        "running",
        UNLINK,
        {"account": EMAIL, "to_unlink_timestamp": TIMESTAMP},
        optional={"forced_removal": False},
    ),
    Example(
        "logged in",
        recover(),
        _LOGGED_IN,
        optional={"new_pass": "seven quiet herons"},
        before=(UNLINK,),
    ),
    Example(
        "logged in",
        {
            "action": "recover",
            "recover": "account",
            "user_email": "ada@example.org",
            "user_pass": PASSWORD,
            "renew_token": True,
        },
        {**_LOGGED_IN, "session_token": TOKEN},
        before=(UNLINK,),
    ),
    Example(
        "logged in",
        VIEW_LOGINS,
        {"account": EMAIL, "login_records": [{**_LOGOUT_ROW, "is_new_address": bool}], "next": Maybe(int)},
        optional=_PAGE,
    ),
    Example(
        "logged in",
        VIEW_LOGOUTS,
        {"account": EMAIL, "logout_records": [_LOGOUT_ROW], "next": Maybe(int)},
        optional=_PAGE,
        before=(LOGOUT, login()),
    ),
    Example("logged in", VIEW_SESSIONS, {"sessions": [_SESSION_ROW]}),
    Example("logged in", end_session(1), {"session_id": 1}),
    *_verified("ctoken", "client_id", "session_token"),
    *_verified("stoken", "session_token", "client_id"),
    Example("visiting", report_issue(), _REPORTED),
    Example("logged in", report_issue(log="it said so", email="ada@example.net"), _REPORTED),
)
