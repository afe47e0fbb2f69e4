"""Examples of the basic instructions: sessions, accounts, supplies, conversions and the timer."""

from __future__ import annotations

from answer_shapes import (
    ACCOUNT_DATA,
    BESIDE_RECORD,
    CLOCK_DATA,
    EMAIL,
    EWALLET_DATA,
    OWNER,
    RECORD_DATA,
    SESSION_DATA,
    TIMESTAMP,
    TOKEN,
    TOKEN_DATA,
    WORKER_DATA,
    Maybe,
    minutes,
    sheet_data,
)
from example import Example
from instructions import (
    EDIT_TIMER,
    KEEP_CLIENT_ID,
    KEEP_SESSION_TOKEN,
    LOGOUT,
    NEW_SESSION,
    NEW_WORKER,
    PAUSE,
    REQUEST_CLIENT_ID,
    REQUEST_SESSION_TOKEN,
    RESUME,
    START,
    STOP,
    VIEW_ACCOUNT,
    VIEW_CLOCK,
    VIEW_WALLET,
    edit_account,
    edit_record,
    login,
    new_account,
    supply,
    switch_account,
    to_clock,
    to_credits,
    view_list,
    view_record,
)

_BEGUN = {"clock": int, "start_timestamp": TIMESTAMP, "notes": str, "tags": [str]}
_RESUMED = {
    "clock": int,
    **minutes("pending_time"),
    "pending_count": int,
    "pause_timestamp": TIMESTAMP,
    "resume_timestamp": TIMESTAMP,
}
_STOPPED = {
    "clock": int,
    **minutes("minutes_spent", "pending_time"),
    "pending_count": int,
    "start_timestamp": TIMESTAMP,
    "stop_timestamp": TIMESTAMP,
    "time_record": int,
    "record_data": RECORD_DATA["time"],
}
_KEPT_ALIVE = {"extended": int, "time_unit": "minutes", "valid_to": TIMESTAMP}
_ACCOUNT_AND_SESSION = {"account": EMAIL, "account_data": ACCOUNT_DATA, "session_data": SESSION_DATA}
_VIEWED_WALLET = {"credit_ewallet": int, "ewallet": int, "ewallet_data": EWALLET_DATA}
_TIME_CONVERTED = {
    "conversion_record_id": int,
    "conversion_record": int,
    "ewallet_credits": int,
    "converted_credits": int,
    **minutes("credit_clock", "converted_minutes"),
}

