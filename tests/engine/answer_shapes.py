"""The shapes of answers, key by key, and a comparison of an answer with its shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

Shape = Any


@dataclass(frozen=True)
class MapOf:
    """A map: its keys match the pattern, its values have the shape."""

    key: str
    value: Shape


@dataclass(frozen=True)
class Maybe:
    """The shape, or None."""

    shape: Shape


TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
DECIMAL = re.compile(r"\d+(\.\d+)?")
EMAIL = re.compile(r"[^@]+@[^@]+")
TOKEN = re.compile(r"[\w-]{43}")
ARCHIVE = MapOf(r"\d+", str)


@singledispatch
def find_shape_errors(shape: Shape, value: Any, at: str) -> Iterator[str]:
    """Any other object is a shape that only an equal value has."""
    if type(value) is not type(shape) or value != shape:
        yield f"{at} is {value!r}, not {shape!r}"


def shape_errors(value: Any, shape: Shape) -> list[str]:
    """The differences of `value` from the shape, down to the last key."""
    if isinstance(value, dict) and "event_sequence" in value:
        # Any answer to an account has it.
        shape = {"event_sequence": int, **shape}
    return list(find_shape_errors(shape, value, "answer"))


@find_shape_errors.register
def _(shape: Maybe, value: Any, at: str) -> Iterator[str]:
    if value is not None:
        yield from find_shape_errors(shape.shape, value, at)


@find_shape_errors.register
def _(shape: MapOf, value: Any, at: str) -> Iterator[str]:
    for key, part in value.items():
        if not re.fullmatch(shape.key, key):
            yield f"{at} has the key {key!r}"
        yield from find_shape_errors(shape.value, part, f"{at}.{key}")


@find_shape_errors.register
def _(shape: dict, value: Any, at: str) -> Iterator[str]:
    for key in value.keys() ^ shape.keys():
        yield f"{at} {'lacks' if key in shape else 'has too much:'} {key}"
    for key in value.keys() & shape.keys():
        yield from find_shape_errors(shape[key], value[key], f"{at}.{key}")


@find_shape_errors.register
def _(shape: list, value: Any, at: str) -> Iterator[str]:
    for index, part in enumerate(value):
        yield from find_shape_errors(shape[0], part, f"{at}[{index}]")


@find_shape_errors.register
def _(shape: re.Pattern, value: Any, at: str) -> Iterator[str]:
    if not (isinstance(value, str) and shape.fullmatch(value)):
        yield f"{at} is {value!r}, not like {shape.pattern}"


@find_shape_errors.register
def _(shape: type, value: Any, at: str) -> Iterator[str]:
    if type(value) is not shape:
        yield f"{at} is {value!r}, not {shape.__name__}"


def minutes(*names: str) -> dict[str, Shape]:
    """Time spans in answers: each in minutes and in exact milliseconds."""
    return dict.fromkeys(names, float) | {f"{name}_ms": int for name in names}


DATES = {"create_date": TIMESTAMP, "write_date": TIMESTAMP}

ERROR_ANSWER = {
    "failed": True,
    "error": str,
    "warning": str,
    "code": re.compile("[a-z_0-9]+"),
    "details": dict,
}

ACCOUNT_DATA = {
    "id": int,
    "name": str,
    "email": EMAIL,
    "phone": str,
    "alias": str,
    "state": re.compile("active|frozen|unlink_pending"),
    "role": str,
    "ewallet": int,
    "contact_list": int,
    "ewallet_archive": ARCHIVE,
    "contact_list_archive": ARCHIVE,
    "to_unlink": bool,
    "to_unlink_timestamp": Maybe(TIMESTAMP),
    "must_change_email": bool,
    **DATES,
}

_TOKEN_DATA = {
    "label": TOKEN,
    "active": True,
    "unlink": False,
    "valid_to": TIMESTAMP,
    "create_date": TIMESTAMP,
    "write_date": TIMESTAMP,
}
TOKEN_DATA = {
    "ctoken": {**_TOKEN_DATA, "stoken": TOKEN},
    "stoken": {**_TOKEN_DATA, "ctoken": TOKEN, "worker_id": int},
}
SESSION_DATA = {
    "session_user_account": Maybe(EMAIL),
    "session_credit_ewallet": Maybe(int),
    "session_contact_list": Maybe(int),
    "session_account_archive": MapOf(r"[^@]+@[^@]+", str),
    "expires": TIMESTAMP,
}

EWALLET_DATA = {
    "id": int,
    "user": int,
    "reference": str,
    "credits": int,
    "clock": int,
    "clock_archive": ARCHIVE,
    "transfer_sheet": int,
    "transfer_sheet_archive": ARCHIVE,
    "invoice_sheet": int,
    "invoice_sheet_archive": ARCHIVE,
    **DATES,
}

CLOCK_DATA = {
    "id": int,
    "ewallet": int,
    "reference": str,
    **minutes("credit_clock", "minutes_spent", "pending_time"),
    "clock_state": re.compile("inactive|active|paused"),
    "start_timestamp": Maybe(TIMESTAMP),
    "since_timestamp": Maybe(TIMESTAMP),
    "pending_count": int,
    "timer_notes": str,
    "timer_tags": [str],
    "time_sheet": int,
    "time_sheet_archive": ARCHIVE,
    "conversion_sheet": int,
    "conversion_sheet_archive": ARCHIVE,
    "milliseconds_per_credit": int,
    "may_stop_in_the_past": bool,
    **DATES,
}

WORKER_DATA = {
    "id": int,
    "state": re.compile("vacant|available|full"),
    "session_count": int,
    "session_limit": int,
    **DATES,
}

RECORD_DATA: dict[str, dict[str, Shape]] = {
    kind: {"id": int, f"{kind}_sheet": int, "reference": str, **DATES, **own}
    for kind, own in {
        "transfer": {
            "transfer_type": re.compile("supply|payment|transfer|refund|incoming"),
            "transfer_from": EMAIL,
            "transfer_to": EMAIL,
            "credits": int,
            "notes": str,
            "private_notes": str,
        },
        "invoice": {
            "credits": int,
            "currency": Maybe(re.compile("[A-Z]{3}")),
            "cost": Maybe(DECIMAL),
            "seller": int,
            "direction": re.compile("sale|purchase"),
            "signed_credits": int,
            "signed_cost": Maybe(re.compile("-?[0-9]+(\\.[0-9]+)?")),
            "seller_name": str,
            "seller_email": EMAIL,
            "buyer": int,
            "buyer_name": str,
            "buyer_email": EMAIL,
            "transfer_record": int,
            "notes": str,
        },
        "conversion": {
            "conversion_type": re.compile("credits2clock|clock2credits"),
            **minutes("minutes"),
            "credits": int,
            "notes": str,
        },
        "time": {
            "time_start": TIMESTAMP,
            "time_stop": TIMESTAMP,
            **minutes("time_spent", "time_pending"),
            "pending_count": int,
            "notes": str,
            "tags": [str],
        },
    }.items()
}

OWN_TRANSFER_RECORD = {
    kind: RECORD_DATA[kind]
    | {f"{kind}_type": re.compile("transfer|incoming"), f"from_{holder}": int, f"to_{holder}": int}
    | {"from_reference": str, "to_reference": str}
    for kind, holder in (("transfer", "ewallet"), ("conversion", "clock"))
}

_LINKED = {
    "relation": re.compile("invoice|transfer|refund_of|refunded_by"),
    "kind": re.compile("invoice|transfer"),
    "record": int,
    "reference": str,
}
# The other keys of a view of one record.
BESIDE_RECORD: dict[str, dict[str, Shape]] = {
    "transfer": {"entry": int, "linked_records": [_LINKED], "left_to_refund": Maybe(int)},
    "invoice": {"entry": int, "linked_records": [_LINKED]},
    "conversion": {"entry": int, "linked_records": []},
    "time": {"entry": int, "linked_records": []},
    "contact": {"entry": None, "linked_records": []},
}

OWNER = {"transfer": "ewallet", "invoice": "ewallet", "conversion": "clock", "time": "clock"}


_CREDITS = {"credits_in": int, "credits_out": int}
_MONEY = MapOf("[A-Z]{3}", DECIMAL)
TOTALS: dict[str, dict[str, Shape]] = {
    "transfer": {"count": int, **_CREDITS},
    "invoice": {"count": int, **_CREDITS, "money_in": _MONEY, "money_out": _MONEY},
    "conversion": {"count": int, **_CREDITS, **minutes("minutes_in", "minutes_out")},
    "time": {"count": int, **minutes("time_spent", "time_pending"), "pending_count": int},
    "contact": {"count": int},
}


def sheet_data(kind: str) -> dict[str, Shape]:
    return {
        "id": int,
        OWNER[kind]: int,
        "reference": str,
        **DATES,
        "record_count": int,
        "records": ARCHIVE,
        "rows": [RECORD_DATA[kind]],
        "next": Maybe(int),
        "totals": Maybe(TOTALS[kind]),
    }
