"""Examples of payments, transfers, refunds, supplies to others and the daily limit."""

from __future__ import annotations

from typing import Any

from answer_shapes import BESIDE_RECORD, EMAIL, OWN_TRANSFER_RECORD, RECORD_DATA, Maybe, minutes, sheet_data
from example import Example
from examples_wallets_and_clocks import THIRD, holder_verb
from instructions import (
    PASSWORD,
    Instruction,
    login,
    new_account,
    supply,
    switch_account,
    view_list,
    view_record,
)

VIEW_LIMIT = {"action": "view", "view": "limit"}


def pay(email: Any, credits: Any = 20, **more: Any) -> Instruction:
    return {"action": "pay", "pay": email, "credits": credits, **more}


def transfer(email: Any, credits: Any = 20, **more: Any) -> Instruction:
    return {"action": "transfer", "transfer": "credits", "transfer_to": email, "credits": credits, **more}


def view_payee(email: Any) -> Instruction:
    return {"action": "view", "view": "payee", "user_email": email}


def move_credits(to_ewallet: Any, credits: Any = 20, **more: Any) -> Instruction:
    own = {"to_ewallet": to_ewallet, "credits": credits}
    return {"action": "transfer", "transfer": "credits", **own, **more}


def move_time(to_clock: Any, minutes: Any = 5, **more: Any) -> Instruction:
    return {"action": "transfer", "transfer": "time", "to_clock": to_clock, "minutes": minutes, **more}


def refund(record_id: Any, **more: Any) -> Instruction:
    return {"action": "refund", "refund": "payment", "record_id": record_id, **more}


def edit_limit(daily_limit: Any = None, **more: Any) -> Instruction:
    return {"action": "edit", "edit": "limit", "daily_limit": daily_limit, **more}


def lift_limit(**more: Any) -> Instruction:
    return {"action": "edit", "edit": "limit", "no_limit": True, **more}


def supply_to(email: Any, credits: Any = 100, **more: Any) -> Instruction:
    return {"controller": "system", **supply(credits, **more), "supply_to": email}


CLEO = 3
# Cleo's payment is the sixth transfer record: each supply writes two.
RECEIVED = 6
PAID_BY_CLEO = (
    new_account("cleo"),
    login("cleo"),
    supply(50),
    pay("ada@example.org", 30),
    switch_account("ada@example.org"),
)

REFUND_RECORD = RECORD_DATA["transfer"] | {"refund_of": Maybe(int)}
LIMIT = {"account": EMAIL, "daily_limit": Maybe(int), "spent_today": int, "left_today": Maybe(int)}

_SUPPLIED = {
    "supplied_to": EMAIL,
    "total_credits": int,
    "ewallet_credits": int,
    "supplied_credits": int,
    "transfer_record": int,
    "invoice_record": int,
}
_PAID = {
    "paid": EMAIL,
    "total_credits": int,
    "spent_credits": int,
    "ewallet_credits": int,
    "transfer_record": int,
    "invoice_record": int,
}
_TRANSFERED = {
    "transfered_to": EMAIL,
    "ewallet_credits": int,
    "transfered_credits": int,
    "transfer_record": int,
    "from_ewallet": None,
    "to_ewallet": None,
}
_MOVED = {**_TRANSFERED, "from_ewallet": int, "to_ewallet": int}
_MOVED_TIME = {
    "clock": int,
    "to_clock": int,
    "conversion_record": int,
    **minutes("credit_clock", "transfered_minutes"),
}
_REFUNDED = {
    "refunded_to": EMAIL,
    "refunded_credits": int,
    "left_to_refund": int,
    "ewallet_credits": int,
    "transfer_record": int,
}

_PAYEE = {"payee": EMAIL, "payee_account": int, "payee_name": str, "payee_caution": Maybe(str)}

EXAMPLES = (
    Example("logged in", view_payee("Cleo@Example.org"), _PAYEE, before=(new_account("cleo"),)),
    Example(
        "supplied",
        pay("Cleo@Example.org"),
        _PAID,
        optional={"notes": "lunch", "payee_account": CLEO},
        before=(new_account("cleo"),),
    ),
    Example(
        "supplied",
        transfer("cleo@example.org"),
        _TRANSFERED,
        optional={"notes": "a present", "payee_account": CLEO},
        before=(new_account("cleo"),),
    ),
    # Ada's first wallet and clock have the number 2.
    Example(
        "supplied",
        move_credits(THIRD),
        _MOVED,
        optional={"notes": "for the summer", "ewallet_id": 2},
        before=(holder_verb("new", "ewallet"),),
    ),
    Example(
        "running",
        move_time(THIRD),
        _MOVED_TIME,
        optional={"notes": "for the summer", "clock_id": 2},
        before=(holder_verb("new", "clock"),),
    ),
    Example(
        "supplied",
        refund(RECEIVED),
        _REFUNDED,
        optional={"credits": 10, "notes": "too dear"},
        before=PAID_BY_CLEO,
    ),
    Example("registered", supply_to("ada@example.org"), _SUPPLIED, optional={"notes": "a bonus"}),
    Example("logged in", VIEW_LIMIT, LIMIT),
    Example("supplied", VIEW_LIMIT, LIMIT, before=(edit_limit(50),)),
    Example("logged in", edit_limit(500), LIMIT, optional={"user_pass": PASSWORD}),
    Example("logged in", lift_limit(user_pass=PASSWORD), LIMIT, before=(edit_limit(50),)),
    # The sheets afterwards.
    *(
        Example(
            "supplied",
            view_list(kind),
            {f"{kind}_sheet": int, "sheet_data": sheet_data(kind)},
            before=PAID_BY_CLEO,
        )
        for kind in ("transfer", "invoice")
    ),
    *(
        Example(
            "running",
            view_record(kind, record_id),
            {
                f"{kind}_sheet": int,
                f"{kind}_record": int,
                "record_data": OWN_TRANSFER_RECORD[kind],
                **BESIDE_RECORD[kind],
            },
            before=(holder_verb("new", word), move),
        )
        for kind, record_id, word, move in (
            ("transfer", 3, "ewallet", move_credits(THIRD)),
            ("transfer", 4, "ewallet", move_credits(THIRD)),
            ("conversion", 2, "clock", move_time(THIRD)),
            ("conversion", 3, "clock", move_time(THIRD)),
        )
    ),
    Example(
        "supplied",
        view_record("transfer", RECEIVED + 1),
        {
            "transfer_sheet": int,
            "transfer_record": int,
            "record_data": REFUND_RECORD,
            **BESIDE_RECORD["transfer"],
        },
        before=(*PAID_BY_CLEO, refund(RECEIVED)),
    ),
)
