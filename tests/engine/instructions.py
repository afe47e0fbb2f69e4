"""The instructions that most tests send, as dicts."""

from __future__ import annotations

from typing import Any

Instruction = dict[str, Any]

PASSWORD = "rubber duck tune"
ANOTHER_PASSWORD = "seven quiet herons"

REQUEST_CLIENT_ID = {"action": "request", "request": "client_id"}
REQUEST_SESSION_TOKEN = {"action": "request", "request": "session_token"}
KEEP_CLIENT_ID = {"action": "alive", "alive": "ctoken"}
KEEP_SESSION_TOKEN = {"action": "alive", "alive": "stoken"}
LOGOUT = {"action": "logout"}
START = {"action": "start", "start": "clock_timer"}
PAUSE = {"action": "pause", "pause": "clock_timer"}
RESUME = {"action": "resume", "resume": "clock_timer"}
STOP = {"action": "stop", "stop": "clock_timer"}
EDIT_TIMER = {"action": "edit", "edit": "clock_timer"}
VIEW_ACCOUNT = {"action": "view", "view": "account"}
VIEW_WALLET = {"action": "view", "view": "credit", "credit": "wallet"}
VIEW_CLOCK = {"action": "view", "view": "credit", "credit": "clock"}
NEW_SESSION = {"controller": "system", "action": "new", "new": "session"}
NEW_WORKER = {"controller": "system", "action": "new", "new": "worker"}


def new_account(name: str = "ada", **more: Any) -> Instruction:
    return {
        "action": "new",
        "new": "account",
        "user_name": name,
        "user_pass": PASSWORD,
        "user_email": f"{name}@example.org",
        **more,
    }


def login(name: str = "ada", password: str = PASSWORD) -> Instruction:
    return {"action": "login", "user_name": name, "user_pass": password}


def switch_account(email: str) -> Instruction:
    return {"action": "switch", "switch": "account", "account": email}


def edit_account(**changes: Any) -> Instruction:
    return {"action": "edit", "edit": "account", **changes}


def supply(credits: Any = 100, **more: Any) -> Instruction:
    money = {"currency": "EUR", "cost": "12.50"}
    return {"action": "supply", "supply": "credits", "credits": credits, **money, **more}


def to_clock(credits: Any, **more: Any) -> Instruction:
    return {"action": "convert", "convert": "credits2clock", "credits": credits, **more}


def to_credits(**more: Any) -> Instruction:
    return {"action": "convert", "convert": "clock2credits", **more}


def edit_record(kind: str, record_id: Any, **changes: Any) -> Instruction:
    return {"action": "edit", "edit": kind, kind: "record", "record_id": record_id, **changes}


def view_list(kind: str, **more: Any) -> Instruction:
    return {"action": "view", "view": kind, kind: "list", **more}


def view_record(kind: str, record_id: Any) -> Instruction:
    return {"action": "view", "view": kind, kind: "record", "record_id": record_id}
