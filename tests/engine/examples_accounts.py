"""Examples of an account's life: leaving and coming back, its logins and its sessions."""

from __future__ import annotations

from asking import PASSWORD, Instruction
from example import Example
from shapes import ACCOUNT_DATA, EMAIL, SESSION_DATA, TIMESTAMP

UNLINK: Instruction = {"action": "unlink", "unlink": "account", "user_pass": PASSWORD}


def recover(name: str = "ada", password: str = PASSWORD) -> Instruction:
    return {"action": "recover", "recover": "account", "user_name": name, "user_pass": password}


_LOGGED_IN = {"account": EMAIL, "account_data": ACCOUNT_DATA, "session_data": SESSION_DATA}

EXAMPLES = (
    Example("running", UNLINK, {"account": EMAIL, "to_unlink_timestamp": TIMESTAMP}),
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
        },
        _LOGGED_IN,
        before=(UNLINK,),
    ),
)