EXAMPLES = (
    Example("anonymous", REQUEST_CLIENT_ID, {"client_id": TOKEN}, optional={"expires_on": "2026-11-30"}),
    *(
        Example(
            stage,
            REQUEST_SESSION_TOKEN,
            {"session_token": TOKEN, "expires": TIMESTAMP},
            optional={"lifetime": 60, "expires_on": "2026-11-30", "expiration_date": "2026-11-30"},
        )
        for stage in ("announced", "visiting")
    ),
    *(
        Example(
            "anonymous",
            {**NEW_SESSION, **named},
            {"ewallet_session": int, "session_data": SESSION_DATA, "reference": Maybe(str), "worker": int},
        )
        for named in ({}, {"reference": "Kiosk 3"})
    ),
    Example("anonymous", NEW_WORKER, {"worker": int, "worker_data": WORKER_DATA}),
    Example(
        "visiting", KEEP_CLIENT_ID, {"ctoken": TOKEN, "ctoken_data": TOKEN_DATA["ctoken"], **_KEPT_ALIVE}
    ),
    Example(
        "visiting", KEEP_SESSION_TOKEN, {"stoken": TOKEN, "stoken_data": TOKEN_DATA["stoken"], **_KEPT_ALIVE}
    ),
    Example(
        "visiting",
        new_account(),
        _ACCOUNT_AND_SESSION,
        optional={"user_phone": "+44 20 7946 0000", "user_alias": "the countess"},
    ),
    Example("registered", login(), _ACCOUNT_AND_SESSION, optional={"new_pass": "seven quiet herons"}),
    Example("registered", {**login(), "renew_token": True}, {**_ACCOUNT_AND_SESSION, "session_token": TOKEN}),
    Example(
        "registered",
        {"action": "login", "user_email": "ada@example.org", "user_pass": login()["user_pass"]},
        _ACCOUNT_AND_SESSION,
    ),
    Example("logged in", LOGOUT, {"account": EMAIL, "session_data": SESSION_DATA}),
    Example("logged in", switch_account("ada@example.org"), {"account": EMAIL, "session_data": SESSION_DATA}),
    Example("logged in", VIEW_ACCOUNT, {"account": EMAIL, "account_data": ACCOUNT_DATA}),
    Example(
        "logged in",
        edit_account(user_name="countess", user_email="lovelace@example.org", user_phone="1"),
        {
            "account": EMAIL,
            "edit": dict.fromkeys(("user_name", "user_email", "user_phone", "user_alias", "user_pass"), bool),
            "account_data": ACCOUNT_DATA,
        },
        optional={"user_alias": "the countess"},
    ),
    Example(
        "logged in",
        supply(),
        {
            "total_credits": int,
            "ewallet_credits": int,
            "supplied_credits": int,
            "transfer_record": int,
            "invoice_record": int,
        },
        optional={"notes": "lunch", "supply_to": "ada@example.org"},
    ),
    Example(
        "supplied",
        to_clock(20),
        {
            "ewallet_credits": int,
            **minutes("credit_clock"),
            "conversion_record": int,
            "converted_credits": int,
        },
        optional={"notes": "an hour"},
    ),
    Example("converted", to_credits(credits=3), _TIME_CONVERTED, optional={"notes": "too much"}),
    Example("converted", to_credits(minutes=2.5), _TIME_CONVERTED, optional={"notes": "too much"}),
    Example("converted", START, _BEGUN, optional={"notes": "invoices", "tags": ["acme", "urgent"]}),
    Example("running", EDIT_TIMER, _BEGUN, optional={"notes": "invoices", "tags": "acme urgent"}),
    Example("paused", EDIT_TIMER, _BEGUN),
    Example(
        "stopped",
        edit_record("time", 1),
        {"time_sheet": int, "time_record": int, "record_data": RECORD_DATA["time"]},
        optional={"notes": "invoices", "tags": ["acme"]},
    ),
    # The core account's record of the supply is the first.
    Example(
        "supplied",
        edit_record("transfer", 2, private_notes="for the book club"),
        {"transfer_sheet": int, "transfer_record": int, "record_data": RECORD_DATA["transfer"]},
    ),
    Example(
        "running",
        PAUSE,
        {
            "clock": int,
            "pending_count": int,
            **minutes("pending_time"),
            "start_timestamp": TIMESTAMP,
            "pause_timestamp": TIMESTAMP,
        },
    ),
    Example("paused", RESUME, _RESUMED),
    Example("paused", {"action": "resume", "pause": "clock_timer"}, _RESUMED),
    Example("paused", STOP, _STOPPED),
    Example("running", STOP, _STOPPED, optional={"stopped_at": "2026-11-20T12:01:03Z"}),
    Example("running", {"action": "stop", "pause": "clock_timer"}, _STOPPED),
    Example("supplied", VIEW_WALLET, _VIEWED_WALLET),
    Example("supplied", {**VIEW_WALLET, "credit": "ewallet"}, _VIEWED_WALLET),
    *(
        Example(stage, VIEW_CLOCK, {"credit_clock": int, "clock": int, "clock_data": CLOCK_DATA})
        for stage in ("logged in", "running", "paused", "stopped")
    ),
    *(
        Example(
            stage,
            view_list(kind),
            {f"{kind}_sheet": int, "sheet_data": sheet_data(kind)},
            optional={
                "limit": 1,
                "before": 1,
                "skip": 1,
                "removed": True,
                "sort": "-create_date",
                "totals": True,
            },
        )
        for kind in OWNER
        for stage in ("logged in", "stopped")
    ),
    *(
        Example(
            "stopped",
            view_record(kind, record_id),
            {
                f"{kind}_sheet": int,
                f"{kind}_record": int,
                "record_data": RECORD_DATA[kind],
                **BESIDE_RECORD[kind],
            },
            optional={"removed": True},
        )
        # The core account's records of the supply are the first.
        for kind, record_id in (("transfer", 2), ("invoice", 2), ("conversion", 1), ("time", 1))
    ),
)
